"""The applications: the score of each beside its baseline, the seconds that it took and the network's parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch

import aecore as ae
from aecore import byte_coding, chemistry, gallery, outcomes, views
from aecore.baselines import RANKERS, Biases, Pca
from aecore.compress import EXAMPLES, example
from aecore.datasets.photos import HELD_OUT
from aecore.lossless import by_network_alone, compared
from aecore.networks import Autoencoder
from aecore.quantised import TRAINED
from aecore.sounds import NOISES
from aecore.tasks.anomaly import auroc
from aecore.training import posed, reshaped
from bench.row import Row
from bench.standing import Standing, keep

NOISE_REMOVAL = "data=photos&task=noise_removal"
SUPER_RESOLUTION = "data=photos&task=super_resolution"
MOLECULES = "data=molecules&task=molecules&method=beta_vae"
DRAWN = 1000
LIVE, LOOK = 60, 20  # seconds of a visitor's training, and steps from one look at the clock to the next
TILE = 96  # side of the tiles in which photographs go through a network
SOUND = (128, 128)  # bands and windows of those in which sounds do
RATIOS, RECORDINGS = (0, 5, 10, 15), 24
PREPARATION = "data=mnist&task=preparation&method=denoising"
LABELS = (10, 30, 100, 300, 1000)
ANOMALY = "data=mnist&task=anomaly"
RECOMMENDER = "data=debian&task=recommender"


def run(out: Path, part: str = "") -> Iterator[Row]:
    """Measure every application, or one, and keep who wins as a table, here and in the READMEs.

    Raises
    ------
    KeyError
        If there is no such application.
    """
    named = {application.__name__: application for application in APPLICATIONS}
    standings = []
    for application in [named[part]] if part else APPLICATIONS:
        for found in application():
            if isinstance(found, Standing):
                standings.append(found)
            else:
                yield found
    keep(standings, out)


def noise_removal() -> Iterator[Row | Standing]:
    """Take the noise off whole held-out photographs."""
    experiment, model, seconds = trained(NOISE_REMOVAL)
    noise = experiment.task.noise
    found: dict[str, list[float]] = {}
    for name in HELD_OUT:
        clean = views.photo(name)
        answers = {"noisy": views.noisy_photo(clean, noise), **views.denoised_otherwise(name, noise)}
        for one, picture in answers.items():
            found.setdefault(one, []).append(views.likeness(picture, clean).psnr)
    once, ours = (without_noise(experiment, model, way) for way in (views.restored, views.restored_eight_ways))
    others = [(one, mean(ratios)) for one, ratios in found.items()]
    named = {f"noise_removal.{one}": ratio for one, ratio in others}
    yield Standing("noise_removal", "noise", ours, named, seconds, parameters(model))
    said = "; ".join(f"{one} {ratio:.2f} dB" for one, ratio in others)
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    for other, goal in (("non_local_means", 1.0), ("wiener", 2.0)):
        gain, name = ours - dict(others)[other], other.replace("_", " ")
        beside = f"{ours:.2f} dB asked eight ways, {once:.2f} dB asked once; {said}; {cost}"
        yield Row(f"noise removal, σ = {noise:.0f}: PSNR over {name}", gain, "dB", beside, goal, "at least")
    model, step = live(experiment)
    early, wiener = without_noise(experiment, model, views.restored), dict(others)["wiener"]
    name = f"noise removal, σ = {noise:.0f}: PSNR over Wiener after {LIVE} s of training"
    yield Row(name, early - wiener, "dB", f"{early:.2f} dB at step {step:,}; Wiener {wiener:.2f} dB", 0, "at least")


def without_noise(
    experiment: ae.Experiment, model: Autoencoder, way: Callable[[Autoencoder, np.ndarray], np.ndarray]
) -> float:
    """Return the PSNR in dB of the held-out photographs that a network took the noise off, asked in a way."""
    model = reshaped(experiment, model, (TILE, TILE))
    clean = [views.photo(name) for name in HELD_OUT]
    noisy = (views.noisy_photo(one, experiment.task.noise) for one in clean)
    return mean(views.likeness(way(model, x), one).psnr for x, one in zip(noisy, clean, strict=True))


def super_resolution() -> Iterator[Row | Standing]:
    """Enlarge whole held-out photographs."""
    experiment, model, seconds = trained(SUPER_RESOLUTION)
    factor = experiment.task.factor
    ours = enlarged(experiment, model)
    found: dict[str, list[float]] = {"bicubic": [], "lanczos": []}
    for name in HELD_OUT:
        fine = views.photo(name)
        few = views.small_photo(fine, factor)
        for kind, ratios in found.items():
            ratios.append(views.likeness(views.enlarged_photo(few, fine.shape, kind), fine).psnr)
    bicubic, lanczos = map(mean, found.values())
    named = {"super_resolution.coarse": bicubic, "super_resolution.lanczos": lanczos}
    yield Standing("super_resolution", "enlarged", ours, named, seconds, parameters(model))
    beside = f"{ours:.2f} dB; bicubic {bicubic:.2f} dB; Lanczos {lanczos:.2f} dB"
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    name = f"super-resolution x {factor}: PSNR over bicubic"
    yield Row(name, ours - bicubic, "dB", f"{beside}; {cost}", 0.8, "at least")
    model, step = live(experiment)
    early = enlarged(experiment, model)
    name = f"super-resolution x {factor}: PSNR over bicubic after {LIVE} s of training"
    yield Row(name, early - bicubic, "dB", f"{early:.2f} dB at step {step:,}; bicubic {bicubic:.2f} dB", 0, "at least")


def enlarged(experiment: ae.Experiment, model: Autoencoder) -> float:
    """Return the PSNR in dB of the held-out photographs that a network enlarged."""
    model, found = reshaped(experiment, model, (TILE, TILE)), []
    for name in HELD_OUT:
        fine = views.photo(name)
        coarse = views.enlarged_photo(views.small_photo(fine, experiment.task.factor), fine.shape)
        found.append(views.likeness(views.restored(model, coarse), fine).psnr)
    return mean(found)


def segmentation() -> Iterator[Row | Standing]:
    """Tell objects from photographs."""
    experiment, model, seconds = trained("data=compositions&task=segmentation")
    samples = posed(experiment, "test")
    found = views.segmented(model, samples.inputs, samples.targets, eight=True)
    once, ours, otsu, k_means = map(float, found.iou[2:].mean(1))
    named = {"segmentation.otsu": otsu, "segmentation.k_means": k_means}
    yield Standing("segmentation", "overlap", ours, named, seconds, parameters(model), decimals=3)
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    beside = f"asked eight ways; {once:.3f} asked once; Otsu {otsu:.3f}; k-means {k_means:.3f}; {cost}"
    yield Row("segmentation: mean IoU on held-out compositions", ours, "", beside, 0.9, "at least")


def audio() -> Iterator[Row | Standing]:
    """Take noise off whole held-out recordings, beside spectral gating that is told a second of the noise."""
    experiment, model, seconds = trained("data=noisy_speech&task=audio")
    model = reshaped(experiment, model, SOUND)
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    ours, gates = [], []
    for kind in NOISES:
        network, gating = ([views.gains(one, kind, ratio, RECORDINGS) for ratio in RATIOS] for one in (model, None))
        levels = ", ".join(f"{one.ratio:.1f}" for one in network), ", ".join(f"{one.ratio:.1f}" for one in gating)
        beside = (
            f"at 0, 5, 10, 15 dB {levels[0]}; spectral gating {mean(one.ratio for one in gating):.2f} ({levels[1]})"
        )
        yield Row(f"audio: gain in SNR, {kind}", mean(one.ratio for one in network), "dB", beside)
        nearer = mean(one.distance for one in gating)
        yield Row(
            f"audio: fall of log-spectral distance, {kind}",
            mean(one.distance for one in network),
            "dB",
            f"spectral gating {nearer:.2f}",
        )
        ours += network
        gates += gating
    gain, gate = (mean(one.ratio for one in found) for found in (ours, gates))
    yield Standing("audio", "gain", gain, {"audio.gated": gate}, seconds, parameters(model))
    yield Row("audio: gain in SNR, mean of all", gain, "dB", f"spectral gating {gate:.2f} dB; {cost}", 5, "at least")
    yield Row("audio: gain in SNR over spectral gating", gain - gate, "dB", cost, 0, "at least")


def notes() -> Iterator[Row]:
    """Give held-out notes back and tell them by their codes, beside PCA of the same size."""
    experiment, model, seconds = trained("data=notes&task=notes&method=vae")
    train, held_out = (posed(experiment, split) for split in ("train", "test"))
    pca, size = Pca.fit(train), model.n_latent
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    ours, theirs = experiment.task.score(model, held_out)["test_error"], float(pca.errors(held_out.inputs)[size - 1])
    name = f"notes: squared error of held-out ones through {size} numbers"
    yield Row(name, ours, "", f"PCA {theirs:.2f}; {cost}", theirs)
    told, by_pca = (
        views.note_told(of(train.inputs), train, of(held_out.inputs), held_out)
        for of in (lambda x: views.codes(model, x), lambda x: pca.encode(x, size).numpy())
    )
    for kind, name in (("near", "by the nearest codes"), ("instrument", "by a linear probe")):
        ours, theirs = 100 * getattr(told, kind), 100 * getattr(by_pca, kind)
        yield Row(f"notes: instrument of held-out ones told {name}", ours, "%", f"PCA's codes {theirs:.1f} %")
    yield Row("notes: R² of a linear probe of the pitch, held out", told.pitch, "", f"PCA's codes {by_pca.pitch:.2f}")


def molecules() -> Iterator[Row | Standing]:
    """Rebuild held-out molecules and draw new ones."""
    experiment, model, seconds = trained(MOLECULES)
    data = experiment.data
    x, nearest = views.known(data, "test").inputs, views.nearest_rebuilt(data)
    with torch.inference_mode():
        ours = views.rebuilt_share(model(x), x)
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    others = {"bench.other.nearest": 100 * nearest.whole}
    yield Standing("molecules", "whole", 100 * ours.whole, others, seconds, parameters(model), decimals=1)
    for kind, name in (("whole", "molecules that come back whole"), ("tokens", "tokens that come back")):
        beside = f"the most similar training molecule instead: {100 * getattr(nearest, kind):.1f} %; {cost}"
        yield Row(f"drug discovery: held-out {name}", 100 * getattr(ours, kind), "%", beside)

    found = {
        "fitted Gaussian": views.worth(data, views.draw(model, data, DRAWN, 0, prior=False)),
        "prior": views.worth(data, views.draw(model, data, DRAWN, 0, prior=True)),
        "random tokens": views.worth(data, views.random_smiles(data, DRAWN, 0)),
        "training molecules": views.worth(data, views.training_smiles(data, DRAWN, 0)),
    }
    for kind, goal in (("valid", 100), ("unique", 95), ("novel", 90)):
        ours, *others = ((name, 100 * getattr(one, kind)) for name, one in found.items())
        if kind != "valid":
            random, training = (share for _, share in others[1:])
            named = {"option.source.random": random, "option.source.training": training}
            yield Standing("molecules", kind, ours[1], named, seconds, parameters(model), decimals=1)
        beside = "; ".join(f"{name} {share:.1f} %" for name, share in others)
        yield Row(f"drug discovery: {kind} of {DRAWN:,} from the {ours[0]}", ours[1], "%", beside, goal, "at least")
    for i, name in enumerate(chemistry.PROPERTIES):
        ours, *others = ((source, one.gaps[i]) for source, one in found.items())
        beside = "; ".join(f"{source} {gap:.2f}" for source, gap in others)
        yield Row(f"drug discovery: gap in {name} from held-out molecules", ours[1], "σ", beside)
        guess = views.probe(model, data, i)
        yield Row(f"drug discovery: R² of a linear probe of {name}, held out", guess.r2)


def recommender() -> Iterator[Row | Standing]:
    """Rank what is hidden of held-out histories, over five splits, and foresee ratings."""
    runs = [trained(f"{RECOMMENDER}&fold={fold}") for fold in range(5)]
    found: dict[str, list[dict[str, float]]] = {}
    for experiment, model, _ in runs:
        train, held_out = experiment.data.load("train"), posed(experiment, "test")
        found.setdefault("autoencoder", []).append(experiment.task.score(model, held_out))
        for name, ranker in RANKERS.items():
            found.setdefault(name, []).append(views.ranking_quality(ranker.fit(train), held_out))
    cost = f"{mean(seconds for *_, seconds in runs):.0f} s of training, {parameters(runs[0][1]):,} parameters"
    for kind, name, goal in (("ndcg", "NDCG@100", 0.61), ("recall", "Recall@20", None)):
        means = {one: mean(scores[kind] for scores in all_of_them) for one, all_of_them in found.items()}
        if kind == "ndcg":
            named = {f"recommender.{one}": means[one] for one in RANKERS}
            spent = mean(seconds for *_, seconds in runs)
            yield Standing(
                "recommender", "ndcg", means["autoencoder"], named, spent, parameters(runs[0][1]), decimals=3
            )
        won = sum(ours[kind] > ease[kind] for ours, ease in zip(found["autoencoder"], found["ease"], strict=True))
        beside = "; ".join(f"{one} {means[one]:.3f}" for one in RANKERS) + f"; ahead of EASE in {won} of 5; {cost}"
        yield Row(f"recommender: {name}, mean of five splits", means["autoencoder"], "", beside, goal, "at least")
    experiment, model, seconds = trained("data=ratings&task=recommender")
    held_out = posed(experiment, "test")
    biases = views.ranking_quality(Biases.fit(experiment.data.load("train")), held_out)["test_error"]
    beside = f"means of item and person {biases:.4f}; {seconds:.0f} s of training, {parameters(model):,} parameters"
    error = experiment.task.score(model, held_out)["test_error"]
    yield Row("recommender: error of hidden made-up ratings", error, "of the highest", beside)


def preparation() -> Iterator[Row | Standing]:
    """Read what was learnt without labels with few of them, beside pixels, PCA and the same net from scratch."""
    experiment, model, seconds = trained(PREPARATION)
    step = experiment.fit.steps
    models = {step: model, 0: experiment.build().eval()}

    def right(way: outcomes.Way, count: int, seed: int) -> float:
        """Return the share of held-out digits told right: the shipped outcome, computed anew if there is none."""
        known = outcomes.shipped().get(way.called(count, seed))
        return (known or outcomes.of(way, count, seed, models[way.step] if way.experiment else None)).right

    cost = f"{seconds:.0f} s of pretraining, {parameters(model):,} parameters"
    for count in LABELS:
        found = {
            name: [right(way, count, seed) for seed in outcomes.DRAWS]
            for name, way in outcomes.ways(experiment, step, "hidden").items()
        }
        means = {name: mean(draws) for name, draws in found.items()}
        said = "; ".join(f"{name} {means[name]:.1f} ± {stdev(draws):.1f}" for name, draws in found.items())
        ours = max(("probe", "tuned"), key=means.__getitem__)
        rival = max(("pixels", "neighbours", "machine"), key=means.__getitem__)
        if count == 100:
            named = {f"preparation.{one}": means[one] for one in (rival, "pca", "scratch")}
            yield Standing("preparation", "labels", means[ours], named, seconds, parameters(model), decimals=1)
        name = f"preparation, {count:,} labels: {ours} over the best on raw pixels ({rival})"
        goal = 5.0 if count == 100 else None
        yield Row(name, means[ours] - means[rival], "points", f"{said}; {cost}", goal, "at least")


def compression() -> Iterator[Row | Standing]:
    """Write held-out pictures as real files, beside JPEG's and WebP's."""
    experiment, model, seconds = trained("data=tiles&task=compression&method=quantised")
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    psnr: dict[str, list[float]] = {"rebuilt": [], "JPEG": [], "WEBP": []}
    for name in HELD_OUT:
        x = views.photo(name)
        ours = views.rates(lambda shape: reshaped(experiment, model, shape), [x])
        best = min(ours, key=lambda one: abs(one.bits_a_pixel - 0.4))
        jpeg, webp = (views.saved_alike(x, kind, round(best.length)) for kind in ("JPEG", "WEBP"))
        beside = "; ".join(
            f"{kind} {views.likeness(one.picture, x).psnr:.2f} dB at {one.bits_a_pixel:.3f}"
            for kind, one in (("JPEG", jpeg), ("WebP", webp))
        )
        gain = best.psnr - views.likeness(jpeg.picture, x).psnr
        for kind, found in (("rebuilt", best.psnr), ("JPEG", jpeg), ("WEBP", webp)):
            psnr[kind].append(found if kind == "rebuilt" else views.likeness(found.picture, x).psnr)
        said = f"{best.psnr:.2f} dB at {best.bits_a_pixel:.3f} bits a pixel; {beside}; {cost}"
        yield Row(f"compression, {name}: PSNR over JPEG of no more bytes", gain, "dB", said, 0, "at least")
    named = {f"compression.{kind}": mean(psnr[kind]) for kind in ("JPEG", "WEBP")}
    yield Standing("compression", "photos", mean(psnr["rebuilt"]), named, seconds, parameters(model))
    for data in ("mnist", "fashion_mnist"):
        experiment, model, seconds = trained(f"data={data}&task=compression&method=quantised&steps=6000")
        otherwise = views.rates_otherwise(experiment.data)
        ours = views.rates(lambda shape: model, views.held_out_pictures(experiment.data))[TRAINED]  # noqa: B023
        webp, jpeg = (views.at_quality(otherwise[kind], ours.psnr) for kind in ("WEBP", "JPEG"))
        cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
        beside = (
            f"{ours.length:.1f} bytes at {ours.psnr:.2f} dB, of them {views.HEADER} header; "
            f"WebP {webp.length:.1f} at {webp.psnr:.2f} dB, of them {views.WEBP_HEADER} header; "
            f"JPEG {jpeg.length:.1f} at {jpeg.psnr:.2f} dB; {cost}"
        )
        named = {"compression.WEBP": webp.length, "compression.JPEG": jpeg.length}
        yield Standing("compression", data, ours.length, named, seconds, parameters(model), decimals=1, better=-1)
        name = f"compression, {data}: bytes a file, as a share of WebP's"
        yield Row(name, ours.length / webp.length, "", beside, 0.5, "at most")
        bare = (ours.length - views.HEADER) / (webp.length - views.WEBP_HEADER)
        yield Row(f"compression, {data}: the same without both headers", bare, "", beside)


def lossless() -> Iterator[Row | Standing]:
    """Pack files of several kinds to the last byte, beside gzip and Zstandard; what learns begins anew with each."""
    for name in EXAMPLES:
        content = example(name)
        found = compared(content)
        ours, *others = ((one, len(content) / packed.length) for one, packed in found.items())
        named = {f"compression.by.{one}": ratio for one, ratio in others}
        yield Standing("compression", name.replace(".", "_"), ours[1], named, None, byte_coding.parameters())
        seconds = found["bytes"].seconds
        for other, ratio in others:
            beside = (
                f"{ours[1]:.2f} times shorter in {seconds:.1f} s, {len(content) / seconds / 1000:.0f} kB/s; "
                f"{other} {ratio:.2f} in {found[other].seconds:.2f} s"
            )
            yield Row(f"lossless, {name}: {other}'s bytes over ours", ours[1] / ratio, "", beside)
        alone = len(content) / by_network_alone(content).length
        yield Row(f"lossless, {name}: by the network alone", alone, "times shorter", "without counts and matches")


def anomaly() -> Iterator[Row | Standing]:
    """Make each digit the norm, and tell the nine others from it."""
    found: dict[str, list[float]] = {}
    runs = [trained(f"{ANOMALY}&single={digit}") for digit in range(10)]
    for experiment, model, _ in runs:
        normal, samples = posed(experiment, "train").inputs, posed(experiment, "test")
        ours = views.Norm(model, normal).oddness(samples.inputs, experiment.method)
        rivals = views.oddness_otherwise(normal, samples.inputs)
        for name, scores in {**ours, **rivals}.items():
            found.setdefault(name, []).append(auroc(scores, samples.labels > 0))
    best, *others = ((name, mean(areas)) for name, areas in found.items())
    spent, kept = mean(seconds for *_, seconds in runs), parameters(runs[0][1])
    named = {f"anomaly.by.{name}": area for name, area in others if name in rivals}
    yield Standing("anomaly", "auroc", best[1], named, spent, kept, decimals=3)
    beside = "; ".join(f"{name.replace('_', ' ')} {area:.4f}" for name, area in others)
    worst = f"the worst digit {min(found[best[0]]):.3f}"
    cost = f"{mean(seconds for *_, seconds in runs):.0f} s of training a digit, {parameters(runs[0][1]):,} parameters"
    name = "anomaly detection, mean AUROC over ten digits"
    yield Row(name, best[1], "", f"{worst}; {beside}; {cost}", 0.975, "at least")


def trained(query: str) -> tuple[ae.Experiment, Autoencoder, float]:
    """Return a model and the seconds of its training: the gallery's if it is shipped, else one trained now."""
    experiment = ae.Experiment.from_query(query)
    run = gallery.run_of(experiment)
    last = run.snapshot() if run else None
    if last is None:
        *_, last = ae.train(experiment, keyframes=())
    return experiment, ae.revive(experiment, last), last.seconds


def live(experiment: ae.Experiment) -> tuple[Autoencoder, int]:
    """Return the model that a visitor who presses Train has after `LIVE` seconds of training, and its step."""
    for last in ae.train(experiment, keyframes=range(0, experiment.fit.steps, LOOK)):
        if last.seconds >= LIVE:
            break
    return ae.revive(experiment, last), last.step


def parameters(model: Autoencoder) -> int:
    """Return how many numbers a network has learnt."""
    return sum(weight.numel() for weight in model.parameters())


APPLICATIONS: tuple[Callable[[], Iterator[Row | Standing]], ...] = (
    noise_removal,
    super_resolution,
    segmentation,
    audio,
    notes,
    molecules,
    recommender,
    compression,
    lossless,
    preparation,
    anomaly,
)
