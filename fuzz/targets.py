"""Targets: each reader of what strangers send, what it may refuse by, and valid inputs to begin with."""

from __future__ import annotations

import functools
import io
import json
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

import numpy as np
from PIL import Image

from aecore import byte_coding, compress, gallery, lossless, sharing, sounds, uploads, views
from aecore.experiment import Experiment
from aecore.jobs import InlineExecutor
from aecore.runs import Run, Runs
from aecore.uploads import zipped
from aecore.uploads.drawing import centred, drawn
from aecore.views.compressed import MAGIC as PICTURE

RATE = 8000
LINKS = (
    "data=mnist&method=sparse&rule=kl&rho=0.05&beta=3",
    "data=digits&method=vae&net=mlp&hidden=64,32&latent=4&steps=40&start=20:rate=0.01&start=10:rate=0.1",
    "data=digits&method=denoising&corruption=masking&level=0.3&seed=7",
    "data=own&file=12345&method=beta_vae&variant=btcvae",
)


class Target(NamedTuple):
    """A reader.

    Attributes
    ----------
    read : callable
        Takes any bytes.
    refuses : tuple of types
        What it may raise.
    seeds : callable
        Gives valid inputs.
    """

    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]


def _settle(content: bytes) -> None:
    """Read an address as the pages do, and write what it comes to as they do."""
    pairs = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True)
    asked = {name: texts if name == "start" else texts[-1] for name, texts in pairs.items()}
    found = Experiment.settle(asked).experiment
    assert Experiment.from_query(found.to_query()) == found


def _from_query(content: bytes) -> None:
    Experiment.from_query(content.decode("utf-8", "replace"))


def _from_dict(content: bytes) -> None:
    """Read an experiment; what is taken has a key, a link and a knob for each value."""
    found = Experiment.from_dict(_json(content))
    assert Experiment.from_dict(json.loads(json.dumps(found.to_dict()))).key == found.key
    found.to_query()


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except RecursionError as wrong:
        raise ValueError from wrong


def _dicts() -> list[bytes]:
    return [json.dumps(Experiment.from_query(link).to_dict()).encode() for link in LINKS[:3]]


def _pictures() -> list[bytes]:
    x = np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    modes = [("PNG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "RGB")]
    modes += [("WEBP", "RGBA"), ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "F")]
    return [_picture(x, kind, mode) for kind, mode in modes]


def _read_picture(content: bytes) -> None:
    x = uploads.picture(content, longest=64)
    assert x.ndim == 3 and x.dtype == np.float32 and 0 <= x.min() <= x.max() <= 1


def _picture(x: np.ndarray, kind: str, mode: str) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(x)
    image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    image.save(stream, kind)
    return stream.getvalue()


def _sounds() -> list[bytes]:
    wave = np.sin(np.arange(800) / 7, dtype=np.float32) / 2
    return [sounds.written(wave, kind=kind) for kind in ("wav", "flac")]


def _tables() -> list[bytes]:
    return [
        b"length,width,kind\n1.5,2,cat\n,3,dog\nnan,inf,cat\n",
        b"a;b\n1,5;2\n3.000,25;4\n",
        b'"x ""y""",z\n"1\n2",3\n',
        b"1\t2\n3\t4\n",
    ]


def _molecules() -> list[bytes]:
    return [b"CCO ethanol\nc1ccccc1 benzene\n\nC1CC\n", b"name;SMILES\nethanol;CCO\n", b"CCO\tethanol\n"]


def _arrays() -> list[bytes]:
    stream, packed, plain = io.BytesIO(), io.BytesIO(), io.BytesIO()
    x = np.arange(48, dtype=np.float32).reshape(3, 4, 4)
    np.savez(stream, x=x, y=np.array([0, 1, 2]))
    np.savez_compressed(packed, x=x, y=np.array(["a", "b", "c"]))
    np.save(plain, x)
    return [stream.getvalue(), packed.getvalue(), plain.getvalue()]


def _archives() -> list[bytes]:
    pictures = {f"class{i % 2}/{i}.png": one for i, one in enumerate(_pictures()[:3])}
    return [
        zipped(pictures),
        zipped(pictures, zipfile.ZIP_STORED),
        zipped({"a.wav": _sounds()[0], "b.txt": b"x"}),
    ]


def _understand(content: bytes) -> None:
    for name in ("a.zip", "a.csv"):
        try:
            uploads.understand([(name, content)], rate=RATE)
        except uploads.Refused:
            continue


@functools.cache
def _trained() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        small = Experiment.from_query("data=spiral&net=linear&latent=1&steps=3&batch=16")
        return sharing.pack(InlineExecutor(Runs(Path(folder))).submit([small])[0], {"moved": "1"})


def _packed_runs() -> list[bytes]:
    return [_trained()]


def _unpack(content: bytes) -> None:
    """Open a packed run, and look at all of it if it is taken."""
    sharing.view_of(content)
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        _look_at(sharing.unpack(content, Path(folder)))


def _look_at(run: Run) -> None:
    state = run.state
    assert isinstance(state.step, int) and isinstance(state.seconds, float | int)
    for step in run.steps:
        run.snapshot(step)
    _ = run.history, run.baselines(), run.wishes, run.resumable()


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


# Bytes that a packed file may say it holds here; the reader's own bound stands for half a minute.
MOST_HELD = 20_000
# Of a run's folder, in the order in which an input names them by its first byte.
FILES = (
    "experiment.json", "state.json", "events.jsonl", "wishes.json", "snapshots/3.safetensors", "resume.safetensors",
    "baselines/pca.safetensors", "snapshots/1x.safetensors",
)  # fmt: skip


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(dir=_memory(), prefix="fuzz-")) / "run"
    with zipfile.ZipFile(io.BytesIO(_trained())) as archive:
        archive.extractall(folder)
    return folder


def _read_folder(content: bytes) -> None:
    """Read a run's folder, one of whose files holds anything."""
    if not content:
        return
    place = _folder() / FILES[content[0] % len(FILES)]
    before = place.read_bytes() if place.exists() else None
    try:
        place.write_bytes(content[1:])
        _look_at(Run(_folder()))
        _ = Run(_folder()).experiment
    finally:
        place.unlink()
        if before is not None:
            place.write_bytes(before)


def _folders() -> list[bytes]:
    return [bytes([i]) + (_folder() / name).read_bytes() for i, name in enumerate(FILES) if (_folder() / name).exists()]


@functools.cache
def _coder() -> tuple[str, object]:
    experiment = gallery.experiment_of(compress.MODEL)
    return experiment.key, compress.reader(gallery.run_of(experiment), views.Header(experiment.key, 0, 0, (16, 16)))


def _decompress(content: bytes) -> None:
    """Read a compressed picture, its checksum and its model put right, so that more than those is tried."""
    key, model = _coder()
    head = struct.pack(">8sI", bytes.fromhex(key), views.fingerprint(model))
    rest = head + content[12:]
    for file in (content, PICTURE + zlib.crc32(rest).to_bytes(4, "big") + rest):
        try:
            views.decompressed(model, file, key)
        except uploads.Refused:
            continue


def _pictures_compressed() -> list[bytes]:
    key, model = _coder()
    x = np.random.default_rng(0).random((20, 30), np.float32)
    made = views.compressed(model, x, key)
    return [bytes(12) + made[20:]]


def _unpacked(content: bytes) -> None:
    """Read a packed file, its checksum and its coder put right; what it says it holds takes its time, by design."""
    content = content[:5] + (int.from_bytes(content[5:9], "big") % MOST_HELD).to_bytes(4, "big") + content[9:]
    rest = content[:1] + byte_coding.fingerprint().to_bytes(4, "big") + content[1:]
    for file in (content, lossless.MAGIC + zlib.crc32(rest).to_bytes(4, "big") + rest):
        try:
            lossless.unpacked(file)
        except uploads.Refused:
            continue


def _files_packed() -> list[bytes]:
    made = [lossless.packed(content) for content in (b"", b"abc" * 20, bytes(range(60)))]
    return [one[8:9] + one[13:] for one in made]


def _drawn(content: bytes) -> None:
    centred(drawn(_json(content)))


def _drawings() -> list[bytes]:
    return [b"[[[500, 200], [500, 800]]]", b"[[[100, 100]], [[1, 2], [3.5, 1000], [0, 0]]]"]


_links = [link.encode() for link in LINKS]
TABLE: dict[str, Target] = {
    "settle": Target(_settle, (), lambda: _links),
    "from_query": Target(_from_query, (ValueError,), lambda: _links),
    "from_dict": Target(_from_dict, (ValueError,), _dicts),
    "pictures": Target(_read_picture, (uploads.Refused,), _pictures),
    "sounds": Target(lambda content: uploads.sound(content, RATE), (uploads.Refused,), _sounds),
    "molecules": Target(uploads.molecules, (uploads.Refused,), _molecules),
    "tables": Target(uploads.table, (uploads.Refused,), _tables),
    "arrays": Target(uploads.arrays, (uploads.Refused,), _arrays),
    "archives": Target(lambda content: list(uploads.archive(content)), (uploads.Refused,), _archives),
    "understand": Target(_understand, (), lambda: [*_archives(), *_arrays(), *_tables()]),
    "drawings": Target(_drawn, (uploads.Refused, ValueError), _drawings),
    "packed_runs": Target(_unpack, (uploads.Refused,), _packed_runs),
    "run_folders": Target(_read_folder, (ValueError, FileNotFoundError), _folders),
    "compressed": Target(_decompress, (), _pictures_compressed),
    "packed_files": Target(_unpacked, (), _files_packed),
}


def leave_nothing() -> None:
    """Remove what the targets have written."""
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder().parent, ignore_errors=True)
        _folder.cache_clear()
