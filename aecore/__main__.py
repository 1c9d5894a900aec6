"""The command line: `python -m aecore train`, `sweep`, `apply`, `gallery` and more; `--help` says what each takes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aecore.runs import Run

# Exit statuses, besides 0: training ended without its last step, or the command line said nothing sensible.
UNFINISHED, NONSENSE = 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m aecore", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (declare, carry_out) in COMMANDS.items():
        command = commands.add_parser(name, help=carry_out.__doc__, description=carry_out.__doc__)
        declare(command)
        command.set_defaults(carry_out=carry_out)
    asked = parser.parse_args(words)
    return asked.carry_out(asked)


def _declare_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("query", metavar="QUERY", help='an experiment as in the address bar: "data=digits&latent=2"')
    command.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="where runs are kept (runs)")
    command.add_argument("--json", action="store_true", help="end with one line of JSON")


def train(asked: argparse.Namespace) -> int:
    """Train an experiment, or go on with it, and keep its run."""
    from aecore.experiment import Experiment
    from aecore.runs import Runs

    try:
        experiment = Experiment.from_query(asked.query)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return NONSENSE
    runs = Runs(asked.out)
    run = runs.of(experiment)
    if (now := run.state).stage in ("queued", "running"):
        print(f"Process {now.pid} is training this run; {run.folder} will hold the result.", file=sys.stderr)
        return UNFINISHED
    try:
        if run.state.stage != "done":
            _follow([runs.claim(experiment)], experiment.fit.steps)
    except OSError as wrong:
        print(f"The run can't be written: {wrong}", file=sys.stderr)
        return UNFINISHED
    _report(run, as_json=asked.json)
    return 0 if run.state.stage == "done" else UNFINISHED


def _declare_sweep(command: argparse.ArgumentParser) -> None:
    _declare_train(command)
    command.add_argument("ranges", nargs="+", metavar="KNOB=VALUES", help="rho=0.01,0.05,0.2; seeds=3 for 0, 1 and 2")


def sweep(asked: argparse.Namespace) -> int:
    """Train an experiment for every combination of some knobs' values; what is done already is not done again."""
    from aecore.experiment import Experiment
    from aecore.knobs import to_text
    from aecore.runs import Runs
    from aecore.training import alike

    try:
        ranges: dict[str, Any] = dict(_range(word) for word in asked.ranges)
        experiments = list(dict.fromkeys(Experiment.from_query(asked.query).sweep(**ranges)))
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return NONSENSE
    runs = Runs(asked.out)
    elsewhere = [one for one in experiments if runs.of(one).state.stage in ("queued", "running")]
    if elsewhere:
        run = runs.of(elsewhere[0])
        print(f"Process {run.state.pid} is training {run.folder}.", file=sys.stderr)
        return UNFINISHED
    left = [one for one in experiments if runs.of(one).state.stage != "done"]
    try:
        for group in alike(left):
            _follow([runs.claim(one) for one in group], group[0].fit.steps)
    except OSError as wrong:
        print(f"The runs can't be written: {wrong}", file=sys.stderr)
        return UNFINISHED
    found = [runs.of(one) for one in experiments]
    for run, one in zip(found, experiments, strict=True):
        if asked.json:
            continue
        print(", ".join(f"{name} {to_text(one.flat()[name])}" for name in ranges), end=": ")
        _report(run, as_json=False)
    if asked.json:
        turned = [{name: one.flat()[name] for name in ranges} for one in experiments]
        print(json.dumps({"runs": [{"knobs": knobs} | _facts(run) for knobs, run in zip(turned, found, strict=True)]}))
    return 0 if all(run.state.stage == "done" for run in found) else UNFINISHED


def _range(word: str) -> tuple[str, list[str] | range]:
    """Read one knob and its values; `seeds` says how many."""
    name, equals, texts = word.partition("=")
    if not equals or not texts:
        raise ValueError(f"{word}: say KNOB=VALUE,VALUE or seeds=NUMBER")
    if name != "seeds":
        return name, texts.split(",")
    if not texts.isdigit() or not int(texts):
        raise ValueError(f"{word}: how many seeds?")
    return "seed", range(int(texts))


def _follow(runs: Sequence[Run], steps: int) -> None:
    """Train claimed runs together with a progress bar; what was reached is kept when the user interrupts."""
    from tqdm import tqdm

    from aecore.jobs.frames import frames_together

    making, run = frames_together(runs), runs[0]
    with tqdm(total=steps, unit=" steps", file=sys.stderr, smoothing=0.1) as bar:
        try:
            for _ in making:
                latest = run.history[-1]
                bar.update(latest.step - bar.n)
                bar.set_postfix({name: f"{score:.4g}" for name, score in latest.scores.items()})
            bar.update(run.state.step - bar.n)
        except KeyboardInterrupt:
            making.close()  # type: ignore[attr-defined]


def _declare_export(command: argparse.ArgumentParser) -> None:
    from aecore.text import LANGUAGES

    command.add_argument("source", metavar="RUN", help="the folder of a run, or an experiment as in the address bar")
    command.add_argument("--out", type=Path, default=Path("export"), metavar="DIR", help="where files go (export)")
    command.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are kept (runs)")
    command.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the pictures (en)")
    command.add_argument("--dark", action="store_true", help="pictures for a dark background")
    command.add_argument("--onnx", action="store_true", help="also encoder and decoder as ONNX")


def export(asked: argparse.Namespace) -> int:
    """Write a run's figures (PNG, SVG, CSV), animations (GIF, WebP) and report; train it first where it is absent."""
    from aecore import exports
    from aecore.figures import tables
    from aecore.text import Say

    try:
        run = _wanted_run(asked.source, asked.runs)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return NONSENSE
    try:
        shown = exports.open_run(run, Say(asked.lang))
        asked.out.mkdir(parents=True, exist_ok=True)
        name = shown.experiment.name
        figures = exports.scenes(shown)
        files = {f"{one}.csv": found for one, figure in figures.items() if (found := tables.table(figure.to_json()))}
        written: dict[str, bytes] = {ending: text.encode() for ending, text in files.items()}
        for kind in ("GIF", "WEBP"):
            written |= {f"{one}.{kind.lower()}": film for one, film in exports.films(shown, kind).items()}
        if asked.onnx:
            written |= exports.onnx(shown)
        written["report.html"] = exports.report(run).encode()
        for ending, content in written.items():
            (asked.out / f"{name}-{ending}").write_bytes(content)
        print(f"{asked.out}: {len(written)} files")
        mode: Any = "dark" if asked.dark else "light"
        drawn = exports.stills({f"{name}-{one}": figure for one, figure in figures.items()}, asked.out, mode=mode)
        print(f"{asked.out}: {len(drawn)} pictures")
    except exports.NoBrowser:
        print("There is no Chromium that kaleido could draw PNG and SVG with; the rest is written.", file=sys.stderr)
        return UNFINISHED
    except OSError as wrong:
        print(f"It can't be exported: {wrong}", file=sys.stderr)
        return UNFINISHED
    return 0


def _wanted_run(source: str, root: Path) -> Run:
    """Return a run by its folder, or that of an experiment: the one that is there, the shipped one, or a new one.

    Raises
    ------
    ValueError
        If it is neither.
    """
    from aecore import gallery
    from aecore.experiment import Experiment
    from aecore.runs import Run, Runs

    if (Path(source) / "experiment.json").is_file():
        return Run(Path(source))
    experiment = Experiment.from_query(source)
    run = Runs(root).of(experiment)
    if run.state.stage == "done":
        return run
    if shipped := gallery.run_of(experiment):
        return shipped
    _follow([Runs(root).claim(experiment)], experiment.fit.steps)
    return run


def _report(run: Run, *, as_json: bool) -> None:
    state = run.state
    if as_json:
        print(json.dumps(_facts(run)))
        return
    scores = ", ".join(f"{name} {score:.4g}" for name, score in (state.scores or {}).items())
    print(f"{state.stage} at step {state.step} after {state.seconds:.1f} s: {scores or 'not scored'} ({run.folder})")
    if state.stage != "done":
        why = " ".join(filter(None, (state.reason, state.detail)))
        print(f"Ended before its last step ({why}). The same command goes on from here.", file=sys.stderr)


def _facts(run: Run) -> dict[str, object]:
    state, history = run.state, run.history
    terms = history[-1].terms if history else {}
    facts = {"key": run.key, "steps": state.step, "seconds": round(state.seconds, 3), "terms": terms}
    return facts | {"scores": state.scores or {}, "folder": str(run.folder)}


def _declare_bench(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; all by default")
    command.add_argument("--out", type=Path, default=Path("build/bench"), metavar="DIR", help="where the table goes")


def bench(asked: argparse.Namespace) -> int:
    """Measure what is promised, each figure beside a peer or a bound in the same run."""
    # The benchmarks lie beside the library, not in it.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from bench import measure

    return measure(asked.names, asked.out)


def _declare_gallery(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action",
        choices=["build", "cards"],
        help="train what is missing and write it into the gallery; draw the pictures of the first page from it",
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="which runs or pictures; all by default")
    command.add_argument("--anew", action="store_true", help="also those that are there")
    command.add_argument(
        "--out", type=Path, default=Path("build/gallery"), metavar="DIR", help="where they are trained (build/gallery)"
    )


def gallery(asked: argparse.Namespace) -> int:
    """Train the runs that come with the project, going on where an earlier call was interrupted, or draw its cards."""
    from aecore import cards, gallery, outcomes
    from aecore.runs import Runs

    every = gallery.experiments()
    there = every if asked.action == "build" else cards.TABLE
    if unknown := sorted(set(asked.names) - set(there)):
        print(f"The gallery has no {', '.join(unknown)}; it has {', '.join(there)}.", file=sys.stderr)
        return NONSENSE
    if asked.action == "cards":
        for name in asked.names or there:
            print(f"{name}: {cards.ship(name) / 1000:.0f} kB")
        return 0
    runs = Runs(asked.out)
    for name in asked.names or every:
        experiment = every[name]
        if gallery.run_of(experiment) and not asked.anew:
            print(f"{name}: is there")
            continue
        run = runs.of(experiment)
        if run.state.stage != "done":
            _follow([runs.claim(experiment)], experiment.fit.steps)
        if run.state.stage != "done":
            _report(run, as_json=False)
            return UNFINISHED
        shipped = gallery.ship(run, room=gallery.room_of(name))
        if name == "preparation":
            outcomes.ship(shipped)
        size = sum(path.stat().st_size for path in shipped.folder.rglob("*") if path.is_file())
        print(f"{name}: {shipped.state.seconds:.0f} s of training, {size / 1e6:.2f} MB, {shipped.state.scores}")
    return 0


def _declare_apply(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", metavar="TASK", help="noise_removal, recommender, …; a wrong one is told them all")
    command.add_argument(
        "source", type=Path, metavar="INPUT", help="a picture; a sound; ratings or libraries; SMILES, one a line"
    )
    command.add_argument(
        "target", type=Path, metavar="OUTPUT", help="where the result goes; its ending says the format"
    )


def apply(asked: argparse.Namespace) -> int:
    """Do for a file what the page of an application does, with the model that comes with the project."""
    from aecore import apply as applications

    if asked.task not in applications.TABLE:
        print(f"There is no task {asked.task}; there are {', '.join(applications.TABLE)}.", file=sys.stderr)
        return NONSENSE
    return _explained(asked.source, lambda: applications.apply(asked.task, asked.source, asked.target))


def _declare_compress(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "source", type=Path, metavar="INPUT", help="a picture, whose colours are left out, or any other file"
    )
    command.add_argument("target", type=Path, metavar="OUTPUT", help="where the file goes, such as picture.gargalo")
    command.add_argument(
        "--lossless", action="store_true", help="a picture too, so that it comes back to the last byte"
    )
    command.add_argument("--coarser", type=int, default=0, metavar="N", help="rounded more coarsely, from -3 to 4 (0)")


def compress(asked: argparse.Namespace) -> int:
    """Write a picture as a file of few bytes, with the model that comes with the project; any other file losslessly."""
    from aecore import compress as files
    from aecore.quantised import COARSENESS, TRAINED

    coarseness = TRAINED + asked.coarser
    if not 0 <= coarseness < len(COARSENESS):
        print(f"--coarser goes from {-TRAINED} to {len(COARSENESS) - 1 - TRAINED}.", file=sys.stderr)
        return NONSENSE

    def write() -> None:
        length = files.compress(asked.source, asked.target, coarseness=coarseness, exactly=asked.lossless)
        print(f"{asked.target}: {length:,} bytes")

    return _explained(asked.source, write)


def _declare_decompress(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", type=Path, metavar="INPUT", help="a file that compress or the page wrote")
    command.add_argument(
        "target", type=Path, metavar="OUTPUT", help="where it goes; the ending says the format of a picture"
    )
    command.add_argument(
        "--runs", type=Path, metavar="DIR", help="runs to look for the model in, beside the shipped ones"
    )


def decompress(asked: argparse.Namespace) -> int:
    """Write what such a file holds; one that is damaged or of another model is refused."""
    from aecore import compress as files

    return _explained(asked.source, lambda: files.decompress(asked.source, asked.target, runs=asked.runs))


def _explained(source: Path, act: Callable[[], object]) -> int:
    """Act on a file; say in a sentence why it is refused, or what else went wrong."""
    from aecore.datasets.ratings import Unreadable
    from aecore.text import Say
    from aecore.uploads import Refused

    try:
        act()
    except Refused as refused:
        print(f"{source}: {Say()(f'refused.{refused.reason}', **refused.facts)}", file=sys.stderr)
        return NONSENSE
    except Unreadable as wrong:
        print(f"{source}: {Say()(f'recommender.wrong.{wrong.reason}', detail=wrong.detail)}", file=sys.stderr)
        return NONSENSE
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return UNFINISHED
    return 0


COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "train": (_declare_train, train),
    "sweep": (_declare_sweep, sweep),
    "export": (_declare_export, export),
    "bench": (_declare_bench, bench),
    "gallery": (_declare_gallery, gallery),
    "apply": (_declare_apply, apply),
    "compress": (_declare_compress, compress),
    "decompress": (_declare_decompress, decompress),
}

if __name__ == "__main__":
    sys.exit(main())
