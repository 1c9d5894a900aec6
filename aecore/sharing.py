"""Sharing: a run as one file that opens anywhere, and a model as a script that needs only PyTorch and safetensors."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from types import MappingProxyType

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from aecore import baselines
from aecore.experiment import Experiment
from aecore.graphs import graphs
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.runs import Run, State, write_atomically
from aecore.text import Say
from aecore.training import revive
from aecore.uploads import Refused, zipped

# What of a run's folder is packed; resuming needs more, which is as large again.
KEPT = re.compile(
    r"experiment\.json|state\.json|view\.json|events\.jsonl|snapshots/\d{1,9}\.safetensors"
    r"|projections/[0-9a-f]{16}-\d{1,9}\.safetensors"
    rf"|baselines/({'|'.join(sorted(baselines.TABLE))})\.safetensors"
)
# Stands in the folder of a run that was opened from a file: this server did not train it.
OPENED = "opened"
MOST_BYTES, MOST_FILES = 200_000_000, 200
# What a file may say of how it was looked at, and of what it was trained on: as in an address, and plain.
VIEW, LONG = "view.json", 20_000
PLAIN = re.compile(r"[\w.+ -]{1,40}", re.ASCII)
LINKS = {"identity": "{}", "sigmoid": "torch.sigmoid({})", "softmax": "torch.softmax({}, dim=-1)"}

SCRIPT = '''\
"""An autoencoder of Gargalo in plain PyTorch; safetensors reads its weights, which lie beside this file.

{query}
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

SHAPE = {shape}  # of one input
N_LATENT = {n_latent}

encoder = {encoder}

decoder = {decoder}

model = nn.ModuleDict({{"encoder": encoder, "decoder": decoder}})
model.load_state_dict(load_file(Path(__file__).with_name("weights.safetensors")))
model.eval()


def encode(x):
    """Return the codes (n, N_LATENT) of inputs (n, *SHAPE)."""
    return {code}


def decode(z):
    """Return what codes (n, N_LATENT) stand for, (n, *SHAPE)."""
    return {output}


if __name__ == "__main__":
    with torch.inference_mode():
        x = torch.rand(1, *SHAPE)
        print("code", encode(x).shape, "reconstruction", decode(encode(x)).shape)
'''


def pack(run: Run, view: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return a finished run as one file; nothing is pickled.

    Parameters
    ----------
    run : Run
        Its experiment, state, log, snapshots, baselines and layouts of its codes are packed.
    view : mapping of str to str
        What its page shows of it, by the names that an address has.
    """
    paths = {path.relative_to(run.folder).as_posix(): path for path in sorted(run.folder.rglob("*"))}
    files = {name: path.read_bytes() for name, path in paths.items() if KEPT.fullmatch(name)}
    return zipped(files | ({VIEW: json.dumps(dict(view)).encode()} if view else {}))


def view_of(content: bytes) -> dict[str, str]:
    """Return what a packed run's page showed of it, by name; nothing where it does not say, or nothing of sense.

    Raises
    ------
    uploads.Refused
        If it is no run.
    """
    try:
        said = json.loads(_files(content).get(VIEW, b"{}"))
    except (ValueError, RecursionError):
        return {}
    pairs = said.items() if isinstance(said, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str) and len(text) <= LONG}


def machine_of(state: State) -> dict[str, str] | None:
    """Return what a run was trained on; ``None`` where that is not said, or not plainly."""
    said = state.machine
    if not isinstance(said, dict) or set(said) != {"processor", "instructions", "threads", "torch"}:
        return None
    return said if all(isinstance(text, str) and PLAIN.fullmatch(text) for text in said.values()) else None


def unpack(content: bytes, root: Path) -> Run:
    """Open what :func:`pack` wrote and keep it among other runs.

    Parameters
    ----------
    content : bytes
        From a stranger: nothing is written before all of it has been read and makes sense.
    root : Path
        A folder of runs; one of the same experiment that is there stays as it is.

    Returns
    -------
    Run

    Raises
    ------
    uploads.Refused
        If it is no run, unfinished, damaged or too large.
    OSError
        If the folder can't be written.
    """
    files = _files(content)
    try:
        experiment = Experiment.from_dict(json.loads(files["experiment.json"]))
        state = json.loads(files["state.json"])
        if state["stage"] not in ("done", "cancelled"):
            raise Refused("run_unfinished")
        if state.get("reason") and not Say("en").knows(f"reason.{state['reason']}"):
            raise Refused("run_damaged")  # what no page could say
        for name, text in files.items():
            if name.endswith(".safetensors"):
                load(text)
    except Refused:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, SafetensorError) as wrong:
        raise Refused("run_damaged") from wrong
    folder = root / experiment.key
    files.pop(VIEW, None)
    if not folder.exists():
        _keep(files, folder)
    return Run(folder)


def _files(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            if len(listed) > MOST_FILES or sum(one.file_size for one in listed) > MOST_BYTES:
                raise Refused("too_large", most=MOST_BYTES // 1_000_000)
            if not all(KEPT.fullmatch(one.filename) for one in listed):
                raise Refused("run_foreign")
            return {one.filename: archive.read(one) for one in listed}
    except zipfile.BadZipFile as wrong:
        raise Refused("run_damaged" if content.startswith(b"PK") else "no_run") from wrong
    except Refused:
        raise
    except Exception as wrong:  # cut short, encrypted, packed in a way not known here, or a list that leads nowhere
        raise Refused("run_damaged") from wrong


def _keep(files: dict[str, bytes], folder: Path) -> None:
    """Write a run beside its place, and move it there once its model has come to life."""
    beside = folder.with_name(f".{folder.name}.opened")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        for name, text in files.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(beside / name, text)
        run = Run(beside)
        snapshot = run.snapshot()
        if snapshot is None or not run.state.is_final:
            raise Refused("run_damaged")
        sizes = [_sizes(found.weights) for step in run.steps if (found := run.snapshot(step))]
        if any(one != sizes[-1] for one in sizes):
            raise Refused("run_other_model")
        try:
            revive(run.experiment, snapshot)
        except RuntimeError as wrong:
            raise Refused("run_other_model") from wrong
        (beside / OPENED).touch()
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def script(experiment: Experiment, model: Autoencoder) -> str | None:
    """Return a script that builds a model and loads its weights without this library.

    Returns
    -------
    str or None
        ``None`` for a model with parts that PyTorch does not have.
    """
    parts = [*model.encoder.modules(), *model.decoder.modules()]
    if any(type(part).__module__.split(".")[0] != "torch" for part in parts):
        return None
    code = "encoder(x)"
    if isinstance(model, GaussianAutoencoder):
        code += ".chunk(2, dim=1)[0]  # the means; the logarithms of the variances follow"
    return SCRIPT.format(
        query=experiment.to_query(),
        shape=model.shape,
        n_latent=model.n_latent,
        encoder=_written(model.encoder),
        decoder=_written(model.decoder),
        code=code,
        output=LINKS[model.link].format("decoder(z).unflatten(1, SHAPE)"),
    )


def _written(part: nn.Module) -> str:
    """Return the expression that makes a part anew."""
    if isinstance(part, nn.Sequential):
        inner = "".join(f"{_written(child)},\n" for child in part)
        return f"nn.Sequential(\n{indent(inner, '    ')})" if len(part) else "nn.Sequential()"
    return f"nn.{part!r}"


def weights(model: Autoencoder) -> bytes:
    """Return a model's weights as the script loads them."""
    parts = nn.ModuleDict({"encoder": model.encoder, "decoder": model.decoder})
    return save({name: tensor.contiguous() for name, tensor in parts.state_dict().items()})


def lines(experiment: Experiment) -> str:
    """Return the lines of Python that train an experiment with this library."""
    return "\n".join(
        [
            "import aecore as ae",
            "",
            f'experiment = ae.Experiment.from_query("{experiment.to_query()}")',
            "*_, last = ae.train(experiment)",
            "model = ae.revive(experiment, last)",
            "print(last.scores)",
        ]
    )


def bundle(run: Run, say: Say) -> bytes:
    """Return a ZIP of a run's model: weights, ONNX, a card and, where PyTorch has all parts, the script that loads it.

    Raises
    ------
    FileNotFoundError
        If the run has no weights.
    """
    experiment, snapshot = run.experiment, run.snapshot()
    if snapshot is None:
        raise FileNotFoundError(run.folder / "snapshots")
    model = revive(experiment, snapshot)
    files = {"weights.safetensors": weights(model), "README.md": card(run, say).encode()}
    files |= graphs(model, origin(experiment))
    if code := script(experiment, model):
        files["model.py"] = code.encode()
    return zipped(files)


def origin(experiment: Experiment) -> dict[str, str]:
    """Return what a file of a model says of where it comes from."""
    return {"experiment": experiment.to_query(), "data": experiment.data.name, "licence": experiment.data.licence}


def card(run: Run, say: Say) -> str:
    """Return a model's card in Markdown: what it is, how it was trained, on what, and how well it does."""
    experiment, state = run.experiment, run.state
    knobs, scores = _rows(said_knobs(experiment, say)), _rows(said_scores(experiment, state, say))
    its = machine_of(state)
    facts: dict[str, object] = {"steps": state.step, "seconds": state.seconds}
    facts["data"] = say.value("data", experiment.data.name)
    facts["machine"] = say("share.machine", **its) if its else say("share.machine_unknown")
    return say(
        "share.card", **facts, licence=experiment.data.licence, knobs=knobs, scores=scores, lines=lines(experiment)
    )


def _rows(said: Mapping[str, str]) -> str:
    """Return the rows of a table in Markdown, where p(x|z) would end a cell."""
    cells = ((name.replace("|", r"\|"), value.replace("|", r"\|")) for name, value in said.items())
    return "".join(f"| {name} | {value} |\n" for name, value in cells)


def said_knobs(experiment: Experiment, say: Say) -> dict[str, str]:
    """Return what an experiment is asked by its knobs' labels, without knobs that have no influence."""
    idle = {name for name, knob in experiment.knobs.items() if knob.idle}
    used = {name: value for name, value in experiment.flat().items() if name not in idle}
    return {say(f"knob.{name}.label"): say.value(name, value) for name, value in used.items()}


def said_scores(experiment: Experiment, state: State, say: Say) -> dict[str, str]:
    """Return the scores of a run in words: on all held-out data or, where it was stopped, on what was watched."""
    found = state.scores or {}
    final = {name: score for name, score in found.items() if not name.startswith("watched_")}
    shown = final or {name.removeprefix("watched_"): score for name, score in found.items()}
    if "ndcg" in shown:
        shown = {name: score for name, score in shown.items() if name != "test_error"}  # what the NDCG lacks of 1
    said = {score_name(name, experiment.task.name, say): say.number(score) for name, score in shown.items()}
    return said if final else {say("score.watched", name=name): score for name, score in said.items()}


def score_name(name: str, task: str, say: Say) -> str:
    """Return what a score of a task, or of a method under it, is called."""
    own = f"score.{task}.{name}"
    return say(own if say.knows(own) else f"score.{name}")
