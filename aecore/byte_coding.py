"""Byte coding: any file in as few bytes as an autoencoder foretells it, and back, exactly.

Whoever reads a file must foretell what the writer foretold, to the last bit, on any machine. So everything here, the
network and its learning included, is done in whole numbers, whose sums do not depend on the order of the summands.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

# A change to anything that is foretold makes another version, which cannot read files of this one.
VERSION = 1
# The encoder reads so many bytes and makes so many numbers of them.
WINDOW, CODE = 8, 32
# Contexts in which bits are counted: the last 1, 2, 3, 4 and 6 bytes, the word so far, and two bytes with a gap.
CONTEXTS = 7
# Of a mixture: the counts, the network, the match, and a constant.
INPUTS = CONTEXTS + 3
NETWORK, MATCH, CONSTANT = CONTEXTS, CONTEXTS + 1, CONTEXTS + 2
# Probabilities are of so many parts; logits in units of 1/UNIT reach from -REACH to REACH.
PARTS, UNIT, REACH = 1 << 16, 256, 3071
CLIP = 2047  # of a logit that goes into a mixture
# An entry of the encoder, of the decoder or of a mixture is 1 at so many; the code is 1 at ONE.
WEIGHT, SHARE, ONE = 1 << 20, 1 << 16, 127
LONGEST = 32  # of matches that are told apart
SETS = 256
_PRIME, _WORD = 0x9E3779B1, 0xFFFFFFFF


class Tables(NamedTuple):
    """Functions of whole numbers, written down.

    Attributes
    ----------
    logit : ndarray
        Of a probability in 1/4096: in 1/UNIT.
    sigmoid : ndarray
        Of a logit from -REACH: in 1/PARTS.
    power : ndarray
        exp(-t / UNIT) for t = 0, 1, …, in 1/PARTS.
    pace : ndarray
        How far a probability goes towards a bit, by how often it was seen: in 1/PARTS.
    """

    logit: np.ndarray
    sigmoid: np.ndarray
    power: np.ndarray
    pace: np.ndarray


class Memory(NamedTuple):
    """What is learnt from the bytes so far, and what is foretold of the next.

    Attributes
    ----------
    encoder : ndarray
        Shape ``(WINDOW * 256, CODE)``: a row for each byte at each place.
    decoder : ndarray
        Shape ``(CODE + 1, 256)``, the last row for what is always there.
    code, leaves, error : ndarray
        The code, how often each byte is to be expected, in a tree of their sums from 1, and what was wrong with it.
    chances, seen : ndarray
        Shape ``(CONTEXTS, n)``: of each bit in each context the probability of a 1, and how often it was seen.
    trust : ndarray
        The same of matches by their length, in two rows.
    mixtures : ndarray
        Shape ``(3, SETS, INPUTS)``: weights, by the bits of this byte, by what is known, and by the last byte.
    hashes, places : ndarray
        Of the contexts, and where their counts lie.
    inputs : ndarray
        Logits that are mixed.
    last : ndarray
        Where bytes like the last ones ended before.
    heard : ndarray
        Shape ``(INPUTS,)``: 1 for inputs that count, 0 for those that are left out for comparison.
    now : ndarray
        The match's place and length, the word so far, and the set and the result of each mixture.
    """

    encoder: np.ndarray
    decoder: np.ndarray
    code: np.ndarray
    leaves: np.ndarray
    error: np.ndarray
    chances: np.ndarray
    seen: np.ndarray
    trust: np.ndarray
    mixtures: np.ndarray
    hashes: np.ndarray
    places: np.ndarray
    inputs: np.ndarray
    last: np.ndarray
    heard: np.ndarray
    now: np.ndarray


PLACE, LENGTH, SO_FAR, CHOSEN, MIXED = 0, 1, 2, 3, 6


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; what was compiled is kept for the next process where there is a folder for it."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


def written(content: bytes, *, network_alone: bool = False) -> bytes:
    r"""Return a file as few bytes; on average -log2 of the probability that was foretold of each bit.

    The encoder makes a code of the last eight bytes, the decoder makes a probability of every next byte of the code,
    :math:`p = \mathrm{softmax}(V h)` with :math:`h = \mathrm{clip}(\sum_i E_{i, x_{t-i}})`. Beside it, bits are counted
    in the contexts of the last few bytes, and what followed the longest match is expected again. A logistic mixture
    weighs them all bit by bit. Everything begins knowing nothing and learns from each byte once it is known to
    both sides, by the gradient of its cost in bits.

    Parameters
    ----------
    content : bytes
    network_alone : bool
        Whether counts and matches are left out, to see what the network knows; such bytes cannot be read.

    References
    ----------
    M. Germain, K. Gregor, I. Murray, H. Larochelle, MADE: masked autoencoder for distribution estimation, ICML 2015:
    an autoencoder whose outputs see only what came before.
    M. Goyal, K. Tatwawadi, S. Chandak, I. Ochoa, DZip: improved general-purpose lossless compression based on novel
    neural network modeling, DCC 2021, arXiv:1911.03572.
    M. V. Mahoney, Adaptive weighing of context models for lossless data compression, Florida Institute of
    Technology, CS-2005-16: logistic mixtures of counts, and the binary arithmetic coder.
    J. Ballé, N. Johnston, D. Minnen, Integer networks for data compression with latent-variable models, ICLR 2019.

    Examples
    --------
    >>> len(written(b"bottleneck " * 1000)) < 100
    True
    """
    data = np.frombuffer(content, np.uint8).copy()
    # No bit costs more than 16.
    code = np.zeros(2 * 8 * len(data) + 8, np.uint8)
    memory = _memory(len(data))
    if network_alone:
        memory.heard[:] = 0
        memory.heard[[NETWORK, CONSTANT]] = 1
    length = _run(data, code, False, TABLES, memory)
    return code[:length].tobytes().rstrip(b"\0")


def read(code: bytes, length: int) -> bytes:
    """Return the `length` bytes that :func:`written` made `code` of; some bytes in any case, so compare a checksum.

    Examples
    --------
    >>> read(written(b"bottleneck"), 10)
    b'bottleneck'
    """
    data = np.zeros(length, np.uint8)
    _run(data, np.frombuffer(code + bytes(8), np.uint8).copy(), True, TABLES, _memory(length))
    return data.tobytes()


def parameters() -> int:
    """Return how many numbers the network and the mixtures learn; the counts grow with the file."""
    memory = _memory(0)
    return memory.encoder.size + memory.decoder.size + memory.mixtures.size


def fingerprint() -> int:
    """Return 32 bits that differ where the version or the tables do, on which everything that is foretold depends."""
    found = zlib.crc32(bytes([VERSION]))
    for table in (*TABLES, _memory(0).encoder):
        found = zlib.crc32(table.astype("<i8").tobytes(), found)
    return found


def _tables() -> Tables:
    inner = [math.log((p + 0.5) / (4096 - p - 0.5)) for p in range(4096)]
    logit = np.array([round(UNIT * one) for one in inner]).clip(-CLIP, CLIP)
    sigmoid = [round(PARTS / (1 + math.exp(-x / UNIT))) for x in range(-REACH, REACH + 1)]
    power = [max(1, round(PARTS * math.exp(-t / UNIT))) for t in range(12 * UNIT)]
    pace = [round(PARTS / (n + 1.6)) for n in range(256)]
    return Tables(*(np.array(one, np.int64) for one in (logit, np.clip(sigmoid, 32, PARTS - 32), power, pace)))


TABLES = _tables()


def _memory(length: int) -> Memory:
    """Return a memory for a file that knows nothing; its encoder is random, which is the same for all files."""
    bits = min(22, max(16, (8 * length).bit_length()))
    counted = np.arange(WINDOW * 256 * CODE, dtype=np.uint64) * 0x9E3779B97F4A7C15
    noise = ((counted ^ counted >> 29) * 0xBF58476D1CE4E5B9 >> 44).astype(np.int64)
    encoder = (noise - WEIGHT // 2) // 2
    return Memory(
        encoder.reshape(WINDOW * 256, CODE).astype(np.int32),
        np.zeros((CODE + 1, 256), np.int32),
        np.full(CODE + 1, ONE, np.int32),
        np.ones(512, np.int64),
        np.zeros(256, np.int32),
        np.full((CONTEXTS, 1 << bits), PARTS // 2, np.uint16),
        np.zeros((CONTEXTS, 1 << bits), np.uint8),
        np.vstack([np.full(LONGEST + 1, 3 * PARTS // 4), np.zeros(LONGEST + 1)]).astype(np.int64),
        np.full((3, SETS, INPUTS), SHARE // 4, np.int64),
        np.zeros(CONTEXTS, np.int64),
        np.zeros(CONTEXTS, np.int64),
        np.zeros(INPUTS, np.int64),
        np.zeros(1 << (bits - 3), np.int64),
        np.ones(INPUTS, np.int64),
        np.zeros(9, np.int64),
    )


@compiled
def _run(data: Any, code: Any, reading: Any, tables: Any, memory: Any) -> Any:
    """Write data as a code and return its length; or read the data from a code: both go the very same way."""
    low, high, at = 0, _WORD, 0
    value: Any = 0
    bit: Any
    if reading:
        for _ in range(4):
            value = value << 8 | np.int64(code[at])
            at += 1
    for i in range(len(data)):
        _look_back(data, i, tables, memory)
        node = 1
        for place in range(7, -1, -1):
            p = _foretell(data, i, node, place, tables, memory)
            middle = low + ((high - low) >> 16) * p + ((((high - low) & 0xFFFF) * p) >> 16)
            bit = np.int64(value <= middle) if reading else np.int64(data[i]) >> place & 1
            if bit:
                high = middle
            else:
                low = middle + 1
            while (low ^ high) >> 24 == 0:
                if reading:
                    value = (value << 8 & _WORD) | (np.int64(code[at]) if at < len(code) else 0)
                else:
                    code[at] = high >> 24
                at += 1
                low, high = low << 8 & _WORD, (high << 8 & _WORD) | 255
            _learn_bit(data, i, node, place, bit, tables, memory)
            node = 2 * node + bit
        data[i] = node & 255
        _learn_byte(data, i, memory)
    if not reading and low:
        code[at] = (low >> 24) + 1
        at += 1
    return at


@compiled
def _look_back(data: Any, i: Any, tables: Any, memory: Any) -> None:
    """Note the contexts, encode what came before, and decode what is to come."""
    seen = 0
    for back in range(1, 7):
        seen = (seen + _before(data, i, back) + 1) * _PRIME & _WORD
        if back < 5:
            memory.hashes[back - 1] = seen
    memory.hashes[4] = seen
    memory.hashes[5] = memory.now[SO_FAR]
    memory.hashes[6] = (_before(data, i, 2) << 8 | _before(data, i, 4)) * _PRIME & _WORD

    for unit in range(CODE):
        memory.code[unit] = 0
    for back in range(1, WINDOW + 1):
        row = memory.encoder[(back - 1) * 256 + _before(data, i, back)]
        for unit in range(CODE):
            memory.code[unit] += row[unit]
    for unit in range(CODE):
        memory.code[unit] = min(max(memory.code[unit] >> 13, -ONE), ONE)
    logits = memory.error
    for byte in range(256):
        logits[byte] = 0
    for unit in range(CODE + 1):
        height, row = memory.code[unit], memory.decoder[unit]
        for byte in range(256):
            logits[byte] += height * (row[byte] >> 8)
    top = logits.max()
    leaves = memory.leaves
    for byte in range(256):
        leaves[256 + byte] = tables.power[min((top - logits[byte]) >> 11, len(tables.power) - 1)]
    for node in range(255, 0, -1):
        leaves[node] = leaves[2 * node] + leaves[2 * node + 1]


@compiled
def _before(data: Any, i: Any, back: Any) -> Any:
    return np.int64(data[i - back]) if i >= back else 0


@compiled
def _foretell(data: Any, i: Any, node: Any, place: Any, tables: Any, memory: Any) -> Any:
    """Return the probability of a 1 as the next bit, in parts, from what each of the inputs says."""
    inputs, now = memory.inputs, memory.now
    known = 0
    for context in range(CONTEXTS):
        hashed = ((memory.hashes[context] + node * 0x3D4D51CB) & _WORD) * _PRIME & _WORD
        where = (hashed ^ hashed >> 15) & (memory.chances.shape[1] - 1)
        memory.places[context] = where
        known += memory.seen[context, where] > 0
        inputs[context] = (
            tables.logit[np.int64(memory.chances[context, where]) >> 4] if memory.seen[context, where] else 0
        )
    one, whole = memory.leaves[2 * node + 1], memory.leaves[node]
    inputs[NETWORK] = tables.logit[(one * 4095 + (whole >> 1)) // whole]
    inputs[MATCH], length = 0, min(now[LENGTH], LONGEST)
    if length and (np.int64(data[now[PLACE]]) | 256) >> place + 1 == node:
        right = tables.logit[memory.trust[0, length] >> 4]
        inputs[MATCH] = right if np.int64(data[now[PLACE]]) >> place & 1 else -right
    inputs[CONSTANT] = UNIT // 2
    for one in range(INPUTS):
        inputs[one] *= memory.heard[one]
    now[CHOSEN] = node
    now[CHOSEN + 1] = known * 8 + (0 if inputs[MATCH] == 0 else 1 + min(length // 5, 6))
    now[CHOSEN + 2] = _before(data, i, 1)
    total = 0
    for mixture in range(3):
        weights = memory.mixtures[mixture, now[CHOSEN + mixture]]
        mixed = 0
        for place in range(INPUTS):
            mixed += weights[place] * inputs[place]
        mixed = min(max(mixed >> 16, -REACH), REACH)
        now[MIXED + mixture] = mixed
        total += mixed
    return tables.sigmoid[total // 3 + REACH]


@compiled
def _learn_bit(data: Any, i: Any, node: Any, place: Any, bit: Any, tables: Any, memory: Any) -> None:
    """Turn the weights of the mixtures down the gradient of the bit's cost, and count the bit."""
    inputs, now = memory.inputs, memory.now
    for mixture in range(3):
        weights = memory.mixtures[mixture, now[CHOSEN + mixture]]
        wrong = bit * PARTS - tables.sigmoid[now[MIXED + mixture] + REACH]
        for one in range(INPUTS):
            weights[one] += (inputs[one] * wrong * 3 + (1 << 17)) >> 18
    for context in range(CONTEXTS):
        where = memory.places[context]
        chance, seen = np.int64(memory.chances[context, where]), np.int64(memory.seen[context, where])
        memory.chances[context, where] = chance + ((bit * (PARTS - 1) - chance) * tables.pace[seen] >> 16)
        memory.seen[context, where] = min(seen + 1, 60)
    if inputs[MATCH]:
        right = (np.int64(data[now[PLACE]]) >> place & 1) == bit
        length = min(now[LENGTH], LONGEST)
        memory.trust[0, length] += (right * (PARTS - 1) - memory.trust[0, length]) >> 6
        if not right:
            now[LENGTH] = 0


@compiled
def _learn_byte(data: Any, i: Any, memory: Any) -> None:
    """Turn the weights of the network down the gradient of the byte's cost, and look for a match."""
    byte, error = np.int64(data[i]), memory.error
    leaves = memory.leaves
    for one in range(256):
        error[one] = -(((leaves[256 + one] << 12) + (leaves[1] >> 1)) // leaves[1])
    error[byte] += 1 << 12
    for unit in range(CODE):
        height, row, back = memory.code[unit], memory.decoder[unit], np.int32(0)
        for one in range(256):
            back = np.int32(back + error[one] * (row[one] >> 8))
        if -ONE < height < ONE:
            step = np.int64(back) * 1200 >> 20
            for place in range(1, WINDOW + 1):
                memory.encoder[(place - 1) * 256 + _before(data, i, place), unit] += step
        for one in range(256):
            row[one] += np.int32(height * error[one] * 41) >> 10
    row = memory.decoder[CODE]
    for one in range(256):
        row[one] += np.int32(ONE * error[one] * 41) >> 10

    now = memory.now
    letter = 97 <= byte | 32 <= 122 or byte >= 128
    now[SO_FAR] = (now[SO_FAR] + byte + 1) * _PRIME & _WORD if letter else 0
    if now[LENGTH] and data[now[PLACE]] == byte:
        now[LENGTH] += 1
        now[PLACE] += 1
    else:
        now[LENGTH] = 0
    if i >= 5:
        hashed: Any = 0
        for behind in range(6):
            hashed = (hashed + _before(data, i, behind) + 1) * _PRIME & _WORD
        where = (hashed ^ hashed >> 15) & (len(memory.last) - 1)
        if not now[LENGTH]:
            before = memory.last[where]
            while before and now[LENGTH] < min(LONGEST, before):
                if data[before - 1 - now[LENGTH]] != data[i - now[LENGTH]]:
                    break
                now[LENGTH] += 1
            now[PLACE] = before
        memory.last[where] = i + 1
