"""The command line: `python -m fuzz NAME --runs N`; what is wrong is written down, and the exit status is then 1."""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

# Seconds after which an input that never ends is told of by where it is, and ends the process.
ENDLESS = 120
# A whole batch is made from the valid inputs before the clock of an endless one begins anew.
BATCH = 500


def main() -> int:
    """Give the readers their inputs; print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a reader, or all; NAME=N gives this one N inputs")
    parser.add_argument("--runs", type=int, default=10_000, metavar="N", help="inputs for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--guided", action="store_true", help="by the branches that inputs reach; needs atheris")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), metavar="DIR", help="where what is found goes")
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warnings.simplefilter("ignore")
    logging.disable()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.guided:
        import atheris

        with atheris.instrument_imports(include=["aecore.uploads", "aecore.sharing", "aecore.knobs", "zipfile"]):
            from fuzz import targets
    else:
        from fuzz import targets
    runs = {name: int(count or asked.runs) for name, _, count in (text.partition("=") for text in asked.names)}
    if "all" in runs:
        runs = dict.fromkeys(targets.TABLE, runs["all"])
    if unknown := runs.keys() - targets.TABLE.keys():
        parser.error(f"no reader is called {', '.join(sorted(unknown))}; there are {', '.join(targets.TABLE)}")
    if asked.guided:
        if len(runs) > 1:
            parser.error("guided, a process gives inputs to one reader")
        return _guided(*runs.popitem(), asked)
    wrong = [_edited(name, count, asked) for name, count in runs.items()]
    targets.leave_nothing()
    return int(any(wrong))


class _Book:
    """Counts what came of the inputs of one reader, and writes it down."""

    def __init__(self, name: str, out: Path) -> None:
        self.name, self.place = name, out
        self.count, self.found, self.began = 0, Counter[str](), time.monotonic()
        self.slowest = 0.0

    def take(self, content: bytes) -> None:
        from fuzz import targets, watch

        before = time.process_time()
        found = watch.tried(targets.TABLE[self.name], content)
        self.slowest = max(self.slowest, time.process_time() - before)
        self.count += 1
        if found:
            self.found[found.kind] += 1
            if self.found[found.kind] <= 20:
                (self.place / f"{self.name}-{found.kind}-{self.found[found.kind]}").write_bytes(content)
                print(f"{self.name} {found.kind} {found.said}", file=sys.stderr)

    def close(self) -> bool:
        said = {"name": self.name, "inputs": self.count, "slowest": self.slowest, "found": dict(self.found)}
        with (self.place / "counts.jsonl").open("a") as counts:
            counts.write(json.dumps(said) + "\n")
        seconds = time.monotonic() - self.began
        kinds = ", ".join(f"{number} × {kind}" for kind, number in self.found.items()) or "nothing wrong"
        print(f"{self.name}: {self.count} inputs in {seconds:.0f} s, slowest {self.slowest:.2f} s, {kinds}", flush=True)
        return bool(self.found)


def _edited(name: str, runs: int, asked: argparse.Namespace) -> bool:
    from fuzz import edits, targets, watch

    seeds, chance, book = targets.TABLE[name].seeds(), random.Random(asked.seed), _Book(name, asked.out)
    watch.tried(targets.TABLE[name], seeds[0])  # which loads what the reader needs, and is not measured
    for i in range(runs):
        if i % BATCH == 0:
            faulthandler.dump_traceback_later(ENDLESS + BATCH, exit=True)
        book.take(edits.edited(seeds, chance))
    faulthandler.cancel_dump_traceback_later()
    return book.close()


def _guided(name: str, runs: int, asked: argparse.Namespace) -> int:
    """Let libFuzzer choose the inputs; it ends the process itself."""
    import atheris

    from fuzz import targets

    book = _Book(name, asked.out)
    corpus = asked.out / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(targets.TABLE[name].seeds()):
        (corpus / f"seed{i}").write_bytes(seed)

    def take(content: bytes) -> None:
        if book.count < runs:
            book.take(content)
        if book.count == runs:
            wrong = book.close()
            targets.leave_nothing()
            sys.stdout.flush()
            os._exit(int(wrong))

    options = [f"-seed={asked.seed + 1}", f"-timeout={ENDLESS}", "-rss_limit_mb=0", "-max_len=4096", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], take)
    atheris.Fuzz()
    return 1


if __name__ == "__main__":
    sys.exit(main())
