"""Edits: a valid input, damaged in the ways that find what a reader takes for granted."""

from __future__ import annotations

import random
from collections.abc import Sequence

# Lengths and numbers at which readers go wrong.
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
WORDS = (
    b"nan", b"inf", b"-1", b"1e999", b"0x", b"null", b"{}", b"[]", b"true", b'"', b"..", b"../", b"%00", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf", b"99999999999999999999", b"start=", b"&", b"=", b",", b";", b"\t", b"\r\n",
)  # fmt: skip


def edited(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of several inputs after one edit or a few.

    Parameters
    ----------
    seeds : sequence of bytes
    chance : random.Random
        The source of all chance.
    """
    content = bytearray(chance.choice(seeds))
    for _ in range(1 + int(chance.expovariate(0.5))):
        place = chance.randint(0, len(content))
        length = min(int(chance.expovariate(0.1)), 400)
        kind = chance.randrange(8)
        if kind == 0 and content:
            content[place - 1] ^= 1 << chance.randrange(8)
        elif kind == 1:
            content[place : place + length] = chance.randbytes(length)
        elif kind == 2:
            del content[place : place + length]
        elif kind == 3:
            del content[place:]
        elif kind == 4:
            width = chance.choice((1, 2, 4, 8))
            number = chance.choice(NUMBERS) & (256**width - 1)
            content[place : place + width] = number.to_bytes(width, chance.choice(("little", "big")))
        elif kind == 5:
            content[place:place] = chance.choice(WORDS)
        elif kind == 6:
            content[place:place] = content[place : place + length] * chance.choice((1, 2, 30))
        else:
            other = chance.choice(seeds)
            begin = chance.randint(0, len(other))
            content[place : place + length] = other[begin : begin + length]
    return bytes(content)
