from __future__ import annotations

import json
import shutil
import threading

import pytest

import aecore as ae
from aecore.jobs import InlineExecutor
from aecore.jobs.frames import frames
from aecore.runs import Run, Wishes
from aecore.stores import LOG, OFTEN, Copy, Fenced, Store, StoredRuns
from aecore.uploads import zipped


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    store = Store((tmp_path / "store").as_uri() if request.param == "file" else f"memory://{tmp_path.name}")
    yield store
    if request.param == "memory":
        store.files.rm(store.root, recursive=True) if store.files.exists(store.root) else None


def contents(run: Run) -> dict[str, bytes]:
    """What a reader may read of a run, whoever answers for it."""
    found = {path.relative_to(run.folder).as_posix(): path for path in run.folder.rglob("*") if path.is_file()}
    kept = {
        name: path.read_bytes() for name, path in found.items() if name not in ("wishes.json", "state.json", "reserve")
    }
    state = json.loads((run.folder / "state.json").read_text())
    return kept | {"state": {name: value for name, value in state.items() if name not in ("pid", "born")}}


def test_a_reader_sees_every_frame_and_at_the_end_the_very_folder(store, small, tmp_path):
    run = ae.Runs(tmp_path / "there").claim(small)
    attempt = store.take(small.key, run.folder)
    copy = Copy(store, small.key, tmp_path / "here" / small.key)
    assert not copy.pull()
    assert store.end(small.key) is None
    steps = []
    for _ in frames(run):
        assert attempt.push()
        assert copy.pull()
        here = Run(copy.folder)
        assert here.history == run.history
        steps.append(here.snapshot().step)
        assert here.snapshot().step == run.snapshot().step
    attempt.push(end=True)
    assert copy.pull()
    assert contents(Run(copy.folder)) == contents(run)
    assert steps == sorted(set(steps))
    assert len(steps) > 2
    assert store.end(small.key).stage == "done"
    late = Copy(store, small.key, tmp_path / "late" / small.key)
    assert late.pull()
    assert contents(Run(late.folder)) == contents(run)
    assert not late.pull()
    assert not copy.pull()


def test_whoever_brings_a_run_answers_for_it(store, small, tmp_path):
    run = ae.Runs(tmp_path / "there").claim(small)
    run.write_state(ae.runs.State("running", step=3, pid=2**22 + 1, born=1))
    store.take(small.key, run.folder).push()
    assert run.state.reason == "interrupted"
    copy = Copy(store, small.key, tmp_path / "here" / small.key)
    copy.pull()
    assert (Run(copy.folder).state.stage, Run(copy.folder).state.step) == ("running", 3)


def written(store, small, tmp_path, lines, **files):
    """An attempt at a run of which some lines of its log are there."""
    folder = tmp_path / "there" / small.key
    (folder / "snapshots").mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text("{}")
    (folder / LOG).write_text("".join(f"{line}\n" for line in lines))
    for name, content in files.items():
        (folder / "snapshots" / f"{name[1:]}.safetensors").write_text(content)
    return store.take(small.key, folder)


def test_no_object_is_written_twice_nor_renamed_nor_appended_to(store, small, tmp_path, monkeypatch):
    paths = []
    pipe, opened = store.files.pipe_file, store.files.open
    monkeypatch.setattr(store.files, "pipe_file", lambda path, *rest, **more: (paths.append(path), pipe(path, *rest)))
    monkeypatch.setattr(
        store.files,
        "open",
        lambda path, mode, **more: (paths.append(path) if "x" in mode else None, opened(path, mode, **more))[1],
    )
    for forbidden in ("mv", "mv_file", "move", "rename", "cp_file"):
        monkeypatch.setattr(store.files, forbidden, None, raising=False)
    run = ae.Runs(tmp_path / "there").claim(small)
    attempt = store.take(small.key, run.folder)
    for _ in frames(run):
        attempt.push()
        store.wish(small.key, b"{}")
    attempt.push(end=True)
    assert len(paths) == len(set(paths)) > 8


def test_a_newer_attempt_fences_an_older_one(store, small, tmp_path):
    older = written(store, small, tmp_path / "a", [1], _1="older")
    older.push()
    copy = Copy(store, small.key, tmp_path / "here")
    copy.pull()
    newer = written(store, small, tmp_path / "b", [1, 2], _1="newer")
    assert newer.number == older.number + 1
    (older.folder / "snapshots" / "9.safetensors").write_text("older")
    with pytest.raises(Fenced):
        older.push()
    # The newer one has written nothing yet.
    assert not copy.pull()
    assert (copy.folder / "snapshots" / "1.safetensors").read_text() == "older"
    newer.push()
    assert copy.pull()
    assert {path.name: path.read_text() for path in (copy.folder / "snapshots").iterdir()} == {"1.safetensors": "newer"}
    # Even an orphan that wrote without looking is followed by nobody.
    store.write(small.key, older.number, 7, "whole", zipped({"snapshots/9.safetensors": b"orphan"}))
    assert not copy.pull()
    newer.push(end=True)
    assert store.attempts(small.key) == [newer.number]


def test_an_attempt_s_number_is_taken_once(store, small, tmp_path):
    taken = []
    barrier = threading.Barrier(4)

    def take():
        barrier.wait()
        taken.append(store.take(small.key, tmp_path).number)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [1, 2, 3, 4]
    assert store.take(small.key, tmp_path, asked=3).number == 5
    assert [store.asked(small.key, attempt) for attempt in (4, 5, 6)] == [0, 3, 6]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_torn_object_is_not_there_and_an_attempt_after_it_is(store, small, tmp_path, share):
    attempt = written(store, small, tmp_path / "a", [1], _1="one")
    attempt.push()
    copy = Copy(store, small.key, tmp_path / "here")
    assert copy.pull()
    (attempt.folder / "snapshots" / "2.safetensors").write_text("two")
    attempt.push()
    last = max(store.commits(small.key, 1).items())[1].path
    torn = store.files.cat_file(last)
    store.files.pipe_file(last, torn[: int(share * len(torn))])
    assert not copy.pull()
    written(store, small, tmp_path / "b", [1, 2], _2="again").push()
    assert copy.pull()
    assert [path.name for path in (copy.folder / "snapshots").iterdir()] == ["2.safetensors"]


def test_what_has_passed_takes_no_room_and_a_slow_reader_leaps_over_it(store, small, tmp_path):
    attempt = written(store, small, tmp_path / "a", [0], _0="0")
    attempt.push()
    copy = Copy(store, small.key, tmp_path / "here")
    copy.pull()
    for step in range(1, 2 * OFTEN + 9):
        (attempt.folder / "snapshots" / f"{step}.safetensors").write_text(str(step))
        (attempt.folder / "snapshots" / f"{step - 1}.safetensors").unlink()
        with (attempt.folder / LOG).open("a") as log:
            log.write(f"{step}\n")
        assert attempt.push()
        assert not attempt.push()
    assert len(store.commits(small.key, 1)) < OFTEN + 2
    assert copy.pull()
    assert [path.name for path in (copy.folder / "snapshots").iterdir()] == [f"{step}.safetensors"]
    assert (copy.folder / LOG).read_text().split() == [str(step) for step in range(2 * OFTEN + 9)]


def test_a_folder_that_goes_takes_nothing_from_the_store(store, small, tmp_path):
    attempt = written(store, small, tmp_path / "a", [1], _1="one")
    attempt.push()
    shutil.rmtree(attempt.folder)
    for end in (False, True):
        with pytest.raises(FileNotFoundError):
            attempt.push(end=end)
    assert Copy(store, small.key, tmp_path / "here").pull()
    assert (tmp_path / "here" / "snapshots" / "1.safetensors").read_text() == "one"


def test_wishes_are_the_latest_ones(store, small):
    assert store.wishes(small.key) is None
    for until in range(12):
        store.wish(small.key, json.dumps({"until": until}).encode())
    assert json.loads(store.wishes(small.key)) == {"until": 11}
    assert store.attempts(small.key) == []


def test_what_a_store_holds_cannot_leave_the_run_s_folder(store, small, tmp_path):
    evil = {"../out.json": b"x", "snapshots/../../out.safetensors": b"x", "wishes.json": b"x", "a/b": b"x"}
    store.write(small.key, 1, 1, "whole", zipped(evil | {"removed.json": b'["../kept"]', "experiment.json": b"{}"}))
    (tmp_path / "kept").write_text("")
    assert Copy(store, small.key, tmp_path / "here").pull()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and "store" not in path.parts) == [
        "experiment.json",
        "kept",
    ]


def test_a_run_goes_on_from_a_store_to_the_bits_of_an_undisturbed_one(store, small, tmp_path):
    experiment = small.vary(steps=60)
    run = ae.Runs(tmp_path / "one").claim(experiment, wishes=Wishes(until=20))
    attempt = store.take(experiment.key, run.folder)
    for _ in frames(run):
        attempt.push()
    assert run.state.reason == "at_step"
    attempt.push()
    other = ae.Runs(tmp_path / "other")
    Copy(store, experiment.key, other.of(experiment).folder).pull()
    assert other.of(experiment).resumable().step == 20
    second = other.claim(experiment)
    for _ in frames(second):
        pass
    (undisturbed,) = InlineExecutor(ae.Runs(tmp_path / "here")).submit([experiment])
    mine, its = second.snapshot().weights, undisturbed.snapshot().weights
    assert mine.keys() == its.keys()
    assert all((mine[name] == its[name]).all() for name in mine)


def test_runs_that_are_removed_here_are_removed_there(store, small, tmp_path):
    runs = StoredRuns(tmp_path / "runs", store)
    for experiment in (small, small.vary(seed=1)):
        InlineExecutor(runs).submit([experiment])
        store.take(experiment.key, runs.of(experiment).folder).push(end=True)
    runs.discard(small)
    assert not store.attempts(small.key)
    assert runs.prune(0) == [small.vary(seed=1).key]
    assert not store.attempts(small.vary(seed=1).key)


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ValueError, match="nowhere"):
        Store("nowhere://bucket")
