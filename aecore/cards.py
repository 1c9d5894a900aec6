"""Cards: what each shipped run comes to, as one small picture computed from it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from aecore import chemistry, gallery, outcomes, sounds, views
from aecore.experiment import Experiment
from aecore.figures.grids import atlas
from aecore.figures.theme import PALETTES
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.samples import Samples
from aecore.training import posed, reshaped, revive

FOLDER = gallery.FOLDER.parent / "cards"
WIDTH, HEIGHT = 640, 256  # pixels
TILE = (96, 96)  # in which photographs go through a network
SOUND = (128, 128)  # bands and windows in which sounds do
PHOTO, LEFT, TOP, TIMES = "chelsea", 92, 72, 4  # what is looked at, and how much it is enlarged
FEW = (10, 30, 100, 300, 1000)  # labels
DARK = PALETTES["dark"]


def draw(name: str) -> Image.Image:
    """Return the picture of a shipped run, RGBA of :data:`WIDTH` by :data:`HEIGHT` pixels.

    Raises
    ------
    KeyError
        If it has none.
    """
    picture = TABLE[name]()
    share = min(WIDTH / picture.width, HEIGHT / picture.height)
    size = round(picture.width * share), round(picture.height * share)
    canvas = Image.new("RGBA", (WIDTH, HEIGHT))
    canvas.paste(picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS), _middle(size))
    return canvas


def _middle(size: tuple[int, int]) -> tuple[int, int]:
    return (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2


def place(name: str) -> Path:
    """Return where the picture is shipped."""
    return FOLDER / f"{name}.webp"


def ship(name: str) -> int:
    """Write a picture and return its bytes."""
    FOLDER.mkdir(exist_ok=True)
    draw(name).save(place(name), quality=82, method=6)
    return place(name).stat().st_size


@cache
def _shipped(name: str) -> tuple[Experiment, Autoencoder, Samples]:
    experiment = gallery.experiment_of(name)
    run = gallery.run_of(experiment)
    snapshot = run.snapshot() if run else None
    if snapshot is None:
        raise FileNotFoundError(f"assets/gallery/{experiment.key}")
    return experiment, revive(experiment, snapshot), posed(experiment, "test")


def _rows(pictures: Any) -> Image.Image:
    return Image.open(io.BytesIO(atlas(pictures)))


def _halves(left: NDArray[Any], right: NDArray[Any]) -> Image.Image:
    """Put the left half of one picture beside the right half of another, a line between them."""
    width = left.shape[1]
    joined = np.concatenate([left[:, : width // 2], right[:, width // 2 :]], axis=1)
    image = Image.fromarray(np.rint(255 * joined.clip(0, 1)).astype(np.uint8)).convert("RGB")
    image = image.resize((WIDTH, round(WIDTH * image.height / width)), Image.Resampling.NEAREST)
    ImageDraw.Draw(image).line([(WIDTH // 2, 0), (WIDTH // 2, image.height)], DARK["text"], 3)
    return image


def _beside(pictures: list[NDArray[Any]]) -> Image.Image:
    """Stretch two pictures to a half of the card each."""
    card, half = Image.new("RGBA", (WIDTH, HEIGHT)), WIDTH // 2 - 4
    for i, picture in enumerate(pictures):
        image = Image.fromarray(np.rint(255 * picture.clip(0, 1)).astype(np.uint8))
        card.paste(image.resize((half, HEIGHT), Image.Resampling.BILINEAR), (i * (half + 8), 0))
    return card


def _window(photo: NDArray[Any]) -> NDArray[Any]:
    """Cut out of a photograph what is shown enlarged."""
    return photo[TOP : TOP + HEIGHT // TIMES, LEFT : LEFT + WIDTH // TIMES]


def undercomplete() -> Image.Image:
    """Draw digits, what the autoencoder makes of them, and what PCA does with a code of the same size."""
    experiment, model, samples = _shipped("undercomplete")
    run = gallery.run_of(experiment)
    pca = cast(Any, run.baselines()["pca"]) if run else None
    return _rows(views.beside_pca(model, samples.inputs[:8], pca).pictures)


def denoising() -> Image.Image:
    """Draw digits, spoilt, and rebuilt."""
    experiment, model, samples = _shipped("denoising")
    method = cast(Any, experiment.method)
    found = views.denoised(model, experiment.data, samples.inputs[:8], method.corruption, method.level)
    return _rows(views.shown(found.pictures[:3], experiment.data.value_range))


def contractive(name: str = "contractive") -> Image.Image:
    """Draw a digit moved along the direction that its code follows most, and what is rebuilt of each place."""
    experiment, model, samples = _shipped(name)
    x = samples.inputs[0]
    directions = views.tangents(model, x, 4).directions
    rows = [views.slide(model, x, one, np.linspace(-6, 6, 9))[1] for one in directions[:3]]
    return _rows(views.shown(np.stack(rows), experiment.data.value_range))


def sparse(name: str = "sparse") -> Image.Image:
    """Draw the filters of units of which few are active at a time, those that weigh most."""
    _, model, _ = _shipped(name)
    filters = views.filters(model)
    largest = np.abs(filters).max(axis=(1, 2), keepdims=True)
    shown = (0.5 + 0.5 * filters / largest)[np.argsort(-largest.ravel())[:30]]
    return _rows(shown.reshape(3, 10, *shown.shape[1:]))


def vae() -> Image.Image:
    """Draw what is decoded of codes drawn from the prior."""
    _, model, _ = _shipped("vae")
    found = views.fresh(model, 30, 0)
    return _rows(found.reshape(3, 10, *found.shape[1:]))


def beta_vae(name: str = "beta_vae") -> Image.Image:
    """Draw a sprite while one latent at a time is moved, those that say most."""
    experiment, model, samples = _shipped(name)
    found = views.traversals(cast(GaussianAutoencoder, model), samples.inputs[:1000], start=samples.inputs[7], count=10)
    return _rows(views.shown(found.pictures[:4], experiment.data.value_range))


def noise_removal() -> Image.Image:
    """Draw a photograph with noise, and without."""
    experiment, model, _ = _shipped("noise_removal")
    noisy = views.noisy_photo(views.photo(PHOTO), cast(Any, experiment.task).noise)
    return _halves(_window(noisy), _window(views.restored(reshaped(experiment, model, TILE), noisy)))


def super_resolution() -> Image.Image:
    """Draw a small photograph enlarged as usual, and by the network."""
    experiment, model, _ = _shipped("super_resolution")
    fine = views.photo(PHOTO)
    coarse = views.enlarged_photo(views.small_photo(fine, cast(Any, experiment.task).factor), fine.shape)
    return _halves(_window(coarse), _window(views.restored(reshaped(experiment, model, TILE), coarse)))


def segmentation() -> Image.Image:
    """Draw pictures, and what the network takes for objects in them."""
    _, model, samples = _shipped("segmentation")
    pictures = samples.inputs[:5].numpy()
    marked = [views.overlaid(one, views.mask_of(model, one), 0.7) for one in pictures]
    return _rows(np.stack([np.repeat(pictures[..., None], 3, axis=-1), np.stack(marked)]))


def audio() -> Image.Image:
    """Draw spoken words in white noise, and what is left of them."""
    experiment, model, _ = _shipped("audio")
    noisy, _ = views.noisy_recording(next(iter(views.heard().values())), "white", 5)
    loudest = sounds.loudest(sounds.spectrum(noisy))
    waves = noisy, views.cleaned(reshaped(experiment, model, SOUND), noisy)
    return _beside([views.spectrogram(wave, loudest) for wave in waves])


def notes() -> Image.Image:
    """Draw from one instrument's note to another's, through the code."""
    _, model, samples = _shipped("notes")
    found = views.between(model, samples.inputs[[0, 60]], 10)[0]
    return _rows(views.note_spectra(samples.inputs.new_tensor(found))[None])


def molecules() -> Image.Image:
    """Draw molecules that nobody listed, drawn from codes."""
    experiment, model, _ = _shipped("molecules")
    found = views.draw(model, cast(Any, experiment.data), 6, 0, prior=False)
    page = Image.new("RGBA", (WIDTH, HEIGHT), PALETTES["light"]["surface"])
    page.alpha_composite(chemistry.picture(found, (WIDTH // 3, HEIGHT // 2), columns=3))
    return page


def preparation() -> Image.Image:
    """Draw how many held-out digits are told right with few labels: fine-tuned, and the same net from scratch."""
    experiment = gallery.experiment_of("preparation")
    ways, known = outcomes.ways(experiment, experiment.fit.steps, "hidden"), outcomes.shipped()
    card, pen = _sheet()
    for name, colour in (("scratch", "baseline"), ("tuned", "autoencoder")):
        found = [[known[ways[name].called(count, seed)].right for seed in outcomes.DRAWS] for count in FEW]
        at = [(60 + 130 * i, HEIGHT - 10 - 2.3 * float(np.mean(rights))) for i, rights in enumerate(found)]
        pen.line(at, DARK[colour], 5, joint="curve")
        for x, y in at:
            pen.ellipse((x - 7, y - 7, x + 7, y + 7), DARK[colour])
    return card


def recommender() -> Image.Image:
    """Draw libraries laid out so that those which are used together lie together."""
    _, model, _ = _shipped("recommender")
    places = views.item_map(views.item_vectors(model))
    low, high = places.min(0), places.max(0)
    card, pen = _sheet()
    for x, y in (places - low) / (high - low) * (WIDTH - 40, HEIGHT - 40) + 20:
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), DARK["autoencoder"])
    return card


def compression() -> Image.Image:
    """Draw a photograph out of a JPEG file, and out of one of ours that is no longer."""
    experiment, model, _ = _shipped("compression")
    photo = views.photo(PHOTO)
    ours = views.rebuilt(reshaped(experiment, model, photo.shape), photo)
    return _halves(_window(views.saved_alike(photo, "JPEG", len(ours.content)).picture), _window(ours.picture))


def anomaly() -> Image.Image:
    """Draw digits beside the one that is the norm, and where each is odd."""
    _, model, samples = _shipped("anomaly")
    assert samples.labels is not None
    normal, odd = ((samples.labels == label).nonzero().flatten().tolist() for label in (0, 1))
    return _rows(views.explained(model, samples.inputs[normal[:2] + odd[:3]])[[0, 2]])


def home() -> Image.Image:
    """Draw digits, and what is rebuilt of them out of eight numbers each."""
    _, model, samples = _shipped("home")
    return _rows(views.beside_pca(model, samples.inputs[:8], None).pictures)


def plane() -> Image.Image:
    """Draw what is decoded of a plane of codes."""
    _, model, _ = _shipped("plane")
    found = views.manifold(model, (0, 1), 16)
    return _rows(found.reshape(16, 16, *found.shape[1:])[5:11])


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    card = Image.new("RGBA", (WIDTH, HEIGHT), DARK["surface"])
    return card, ImageDraw.Draw(card)


TABLE: dict[str, Callable[[], Image.Image]] = {
    "undercomplete": undercomplete,
    "denoising": denoising,
    "contractive": contractive,
    "sparse": sparse,
    "vae": vae,
    "beta_vae": beta_vae,
    "noise_removal": noise_removal,
    "super_resolution": super_resolution,
    "segmentation": segmentation,
    "audio": audio,
    "notes": notes,
    "molecules": molecules,
    "preparation": preparation,
    "recommender": recommender,
    "compression": compression,
    "anomaly": anomaly,
    "contractive_without": partial(contractive, "contractive_without"),
    "sparse_patches": partial(sparse, "sparse_patches"),
    "beta_vae_plain": partial(beta_vae, "beta_vae_plain"),
    "home": home,
    "plane": plane,
}
