"""Runs as files, and models as scripts."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

import aecore as ae
from aecore import methods, sharing, tasks, uploads
from aecore.jobs import InlineExecutor
from aecore.runs import State
from aecore.text import LANGUAGES, Say
from aecore.training import machine, posed, revive

SMALL = "data=digits&steps=12&batch=16&rate=0.01&latent=3"


def trained(tmp_path, experiment):
    (run,) = InlineExecutor(ae.Runs(tmp_path / "here")).submit([experiment])
    return run


def test_a_run_opens_elsewhere_as_it_was(tmp_path, small):
    run = trained(tmp_path, small)
    packed = sharing.pack(run)
    assert sharing.pack(run) == packed
    opened = sharing.unpack(packed, tmp_path / "there")
    assert (opened.key, opened.experiment, opened.state.stage) == (run.key, small, "done")
    assert opened.history == run.history
    assert opened.steps == run.steps
    for step in run.steps:
        one, other = run.snapshot(step).weights, opened.snapshot(step).weights
        assert all(torch.equal(one[name], other[name]) for name in one | other)
    assert opened.baselines().keys() == run.baselines().keys()


def test_what_is_there_stays_as_it_is(tmp_path, small):
    run = trained(tmp_path, small)
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    assert sharing.unpack(sharing.pack(run), tmp_path / "here").key == run.key
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


def test_what_a_page_shows_of_a_run_goes_with_it(tmp_path, small):
    run = trained(tmp_path, small)
    view = {"moved": "3", "clamped": "1,2"}
    packed = sharing.pack(run, view)
    assert sharing.view_of(packed) == view
    assert sharing.view_of(sharing.pack(run)) == {}
    opened = sharing.unpack(packed, tmp_path / "there")
    # It is the visitor's, not the run's: who opens the run from here sees it as usual.
    assert not (opened.folder / "view.json").exists()
    assert sharing.pack(opened) == sharing.pack(run)


@pytest.mark.parametrize(
    "said", [b"[", b"3", b'["a"]', b"[" * 100_000, b'{"a": 1}', b'{"a": "' + b"x" * 30_000 + b'"}']
)
def test_a_view_without_sense_shows_the_usual(tmp_path, small, said):
    packed = changed(sharing.pack(trained(tmp_path, small), {"moved": "3"}), **{"view.json": said})
    assert sharing.view_of(packed) == {}
    assert sharing.unpack(packed, tmp_path / "there").state.stage == "done"


def test_a_run_says_what_it_was_trained_on(tmp_path, small):
    run = trained(tmp_path, small)
    said = sharing.machine_of(run.state)
    assert said == machine(small)
    assert said["torch"] == torch.__version__ and int(said["threads"]) == 1
    assert said["torch"] in sharing.card(run, Say())
    opened = sharing.unpack(sharing.pack(run), tmp_path / "there")
    assert sharing.machine_of(opened.state) == said
    for wrong in (None, 3, {}, {**said, "torch": "![](http://a.b/c)"}, {**said, "threads": 1}):
        assert sharing.machine_of(replace(run.state, machine=wrong)) is None


def changed(packed: bytes, **files: bytes | None) -> bytes:
    """Return an archive with some files put in the place of others, or taken out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in {one: old.read(one) for one in old.namelist()}.items() | files.items():
            if content is not None and not (name in files and content != files[name]):
                new.writestr(name, content)
    return stream.getvalue()


def without(packed: bytes, name: str) -> bytes:
    return changed(packed, **{name: None})


SPOILT = {
    "empty": (lambda packed: b"", "no_run"),
    "text": (lambda packed: b"a,b\n1,2\n", "no_run"),
    "cut short": (lambda packed: packed[: len(packed) // 2], "run_damaged"),
    "a byte": (lambda packed: packed[:200] + bytes([packed[200] ^ 255]) + packed[201:], "run_damaged"),
    "no experiment": (lambda packed: without(packed, "experiment.json"), "run_damaged"),
    "no state": (lambda packed: without(packed, "state.json"), "run_damaged"),
    "outside": (lambda packed: changed(packed, **{"../outside": b"x"}), "run_foreign"),
    "pickle": (lambda packed: changed(packed, **{"snapshots/1.pt": b"x"}), "run_foreign"),
    "bomb": (lambda packed: changed(packed, **{"events.jsonl": bytes(sharing.MOST_BYTES)}), "too_large"),
    "nested": (lambda packed: changed(packed, **{"experiment.json": b"[" * 100_000}), "run_damaged"),
    "unknown knob": (lambda packed: changed(packed, **{"experiment.json": b'{"colour": 1}'}), "run_damaged"),
    "under way": (lambda packed: changed(packed, **{"state.json": b'{"stage": "running"}'}), "run_unfinished"),
    "other state": (lambda packed: changed(packed, **{"state.json": b'{"stage": "done", "colour": 1}'}), "run_damaged"),
    "other log": (lambda packed: changed(packed, **{"events.jsonl": b'{"colour": 1}\n'}), "run_damaged"),
    "weights": (lambda packed: changed(packed, **{"snapshots/40.safetensors": b"x" * 50}), "run_damaged"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_run_is_refused_and_leaves_nothing(tmp_path, small, how):
    spoil, reason = SPOILT[how]
    packed = spoil(sharing.pack(trained(tmp_path, small)))
    with pytest.raises(uploads.Refused) as refused:
        sharing.unpack(packed, tmp_path / "there")
    assert refused.value.reason == reason
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "here" not in path.parts]


def test_weights_of_another_model_are_refused(tmp_path, small):
    packed = sharing.pack(trained(tmp_path, small))
    other = json.dumps(small.vary(latent=4).to_dict()).encode()
    with pytest.raises(uploads.Refused) as refused:
        sharing.unpack(changed(packed, **{"experiment.json": other}), tmp_path / "there")
    assert refused.value.reason == "run_other_model"
    assert not list((tmp_path / "there").iterdir())


PLAIN = [
    f"{SMALL}&net=linear",
    f"{SMALL}&net=mlp&hidden=16,8",
    f"{SMALL}&net=conv",
    f"{SMALL}&method=vae&net=mlp&hidden=16",
    f"{SMALL}&method=sparse&net=mlp",
    "data=ring&steps=12&latent=2&method=denoising",
]

# Runs each script as its own file, in a process that could not find the library.
JUDGE = """
import runpy, sys, torch
from pathlib import Path
from safetensors.torch import load_file, save_file
for folder in sorted(Path(sys.argv[1]).iterdir()):
    found = runpy.run_path(str(folder / "model.py"))
    x = load_file(folder / "x.safetensors")["x"]
    with torch.inference_mode():
        z = found["encode"](x)
        save_file({"z": z.contiguous(), "x_hat": found["decode"](z).contiguous()}, folder / "found.safetensors")
assert "aecore" not in sys.modules
"""


def test_a_script_of_plain_pytorch_gives_the_same(tmp_path):
    wanted = {}
    for number, query in enumerate(PLAIN):
        experiment = ae.Experiment.from_query(query)
        *_, last = ae.train(experiment, keyframes=())
        model, folder = revive(experiment, last), tmp_path / "models" / str(number)
        folder.mkdir(parents=True)
        (folder / "model.py").write_text(sharing.script(experiment, model))
        (folder / "weights.safetensors").write_bytes(sharing.weights(model))
        x = posed(experiment, "test").inputs[:5].contiguous()
        save_file({"x": x}, folder / "x.safetensors")
        with torch.inference_mode():
            wanted[folder] = (model.encode(x), model(x))
    subprocess.run([sys.executable, "-I", "-c", JUDGE, tmp_path / "models"], check=True, cwd=tmp_path, timeout=300)
    for folder, (z, x_hat) in wanted.items():
        found = load_file(folder / "found.safetensors")
        torch.testing.assert_close(found["z"], z)
        torch.testing.assert_close(found["x_hat"], x_hat)


@pytest.mark.parametrize("query", PLAIN)
def test_a_script_is_laid_out_as_ruff_would(query):
    experiment = ae.Experiment.from_query(query)
    code = sharing.script(experiment, experiment.build())
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    assert subprocess.run(ruff, input=code, capture_output=True, text=True, check=True, timeout=300).stdout == code


def test_there_is_no_script_where_pytorch_lacks_a_part():
    experiment = ae.Experiment.from_query("data=photos&task=noise_removal")
    assert sharing.script(experiment, experiment.build()) is None


def test_the_lines_of_python_train_the_same(small, capsys):
    *_, last = ae.train(small)
    exec(sharing.lines(small), {})
    assert capsys.readouterr().out.strip() == str(last.scores)


SCORED = dict.fromkeys(tasks.TABLE, "data=mnist") | {
    "audio": "data=noisy_speech",
    "molecules": "data=molecules",
    "compression": "data=tiles&method=quantised",
    "recommender": "data=debian",
}


@pytest.mark.parametrize(
    "query", [f"task={task}&{query}" for task, query in SCORED.items()] + [f"method={name}" for name in methods.TABLE]
)
def test_every_score_of_a_task_or_a_method_has_words(query):
    experiment = ae.Experiment.from_query(query)
    assert query.split("&")[0] in experiment.to_query()
    model, rng = experiment.build(), torch.Generator().manual_seed(0)
    samples = posed(experiment, "test").at(slice(8))
    scores = experiment.task.score(model, samples) | experiment.method.score(model, samples, rng)
    for language in LANGUAGES:
        said = [sharing.score_name(name, experiment.task.name, Say(language)) for name in scores]
        assert len({*said}) == len(scores) > 0
        assert not {*said} & {*scores}


def test_a_card_names_scores_and_knobs_as_a_page_does(tmp_path):
    experiment = ae.Experiment.from_query(f"{SMALL}&method=vae&net=linear")
    run = trained(tmp_path, experiment)
    for language in LANGUAGES:
        say = Say(language)
        card = sharing.card(run, say)
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in card.splitlines() if line.startswith("|")]
        table = {name.strip().replace(r"\|", "|"): value.strip() for name, value in rows}
        assert {len(row) for row in rows} == {2}
        assert table[say("score.distortion")] == say.number(run.state.scores["distortion"])
        assert table[say("knob.net.label")] == say("option.net.linear")
        assert table[say("knob.steps.label")] == "12"
        assert not {*table} & {*experiment.flat(), *run.state.scores}


def test_scores_of_what_was_watched_are_shown_only_where_there_are_no_others(small):
    both, say = {"watched_test_error": 3.0, "test_error": 2.0}, Say()
    state = State(stage="done", scores=both)
    assert sharing.said_scores(small, state, say) == {say("score.test_error"): "2.00"}
    stopped = replace(state, scores={"watched_test_error": 3.0})
    assert sharing.said_scores(small, stopped, say) == {say("score.watched", name=say("score.test_error")): "3.00"}


def test_what_the_ndcg_lacks_of_1_is_not_shown_beside_it_as_an_error_of_ratings():
    experiment, say = ae.Experiment.from_query("data=debian&task=recommender"), Say()
    state = State(stage="done", scores={"test_error": 0.25, "ndcg": 0.75})
    assert sharing.said_scores(experiment, state, say) == {say("score.ndcg"): "0.750"}
    of_ratings = replace(state, scores={"test_error": 0.25})
    assert sharing.said_scores(experiment, of_ratings, say) == {say("score.recommender.test_error"): "0.250"}


def test_a_layout_of_the_codes_goes_with_the_run(tmp_path, small):
    run = trained(tmp_path, small)
    layout = f"projections/{'0a' * 8}-40.safetensors"
    (run.folder / layout).parent.mkdir()
    save_file({"points": torch.arange(6.0).reshape(3, 2)}, run.folder / layout)
    opened = sharing.unpack(sharing.pack(run), tmp_path / "there")
    assert (opened.folder / layout).read_bytes() == (run.folder / layout).read_bytes()
