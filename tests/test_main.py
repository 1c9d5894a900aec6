from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import aecore as ae
from aecore.__main__ import main
from aecore.runs import Run

ROOT = Path(__file__).parents[1]
QUERY = "data=digits&net=linear&latent=3&steps=40&batch=64&rate=0.01"


def test_train_ends_with_one_line_of_json_and_a_run(tmp_path, capsys, small):
    assert main(["train", QUERY, "--out", str(tmp_path), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert list(told) == ["key", "steps", "seconds", "terms", "scores", "folder"]
    assert told["key"] == small.key
    assert told["steps"] == 40
    *_, last = ae.train(small)
    assert told["scores"] == last.scores
    assert told["terms"] == last.terms
    kept = Run(Path(told["folder"])).snapshot()
    assert all(torch.equal(tensor, kept.state[name]) for name, tensor in last.weights.items())


def test_a_run_that_is_done_is_not_trained_again(tmp_path, capsys):
    assert main(["train", QUERY, "--out", str(tmp_path)]) == 0
    (log,) = tmp_path.rglob("events.jsonl")
    before = log.stat().st_mtime_ns
    assert main(["train", QUERY, "--out", str(tmp_path)]) == 0
    assert log.stat().st_mtime_ns == before
    assert "done at step 40" in capsys.readouterr().out


@pytest.mark.parametrize("query", ["latent=9999", "foo=1", "net=gru", "rate=nan"])
def test_a_query_that_says_nothing_sensible_is_explained(tmp_path, capsys, query):
    assert main(["train", f"data=digits&{query}", "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert query.split("=")[0] in captured.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["train", QUERY, "--out", str(tmp_path / "file")]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_it_runs_as_a_module():
    told = subprocess.run(
        [sys.executable, "-m", "aecore", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "train" in told.stdout
    assert "bench" in told.stdout


def test_a_run_that_another_process_trains_is_left_to_it(tmp_path, capsys):
    import aecore as ae

    run = ae.Runs(tmp_path).claim(ae.Experiment.from_query(QUERY))
    before = run.state
    assert main(["train", QUERY, "--out", str(tmp_path)]) == 1
    assert str(before.pid) in capsys.readouterr().err
    assert run.state == before


def test_a_sweep_ends_with_one_line_of_json_and_a_run_for_each_combination(tmp_path, capsys, small):
    assert main(["sweep", QUERY, "rate=0.01,0.02", "seeds=2", "--out", str(tmp_path), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)["runs"]
    assert [run["knobs"] for run in told] == [{"rate": rate, "seed": seed} for rate in (0.01, 0.02) for seed in (0, 1)]
    *_, last = ae.train(small.vary(rate=0.02, seed=1))
    assert told[-1]["scores"] == last.scores
    assert {run["key"] for run in told} == {folder.name for folder in tmp_path.iterdir()}


def test_a_sweep_does_not_train_again_what_is_done(tmp_path, capsys):
    assert main(["train", QUERY, "--out", str(tmp_path)]) == 0
    (log,) = tmp_path.rglob("events.jsonl")
    before = log.stat().st_mtime_ns
    assert main(["sweep", QUERY, "seeds=2", "--out", str(tmp_path)]) == 0
    assert log.stat().st_mtime_ns == before
    assert capsys.readouterr().out.count("done at step 40") == 3


@pytest.mark.parametrize("range", ["latent=1,9999", "foo=1,2", "seeds=some", "rate", "rate="])
def test_a_range_that_says_nothing_sensible_is_explained(tmp_path, capsys, range):
    assert main(["sweep", QUERY, range, "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert range.split("=")[0] in captured.err
    assert list(tmp_path.iterdir()) == []
