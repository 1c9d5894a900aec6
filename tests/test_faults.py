"""Faults: what is killed, full, lost or cut costs no result; the benchmark tries many more of each."""

from __future__ import annotations

import errno

import pytest

from bench import faults

SHORT = faults.LONG.vary(steps=600)


def survives(count: faults.Count) -> None:
    assert count.tried
    assert (count.survived, count.lost) == (count.tried, 0)


def test_a_worker_that_is_killed_costs_no_result(tmp_path):
    survives(faults.worker_killed(tmp_path, 1, SHORT, within=0.2))


def test_an_app_that_is_killed_leaves_no_process_and_costs_no_result(tmp_path):
    survives(faults.app_killed(tmp_path, 1, SHORT, within=0.2))


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EROFS])
def test_a_write_that_fails_in_its_middle_costs_no_result(tmp_path, trouble):
    survives(faults.refused(tmp_path, trouble, every=7))


def test_a_clock_that_goes_back_changes_nothing(tmp_path):
    survives(faults.clock_set_back(tmp_path))


def test_any_file_of_a_finished_run_may_be_lost(tmp_path):
    survives(faults.removed(tmp_path))


def test_any_file_of_a_finished_run_may_be_cut(tmp_path):
    survives(faults.cut(tmp_path, 1))


def test_two_processes_may_train_one_run(tmp_path):
    survives(faults.written_twice(tmp_path, 1, faults.SMALL))
