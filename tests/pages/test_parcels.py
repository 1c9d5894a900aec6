"""What is put for the browser, and how long it stays."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from pages._ui import parcels
from pages._ui.latent_pad import Walk


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(parcels, "_kept", type(parcels._kept)())
    monkeypatch.setattr(parcels, "_size", 0)


def asked(address, **headers):
    return parcels.answer(SimpleNamespace(path_params={"name": address.rpartition("/")[2]}, headers=headers))


def test_the_same_content_has_one_address_and_comes_back_whole():
    for content, kind in (("{}" * 5000, "application/json"), (b"\x00\x01" * 5000, "application/octet-stream")):
        address = parcels.put(content, kind)
        assert parcels.put(content, kind) == address
        assert parcels.content(address) == (content.encode() if isinstance(content, str) else content)
        found = asked(address)
        assert (found.status_code, found.media_type) == (200, kind)
    assert len(parcels._kept) == 2
    assert len(asked(parcels.put("{}" * 5000, "application/json")).body) < 1000


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-", 206, slice(None)),
        ("bytes=2-4", 206, slice(2, 5)),
        ("bytes=7-999", 206, slice(7, None)),
        ("bytes=10-", 416, slice(0)),
        ("bytes=4-2", 416, slice(0)),
        ("pages=1-2", 200, slice(None)),
    ],
)
def test_a_part_of_a_sound_is_given_to_a_player_that_jumps(wanted, status, part):
    content = bytes(range(10))
    found = asked(parcels.put(content, "audio/wav"), range=wanted)
    assert (found.status_code, found.body) == (status, content[part])
    assert (status == 206) == ("accept-ranges" in found.headers)


def test_the_oldest_gives_way_and_what_is_asked_for_again_is_not_old(monkeypatch):
    monkeypatch.setattr(parcels, "ROOM", 2500)
    first, second = (parcels.put(letter * 1000, "x/y") for letter in (b"a", b"b"))
    parcels.put(b"a" * 1000, "x/y")
    third = parcels.put(b"c" * 1000, "x/y")
    assert [asked(one).status_code for one in (first, second, third)] == [200, 404, 200]
    assert parcels._size == 2000


def test_what_is_promised_is_made_when_it_is_asked_for_and_once():
    made = []

    def make():
        made.append(1)
        return "{}"

    address = parcels.promise(("error", 5), make)
    assert parcels.promise(("error", 5), make) == address != parcels.promise(("error", 6), make)
    assert not made
    assert [asked(address).status_code for _ in range(2)] == [200, 200]
    assert len(made) == 1

    def gone():
        raise LookupError

    assert asked(parcels.promise("gone", gone)).status_code == 404


def test_the_choices_of_a_pad_are_new_ones_whenever_the_program_changes_its_pair():
    walk = Walk()
    walk.settle(np.array([3.0, 2.0, 1.0]), moving=True)
    before = walk.moved
    walk.settle(np.array([3.0, 2.0, 3.5]), moving=True)
    assert (walk.pair, walk.moved) == ((0, 1), before)
    walk.settle(np.array([3.0, 1.0, 3.5]), moving=True)
    assert (walk.pair, walk.moved) == ((2, 0), before + 1)


def test_the_numbers_behind_a_figure_are_given_out():
    def asked_table(address):
        return parcels.answer_table(SimpleNamespace(path_params={"name": address.rpartition("/")[2]}))

    lines, pictures = ({"data": [one]} for one in ({"x": [1], "y": [2]}, {"type": "image", "source": "x"}))
    found = asked_table(parcels.put(json.dumps(lines), parcels.FIGURE))
    assert (found.status_code, found.media_type, found.body) == (200, "text/csv", b"x,y\n1,2\n")
    assert asked_table(parcels.promise("lines", lambda: json.dumps(lines))).body == found.body
    for other in (
        parcels.put(json.dumps(pictures), parcels.FIGURE),
        parcels.put(b"x,y", "application/octet-stream"),
        "/parcels/unknown",
    ):
        assert asked_table(other).status_code == 404
