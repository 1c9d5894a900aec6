"""Any file comes back to the last byte, or is refused in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore import byte_coding, lossless
from aecore.__main__ import main
from aecore.datasets import files
from aecore.text import Say
from aecore.uploads import Refused

ROOT = Path(__file__).parents[1]
TABLE = files.path("debian_libraries.csv").read_bytes()[:20_000]
NOISE = np.random.default_rng(0).bytes(5000)
FILES = {
    "empty": b"",
    "one byte": b"\xff",
    "zeros": bytes(30_000),
    "ones": b"\xff" * 30_000,
    "noise": NOISE,
    "noise twice": NOISE * 2,
    "table": TABLE,
    "text": (ROOT / "README.pt-BR.md").read_bytes(),
    "program": Path(lossless.__file__).read_bytes(),
    "samples": (2000 * np.sin(np.arange(8000) / 9)).astype("<i2").tobytes(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_back_as_it_was(name):
    content = FILES[name]
    found = lossless.packed(content)
    assert lossless.unpacked(found) == content
    assert len(found) <= len(content) + lossless.HEADER


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 8))
def test_any_bytes_come_back_as_they_were(content, times):
    assert byte_coding.read(byte_coding.written(content * times), len(content) * times) == content * times


def test_what_can_be_foretold_takes_few_bytes():
    found = {name: len(lossless.packed(content)) for name, content in FILES.items()}
    gzip = {name: len(lossless.RIVALS["gzip"](content)) for name, content in FILES.items()}
    assert found["noise"] == len(NOISE) + lossless.HEADER
    assert found["noise twice"] < 1.1 * len(NOISE)
    assert found["zeros"] < 200
    for name in ("table", "text", "program", "samples"):
        assert found[name] < gzip[name]


def test_rivals_hold_the_file_too():
    import gzip

    import zstandard

    found = lossless.compared(TABLE)
    assert gzip.decompress(found["gzip"].content) == TABLE
    assert zstandard.ZstdDecompressor().decompress(found["zstd"].content) == TABLE
    assert lossless.unpacked(found["bytes"].content) == TABLE


@pytest.mark.parametrize("content", [TABLE[:500], NOISE[:100]])
def test_every_flipped_bit_is_refused(content):
    good = lossless.packed(content)
    for place in range(8 * len(lossless.MAGIC), 8 * len(good), 37):
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        with pytest.raises(Refused) as refused:
            lossless.unpacked(bytes(bad))
        assert refused.value.reason == "damaged"


def sealed(rest: bytes) -> bytes:
    return lossless.MAGIC + zlib.crc32(rest).to_bytes(4, "big") + rest


def test_another_version_and_a_wrong_result_are_refused(monkeypatch):
    good = lossless.packed(TABLE)
    with pytest.raises(Refused) as refused:
        lossless.unpacked(sealed(good[8:9] + b"else" + good[13:]))
    assert refused.value.reason == "other_coder"
    assert refused.value.facts["found"] == b"else".hex()
    with pytest.raises(Refused) as refused:
        lossless.unpacked(sealed(good[8:30] + bytes([good[30] ^ 1]) + good[31:]))
    assert refused.value.reason == "came_out_wrong"
    monkeypatch.setattr(lossless, "MOST", 1000)
    for act, content in ((lossless.packed, TABLE), (lossless.unpacked, good)):
        with pytest.raises(Refused) as refused:
            act(content)
        assert refused.value.reason == "too_large"


def test_threads_change_no_byte(tmp_path):
    (tmp_path / "table").write_bytes(TABLE)
    for threads in ("1", "2"):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
        command = [sys.executable, "-m", "aecore", "compress", str(tmp_path / "table"), str(tmp_path / threads)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes() == lossless.packed(TABLE)


def test_what_is_compiled_computes_what_python_does():
    program = "from aecore import byte_coding; print(byte_coding.written(b'abcabcabcabc').hex())"
    command = [sys.executable, "-W", "ignore", "-c", program]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    said = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    assert said.strip() == byte_coding.written(b"abcabcabcabc").hex()


def test_the_network_alone_foretells_something_and_counts_more():
    alone, whole = lossless.by_network_alone(TABLE).length, len(lossless.packed(TABLE))
    assert whole < alone < 0.7 * len(TABLE)


def test_the_command_line_packs_what_is_no_picture(tmp_path, capsys):
    source, packed, back = (tmp_path / name for name in ("table.csv", "table.gargalo", "back.csv"))
    for content in (TABLE, b""):
        source.write_bytes(content)
        assert main(["compress", str(source), str(packed)]) == 0
        assert f"{len(packed.read_bytes()):,} bytes" in capsys.readouterr().out
        assert main(["decompress", str(packed), str(back)]) == 0
        assert back.read_bytes() == content
    packed.write_bytes(lossless.packed(TABLE)[:-1])
    back.unlink()
    assert main(["decompress", str(packed), str(back)]) == 2
    assert Say()("refused.damaged") in capsys.readouterr().err
    assert not back.exists()


def test_a_picture_comes_back_to_the_last_byte_if_it_is_asked_for(tmp_path):
    source, packed, back = (tmp_path / name for name in ("a.png", "a.gargalo", "b.png"))
    source.write_bytes(files.path("photos/coins.png").read_bytes()[:30_000])
    assert main(["compress", str(source), str(packed), "--lossless"]) == 0
    assert main(["decompress", str(packed), str(back)]) == 0
    assert back.read_bytes() == source.read_bytes()


def test_what_is_packed_is_the_same_for_ever():
    """A file that was packed with these tables must be read by whoever has them."""
    assert byte_coding.fingerprint() == FINGERPRINT
    assert byte_coding.written(b"bottleneck " * 20).hex() == SAME


FINGERPRINT = 0x12570B2C
SAME = "a7b080c99d11b266762632d0f20b64"
