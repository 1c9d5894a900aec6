"""Archives, tables and arrays of strangers: read as they are meant, or refused with a reason; nothing crashes."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from importlib import import_module

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from aecore import uploads
from aecore.datasets import own
from aecore.text import LANGUAGES, words
from tests.test_uploads import declared

# The module, as the package knows the function by the same name.
archives = import_module("aecore.uploads.archive")
rng = np.random.default_rng(0)


def png(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def zipped(*files: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def wav(frequency: float) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, 0.5 * np.sin(2 * np.pi * frequency * np.arange(9000) / 8000), 8000, format="WAV")
    return stream.getvalue()


def understood(*files: tuple[str, bytes]) -> uploads.Understood:
    return uploads.understand(files, rate=8000)


SMALL = png(rng.integers(0, 255, (20, 30)))


def a_link() -> bytes:
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr("good.png", SMALL)
    return stream.getvalue()


def locked() -> bytes:
    content = bytearray(zipped(("a.png", SMALL), ("good.png", SMALL)))
    # The flag that says so, of the first file, in its own header and in the list.
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def torn() -> bytes:
    content = bytearray(zipped(("a.png", SMALL), ("good.png", SMALL)))
    content[60] ^= 0xFF
    return bytes(content)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped(("good.png", SMALL), ("good.png", SMALL))


# What is left out of an archive, and why; another picture in it is read.
LEFT = {
    "path": [
        lambda: zipped(("../a.png", SMALL), ("good.png", SMALL)),
        lambda: zipped(("/etc/a.png", SMALL), ("good.png", SMALL)),
        lambda: zipped(("C:/a.png", SMALL), ("good.png", SMALL)),
        lambda: zipped(("a/../../b.png", SMALL), ("good.png", SMALL)),
        a_link,
    ],
    "twice": [twice],
    "locked": [locked],
    "torn": [torn],
    "nested": [lambda: zipped(("inner.zip", zipped(("a.png", SMALL))), ("good.png", SMALL))],
    "other_kind": [lambda: zipped(("notes.txt", b"what I did"), ("good.png", SMALL))],
    "no_picture": [
        lambda: zipped(("good.png", SMALL), ("sound.wav", wav(440))),
        lambda: zipped(("good.png", SMALL), ("notes.txt", b"what I did, and why")),
    ],
    "alone": [
        lambda: zipped(("labels.csv", b"file,kind\na,b\n"), ("good.png", SMALL)),
        lambda: zipped(("good.png", SMALL), ("labels.csv", b"file,kind\na,b\n")),
        lambda: zipped(("good.png", SMALL), ("rows.txt", b"1;2\n" * 3000)),
        lambda: zipped(("good.png", SMALL), ("x.npy", header((3, 1000)))),
    ],
    "truncated": [lambda: zipped(("a.png", SMALL[:120]), ("good.png", SMALL))],
    "too_many_pixels": [lambda: zipped(("a.png", declared(10_000, 10_000)), ("good.png", SMALL))],
    "empty": [lambda: zipped(("a.png", b""), ("good.png", SMALL))],
}


@pytest.mark.parametrize(("reason", "make"), [(reason, make) for reason, makes in LEFT.items() for make in makes])
def test_what_is_wrong_in_an_archive_is_left_out_and_the_rest_read(reason, make):
    found = understood(("mine.zip", make()))
    assert [one.content.reason for one in found.left_out] == [reason]
    assert len(found.what.pictures) == 1
    assert all(f"refused.{reason}" in words(language) for language in LANGUAGES)


@pytest.mark.parametrize("other", [("rows.csv", b"a,b\n1,2\n"), ("x.npz", npz(x=np.zeros((3, 2))))])
def test_a_table_or_arrays_among_others_are_left_out_as_they_come_alone(other):
    for files in ((other, ("mine.zip", zipped(("good.png", SMALL)))), (("good.png", SMALL), other)):
        found = understood(*files)
        assert [(one.name, one.content.reason) for one in found.left_out] == [(other[0], "alone")]
        assert len(found.what.pictures) == 1
    with pytest.raises(uploads.Refused, match="alone"):
        understood(other, other)


def test_what_systems_add_unasked_is_passed_over():
    clutter = [
        ("__MACOSX/a/._1.png", b"x"),
        ("a/.DS_Store", b"x"),
        ("a/Thumbs.db", b"x"),
        ("a/", b""),
        ("a/._1.png", b"x"),
    ]
    found = understood(("mine.zip", zipped(*clutter, ("a/1.png", SMALL))))
    assert found.left_out == ()
    assert found.what.folders == ("a",)


def listing(size: int) -> bytes:
    """An archive that says its list is as long as that."""
    content = bytearray(zipped(("a.png", SMALL)))
    struct.pack_into("<I", content, content.rfind(archives.END) + 12, size)
    return bytes(content)


def said_large() -> bytes:
    content = bytearray(zipped(*((f"{i}.png", SMALL) for i in range(10))))
    place = -1
    while (place := content.find(b"PK\x01\x02", place + 1)) >= 0:
        struct.pack_into("<I", content, place + 24, 59_000_000)
    return bytes(content)


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """An array that says it has this shape, and has nothing."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue()


OBJECTS = np.array([{"a": 1}, None], object)
REFUSED = {
    "nothing_in": [lambda: ("a.zip", zipped()), lambda: ("a.zip", zipped(("__MACOSX/x", b"y")))],
    "no_archive": [lambda: ("a.zip", zipped(("a.png", SMALL))[:-30]), lambda: ("a.zip", b"PK\x03\x04" + bytes(50))],
    "too_many_files": [lambda: ("a.zip", listing(50_000_000)), lambda: ("a.zip", listing(2**32 - 1))],
    "bomb": [lambda: ("a.zip", said_large())],
    "nested": [lambda: ("a.zip", zipped(("b.zip", zipped(("a.png", SMALL)))))],
    "empty": [lambda: ("a.csv", b""), lambda: ("a.png", b"")],
    "one_column": [lambda: ("a.csv", b"only\n1\n2\n"), lambda: ("a.csv", b"1\n2\n3\n")],
    "no_rows": [lambda: ("a.csv", b"a,b\n"), lambda: ("a.csv", b"a;b;c")],
    "too_many_columns": [lambda: ("a.csv", b",".join(b"%d" % i for i in range(10**6)) + b"\n")],
    "no_numbers": [
        lambda: ("a.csv", b"a,b\nx,y\nz,w\n"),
        lambda: ("a.npz", npz(x=np.array([["a", "b"]]))),
        lambda: ("a.npz", npz(x=np.zeros((2, 2), complex))),
    ],
    "no_table": [lambda: ("a.csv", b"a,b\n\0\1,2\n"), lambda: ("a.csv", b'a,b\n"' + b"x" * 200_000 + b'",1\n')],
    "pickled": [
        lambda: ("a.npz", npz(x=OBJECTS)),
        lambda: ("a.npz", npz(x=np.zeros((3, 2)), y=OBJECTS)),
        lambda: ("a.npy", header((3, 2), "|O")),
    ],
    "no_x": [lambda: ("a.npz", npz(a=np.zeros((3, 2)), b=np.zeros(3)))],
    "few_axes": [lambda: ("a.npz", npz(x=np.zeros(5))), lambda: ("a.npz", npz(x=np.zeros((0, 4))))],
    "other_y": [lambda: ("a.npz", npz(x=np.zeros((3, 2)), y=np.zeros(4)))],
    "torn": [
        lambda: ("a.npy", header((3, 1000))),
        lambda: ("a.npy", b"\x93NUMPY\x01\x00\xff\xffgarbage"),
        lambda: ("a.npz", zipped(("x.npy", b"no array"))),
        lambda: ("a.npz", zipped(("x.npy", header((100, 100))))),
    ],
    "too_large": [lambda: ("a.npy", header((10**6, 10**6)))],
    "truncated": [lambda: ("a.png", SMALL[:120])],
    "too_many_pixels": [lambda: ("a.png", declared(10_000, 10_000))],
    "other_kind": [lambda: ("a.png", b"<html>"), lambda: ("a.zip", zipped(("a.txt", b"x"), ("b.csv", b"a,b\n1,2\n")))],
}  # fmt: skip


@pytest.mark.parametrize(("reason", "make"), [(reason, make) for reason, makes in REFUSED.items() for make in makes])
def test_what_cannot_be_read_is_refused_with_its_reason(reason, make):
    with pytest.raises(uploads.Refused) as refused:
        understood(make())
    assert refused.value.reason == reason
    for language in LANGUAGES:
        assert words(language)[f"refused.{reason}"].format_map(refused.value.facts)


def test_an_archive_that_unpacks_to_more_than_it_says_is_a_bomb(monkeypatch):
    monkeypatch.setattr(archives, "MOST_TOGETHER", 100_000)
    content = bytearray(zipped(("a.png", bytes(300_000)), how=zipfile.ZIP_DEFLATED))
    for place in (22, content.find(b"PK\x01\x02") + 24):
        struct.pack_into("<I", content, place, 1000)
    # zipfile gives no more than is said, whose sum is then wrong.
    assert [one.content.reason for one in archives.archive(bytes(content))] == ["torn"]
    honest = zipped(*((f"{i}.png", bytes(60_000)) for i in range(2)), how=zipfile.ZIP_DEFLATED)
    with pytest.raises(uploads.Refused, match="bomb"):
        list(archives.archive(honest))


def test_many_pictures_are_read_until_there_is_no_room(monkeypatch):
    monkeypatch.setattr(uploads.understood, "MOST_PICTURES", 3)
    found = understood(("a.zip", zipped(*((f"{i}.png", SMALL) for i in range(5)))))
    assert len(found.what.pictures) == 3
    assert {one.content.reason for one in found.left_out} == {"no_more"}
    monkeypatch.setattr(uploads.understood, "MOST_PIXELS", 700)
    found = understood(("a.zip", zipped(*((f"{i}.png", SMALL) for i in range(5)))))
    assert len(found.what.pictures) == 1


def test_pictures_of_any_size_become_squares_and_small_ones_stay_as_they_are():
    exact = rng.integers(0, 255, (28, 28))
    files = [("a/1.png", png(exact)), ("a/2.png", png(rng.integers(0, 255, (300, 40)))), ("b/3.png", SMALL)]
    made = own.of_pictures(understood(("mine.zip", zipped(*files))).what, side=28, colour=False)
    assert made.inputs.shape == (3, 28, 28)
    np.testing.assert_array_equal(made.inputs[0], exact)
    assert made.classes == ("a", "b") and made.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b"a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbfa;b\r\n1,5;2\r\n3;4\r\n", [[1.5, 2], [3, 4]]),
        (b"a;b\n1.234,5;2\n", [[1234.5, 2]]),
        (b"a\tb\n1\t-2e3\n\n", [[1, -2000]]),
        (b"a,b\nNA,1\n2,inf\n", [[np.nan, 1], [2, np.nan]]),
        (b"a,b\n1e300,1\n2,-inf\n", [[np.nan, 1], [2, np.nan]]),
        (b"a,b\n1,2\n3\n4,5,6\n7,8\n", [[1, 2], [7, 8]]),
        ("maçã,pão\n1,2\n".encode("latin-1"), [[1, 2]]),
        (b'"a, b",c\n"1",2\n', [[1, 2]]),
    ],
)
def test_tables_of_several_makes_are_read_alike(content, numbers):
    found = uploads.table(content)
    np.testing.assert_allclose(np.array([column.numbers for column in found.columns]).T, numbers)


def test_a_table_says_what_it_lacks():
    found = uploads.table(b"a,b,c,same,kind,kind\n1,2,3,7,x,1\n,5,inf,7,y,2\n4,5,6,7,,3\n7,9,1,7,x,4\n2,2,2,7,y,5\n")
    assert [column.name for column in found.columns] == ["a", "b", "c", "same", "kind", "kind (6)"]
    assert found.columns[2].infinite == 1
    assert found.columns[4].classes == ("x", "y")
    asked = {"columns": ("a", "b", "c", "same"), "scale": "standardised", "least": 1}
    made = own.of_table(found, label="kind", missing="left_out", **asked)
    assert (made.dropped, made.constant, made.columns) == (2, ("same",), ("a", "b", "c"))
    np.testing.assert_allclose(made.inputs[:, 0].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(made.inputs[:, 0].std(0), 1, atol=1e-6)
    filled = own.of_table(found, label=None, missing="mean", **(asked | {"scale": "unit"}))
    assert (len(filled.inputs), filled.inputs.min(), filled.inputs.max()) == (5, 0, 1)


def test_pieces_of_one_sound_are_held_out_together(tmp_path, monkeypatch):
    monkeypatch.setenv("GARGALO_UPLOADS", str(tmp_path))
    files = [(f"{'ab'[i % 2]}/{i}.wav", wav(200 + 100 * i)) for i in range(6)]
    made = own.of_sounds(understood(("mine.zip", zipped(*files))).what)
    assert made.shape == (own.BANDS, own.FRAMES)
    assert made.inputs.min() >= 0 and made.inputs.max() == 1
    test = own.held_out(made.groups, 0.3)
    assert set(made.groups[test]).isdisjoint(made.groups[~test])
    # A higher tone lies higher in the picture.
    heights = [made.inputs[made.groups == i].mean((0, 2)).argmax() for i in range(6)]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        (rng.random((12, 9, 7)), (28, 28)),
        (rng.random((12, 9, 9, 1)), (28, 28)),
        (rng.integers(0, 255, (12, 3, 9, 9)).astype(np.uint8), (28, 28)),
        (rng.integers(0, 2, (12, 9, 9)).astype(bool), (28, 28)),
        (np.where(rng.random((12, 9, 9)) < 0.001, np.nan, 1e30 * rng.random((12, 9, 9))), (28, 28)),
    ],
)
def test_arrays_of_several_makes_become_pictures(x, shape):
    found = uploads.arrays(npz(x=x))
    assert own.pictured(found)
    made = own.of_arrays(found, side=28, colour=False)
    assert made.shape == shape
    assert made.inputs.dtype == np.uint8


def test_an_array_of_many_axes_is_refused():
    with pytest.raises(uploads.Refused, match="many_axes"):
        own.pictured(uploads.arrays(npz(x=np.zeros((2, 5, 6, 7)))))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.zip", "a.npz", "a.png", "a.wav", "a"]))
@example(b"PK\x05\x06" + bytes(18), "a.zip")
@example(b"PK\x03\x04", "a.zip")
@example(b"\x93NUMPY", "a.npy")
@example(b",\n,\n", "a.csv")
def test_any_bytes_are_read_or_refused(content, name):
    try:
        understood((name, content))
    except uploads.Refused as refused:
        assert f"refused.{refused.reason}" in words("en")


WHOLE = {
    "zip": zipped(("a/1.png", SMALL), ("b/2.png", SMALL)),
    "npz": npz(x=np.zeros((3, 4, 4)), y=np.arange(3)),
    "csv": b"a;b;c\n1,5;2;x\n3;4;y\n",
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(WHOLE)), st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_a_damaged_file_is_read_or_refused(kind, place, byte, cut):
    content = bytearray(WHOLE[kind])
    place %= len(content)
    content[place] = byte
    try:
        understood((f"a.{kind}", bytes(content[:place] if cut else content)))
    except uploads.Refused as refused:
        assert f"refused.{refused.reason}" in words("en")


numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=2, max_size=20), st.sampled_from([",", ";", "\t"]))
def test_a_table_comes_back_as_it_was_written(rows, separator):
    comma = separator != ","
    lines = [separator.join(repr(cell).replace(".", ",") if comma else repr(cell) for cell in row) for row in rows]
    found = uploads.table("\n".join([separator.join("abc"), *lines]).encode())
    np.testing.assert_array_equal(np.array([column.numbers for column in found.columns]).T, rows)


def test_pictures_have_colours_where_more_than_noise_tells_their_channels_apart():
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 200, (40, 16, 16, 1)), 3, axis=3)
    noisy = grey + rng.integers(0, 3, grey.shape)
    coloured = grey * np.array([1, 1, 0.5])
    for values, found in ((grey, False), (noisy, False), (coloured, True)):
        pictures = tuple(values.astype(np.uint8))
        assert own.coloured(uploads.Pictures(pictures, ("",) * 40)) is found
        assert own.coloured(uploads.Arrays(values.astype(np.uint8), None)) is found
        assert own.coloured(uploads.Arrays(np.moveaxis(values, 3, 1) / 255, None)) is found
    assert not own.coloured(uploads.Arrays(grey[..., 0], None))
