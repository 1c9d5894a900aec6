"""Files that fuzzing found to be taken wrongly, and bombs."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from aecore import compress, gallery, sharing, uploads, views
from aecore.uploads.drawing import drawn
from aecore.views.compressed import HEADER, MAGIC


def test_a_file_without_a_name_leads_nowhere():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a"), b"x")
    content = bytearray(stream.getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 28 : at + 30] = b"\x00\x00"
    del content[at + 46]
    end = content.find(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 46)
    [found] = uploads.archive(bytes(content))
    assert (found.name, found.content.reason) == ("", "path")


@pytest.mark.parametrize("values", [[np.inf, 0, 1, 2], [-3e38, 3e38, 0, 1], [np.nan, 0, 1, 1], [-np.inf, np.inf, 0, 1]])
def test_a_picture_of_any_numbers_is_a_picture(values):
    stream = io.BytesIO()
    Image.fromarray(np.array(values, np.float32).reshape(2, 2)).save(stream, "TIFF")
    found = uploads.picture(stream.getvalue())
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1


def test_a_drawing_with_numbers_beyond_all_bounds_is_none():
    with pytest.raises(uploads.Refused, match="no_drawing"):
        drawn([[[10**400, 0]]])


def test_a_packed_run_whose_list_leads_nowhere_is_damaged(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("experiment.json", b"{}")
    content = stream.getvalue()
    end = content.find(b"PK\x05\x06")
    wrong = content[: end + 16] + struct.pack("<I", 60) + content[end + 20 :]
    with pytest.raises(uploads.Refused):
        sharing.unpack(wrong, tmp_path)


def test_a_compressed_picture_that_says_it_is_huge_is_damaged_at_once():
    experiment = gallery.experiment_of(compress.MODEL)
    shape = (6000, 6000)
    model = compress.reader(gallery.run_of(experiment), views.Header(experiment.key, 0, 0, shape))
    head = struct.pack(">8sIBHH", bytes.fromhex(experiment.key), views.fingerprint(model), 3, *shape)
    for code in (b"", bytes(20), b"\xff" * 40):
        content = MAGIC + zlib.crc32(head + code).to_bytes(4, "big") + head + code
        assert len(content) == HEADER + len(code)
        began = time.process_time()
        with pytest.raises(uploads.Refused, match="damaged"):
            views.decompressed(model, content, experiment.key)
        assert time.process_time() - began < 1
