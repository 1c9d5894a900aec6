"""Films: what a run has learnt and how, as pictures that move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from PIL import Image

from aecore import chemistry, views
from aecore.datasets import Molecules, Photos
from aecore.exports.scenes import Shown
from aecore.figures import animations
from aecore.figures.animations import Kind
from aecore.quantised import COARSENESS
from aecore.training import reshaped

# Latents that are swept, frames of a sweep, and how long one stands, in thousandths of a second.
LATENTS, FRAMES, STANDS = 6, 32, 90
# Held-out samples in the film of the training, and how long each of its steps stands, and the last.
COLUMNS, POINTS = 10, 400
STEP, LAST = 450, 2000
# Steps from one molecule to another, and width and height of its drawing in pixels.
WALK, DRAWN = 24, (360, 260)
# Pictures whose files are shown, and the side of what is cut out of a photo, at a multiple of 16.
PACKED, CUT = 8, 208

Film: TypeAlias = Callable[[Shown, Kind], bytes | None]


def films(shown: Shown, kind: Kind = "GIF") -> dict[str, bytes]:
    """Return the animations of a run by name, those that can be made of it."""
    made = {name: make(shown, kind) for name, make in TABLE.items()}
    return {name: film for name, film in made.items() if film}


def traversal(shown: Shown, kind: Kind) -> bytes | None:
    """Sweep each of the latents that carry most to and fro, the others in the middle.

    Returns
    -------
    bytes or None
        ``None`` for what is no picture, and for codes that are maps.
    """
    if not shown.is_pictures or not shown.experiment.net.of_units:
        return None
    x = shown.held_out.inputs
    codes = views.codes(shown.model, x)
    latents = views.leading(views.usage(shown.model, x), LATENTS)
    # Half a circle's height and depth: slow at the ends, and no frame stands twice.
    shares = (1 + np.sin(2 * np.pi * np.arange(FRAMES) / FRAMES)) / 2
    low, high = views.spans(shown.model, codes)[list(latents)].T
    z = np.tile(views.middle(shown.model, codes), (FRAMES, len(latents), 1))
    for place, latent in enumerate(latents):
        z[:, place, latent] = low[place] + shares * (high[place] - low[place])
    decoded = views.decoded(shown.model, z.reshape(-1, z.shape[2])).reshape(FRAMES, len(latents), *shown.model.shape)
    number = shown.say.number
    names = [
        shown.say("export.swept", name=shown.latent(latent), low=number(low[i], 1), high=number(high[i], 1))
        for i, latent in enumerate(latents)
    ]
    look = {"names": names, "columns": min(3, len(latents)), "stands": [STANDS] * FRAMES}
    return animations.moving(shown.pictures(decoded), kind=kind, **look)  # type: ignore[arg-type]


def training(shown: Shown, kind: Kind) -> bytes | None:
    """Show the same held-out samples at each step whose weights are kept: rebuilt, or else their codes.

    Returns
    -------
    bytes or None
        ``None`` where but one step is kept.
    """
    steps = [step for step in shown.run.steps if step <= shown.step]
    if len(steps) < 2:
        return None
    stands = [STEP] * (len(steps) - 1) + [LAST]
    captions = [shown.say("export.at_step", step=step) for step in steps]
    if not shown.is_pictures:
        x = shown.held_out.inputs[:POINTS]
        places = [views.plane(views.codes(shown.at(step), x)).points for step in steps]
        labels = None if shown.held_out.labels is None else shown.held_out.labels[:POINTS].numpy()
        return animations.scattering(places, labels, captions=captions, stands=stands, kind=kind)
    x = shown.held_out.inputs[:COLUMNS]
    rows = shown.pictures([x.numpy(), *(views.decoded(model, views.codes(model, x)) for model in map(shown.at, steps))])
    frames = [np.concatenate([rows[0], rebuilt]) for rebuilt in rows[1:]]
    blank = [""] * (len(x) - 1)
    first = "original" if shown.held_out.targets is shown.held_out.inputs else "given"
    names = [shown.say(f"export.{first}"), *blank, shown.say("export.rebuilt"), *blank]
    return animations.moving(frames, names=names, columns=len(x), captions=captions, stands=stands, kind=kind)


def walk(shown: Shown, kind: Kind) -> bytes | None:
    """Walk straight from the code of one drug to that of another, and draw what each step decodes to.

    Returns
    -------
    bytes or None
        ``None`` for what is no molecule.
    """
    data = shown.experiment.data
    if not isinstance(data, Molecules):
        return None
    known = views.known(data, "test")
    one, other = [row for row, name in enumerate(known.names) if name][:2]
    way = views.between_two(shown.model, known.inputs[one], known.inputs[other], WALK)
    valid = [smiles for smiles in dict.fromkeys(way) if chemistry.molecule(smiles)]
    drawn = [_on_white(chemistry.picture([smiles], DRAWN, columns=1)) for smiles in valid]
    name = shown.say("export.from_to", first=known.names[one].capitalize(), last=known.names[other].capitalize())
    stands = [STEP] * (len(drawn) - 1) + [LAST]
    return animations.moving(np.stack(drawn)[:, None], names=[name], columns=1, stands=stands, kind=kind)


def _on_white(drawing: Image.Image) -> np.ndarray:
    """Return a drawing on transparent ground as ``(height, width, 3)``, from 0 to 1."""
    white = Image.new("RGBA", drawing.size, "white")
    return np.asarray(Image.alpha_composite(white, drawing).convert("RGB")) / 255


def rate(shown: Shown, kind: Kind) -> bytes | None:
    """Show pictures beside what comes out of files of theirs, the shortest file first.

    Returns
    -------
    bytes or None
        ``None`` for a method that makes no files.
    """
    experiment = shown.experiment
    if experiment.method.name != "quantised":
        return None
    pictures = views.held_out_pictures(experiment.data)[:PACKED]
    if isinstance(experiment.data, Photos):
        pictures = [picture[:CUT, :CUT] for picture in pictures[:2]]
    model = reshaped(experiment, shown.model, pictures[0].shape)
    count, frames, captions = len(pictures), [], []
    for coarseness in reversed(range(len(COARSENESS))):
        files = [views.rebuilt(model, picture, coarseness) for picture in pictures]
        lost = float(np.mean([np.mean((one.picture - x) ** 2) for one, x in zip(files, pictures, strict=True)]))
        length = float(np.mean([one.bits_a_pixel for one in files]))
        psnr = shown.say.number(-10 * float(np.log10(lost)), 1)
        captions.append(shown.say("export.at_rate", length=shown.say.number(length, 2), psnr=psnr))
        frames.append(np.stack([*pictures, *(one.picture for one in files)]))
    blank = [""] * (count - 1)
    names = [shown.say("export.original"), *blank, shown.say("export.out_of_files"), *blank]
    look = {"columns": count, "captions": captions, "stands": [STEP] * (len(frames) - 1) + [LAST]}
    return animations.moving(frames, names=names, kind=kind, **look)  # type: ignore[arg-type]


TABLE: Mapping[str, Film] = {"traversal": traversal, "training": training, "walk": walk, "rate": rate}
