"""Every data set keeps the promises of a data set; then each one's own."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from aecore import sounds
from aecore.datasets import (
    TABLE,
    Compositions,
    DamagedFile,
    Debian,
    Digits,
    FashionMnist,
    Mnist,
    Molecules,
    Moons,
    NoisySpeech,
    Notes,
    Own,
    Patches,
    Photos,
    Ratings,
    Ring,
    Spiral,
    Sprites,
    Tiles,
    data,
    files,
    noisy_speech,
    notes,
)
from aecore.datasets.patches import PHOTOS
from aecore.samples import Samples

EVERY = [kind() for kind in TABLE.values()] + [Sprites(rotation=True), Patches(size=8), Patches(size=16, whiten=True)]
SPLITS = ("train", "test")
COUNTS = {
    Mnist(): (60_000, 10_000),
    FashionMnist(): (12_000, 2_000),
    Digits(): (1_442, 355),
    Patches(): (20_004, 2_004),
    Patches(size=8): (20_004, 2_004),
    Patches(size=16, whiten=True): (20_004, 2_004),
    Compositions(): (12_000, 500),
    Photos(): (18_000, 600),
    Tiles(): (7_200, 300),
    Molecules(): (29_112, 404),
    NoisySpeech(): (2_886, 208),
    Spiral(): (10_000, 2_000),
    Moons(): (10_000, 2_000),
    Ring(): (10_000, 2_000),
    Sprites(): (4_148, 460),
    Debian(): (3_827, 957),
    Ratings(): (480, 120),
    Own(): (800, 200),
    Notes(): (480, 120),
    Sprites(rotation=True): (20_736, 2_304),
}
ROOT = Path(data.__file__).parents[2]


# One after the other: what is composed, not read, takes seconds, and only the last few are kept.
@pytest.fixture(params=EVERY, ids=str, scope="module")
def each(request) -> data.Data:
    return request.param


def bytes_of(samples: Samples) -> list[bytes]:
    return [row.tobytes() for row in samples.inputs.numpy()]


def same(first: Samples, second: Samples) -> bool:
    return all(a is b is None or torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A copy of the digits' and photos' files that a test may spoil."""
    for name in ("SHA256SUMS", "fashion_mnist.npz"):
        shutil.copy(files.folder() / name, tmp_path)
    shutil.copytree(files.folder() / "photos", tmp_path / "photos")
    monkeypatch.setenv("GARGALO_DATA", str(tmp_path))
    return tmp_path


def test_the_table_holds_every_file():
    modules = {file.stem for file in Path(data.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "data", "files", "mixture"} == set(TABLE)
    assert COUNTS.keys() == set(EVERY)
    assert all(kind.name == name and kind.licence and kind.__module__.endswith(name) for name, kind in TABLE.items())


def test_defaults_are_the_ones_that_every_data_set_gives():
    given = {"net", "hidden", "latent", "steps", "batch", "rate"}
    assert all(given <= set(kind.defaults) for kind in TABLE.values())


@pytest.mark.parametrize("split", SPLITS)
def test_samples_are_as_announced(each, split):
    samples = each.load(split)
    assert samples.inputs.dtype == torch.float32
    assert samples.shape == each.shape
    assert (samples.targets is samples.inputs) != each.masked
    assert samples.inputs.isfinite().all()
    unit = samples.inputs.min() >= 0 and samples.inputs.max() <= 1
    assert unit == (each.value_range == "unit")
    assert samples.inputs.max() >= 0.95


@pytest.mark.parametrize("split", SPLITS)
def test_labels_and_factors_are_as_announced(each, split):
    samples = each.load(split)
    if each.classes:
        assert samples.labels.dtype == torch.int64
        assert samples.labels.unique().tolist() == list(range(each.classes))
        assert len(samples.labels) == len(samples.inputs)
    else:
        assert samples.labels is None
    if each.factors:
        assert samples.factors.dtype == torch.int64
        assert samples.factors.shape == (len(samples.inputs), len(each.factors))
    else:
        assert samples.factors is None


@pytest.mark.parametrize("split", SPLITS)
def test_reading_twice_gives_the_same_bits(each, split):
    assert same(each.load(split), each.read(split))


def test_another_process_reads_the_same_bits():
    script = f"""
import hashlib, torch
from aecore.datasets import *
torch.set_num_threads({torch.get_num_threads()})
for each in {EVERY}:
    print(hashlib.sha256(each.load("test").inputs.numpy()).hexdigest())
"""
    there = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    here = [hashlib.sha256(each.load("test").inputs.numpy()).hexdigest() for each in EVERY]
    assert there.stdout.split() == here


def test_a_part_is_read_once():
    assert Digits().load("test") is Digits().load("test")
    assert Patches(size=8).load("test") is not Patches(size=9).load("test")


def test_no_input_is_in_both_parts(each):
    shared = set(bytes_of(each.load("train"))) & set(bytes_of(each.load("test")))
    # Two packages may depend on the same libraries; each is in one part only.
    assert len(shared) <= (60 if each.name == "debian" else 0)


def test_only_the_two_parts_exist():
    with pytest.raises(ValueError, match="validation"):
        Digits().load("validation")


@pytest.mark.parametrize("kind", [Mnist, FashionMnist])
def test_the_test_part_leaves_the_training_part_in_its_file(kind, monkeypatch):
    opened = []
    read = np.lib.npyio.NpzFile.__getitem__
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda self, key: opened.append(key) or read(self, key))
    kind().read("test")
    assert opened == ["x_test", "y_test"]


def test_counts(each):
    assert tuple(len(each.load(split).inputs) for split in SPLITS) == COUNTS[each]


def test_digits_are_stratified():
    train, test = (Digits().load(split).labels.bincount() for split in SPLITS)
    assert (test == (train + test) // 5).all()


# Patches


@pytest.mark.parametrize("size", [8, 12, 16])
def test_a_patch_is_found_again_in_its_photo(size):
    from aecore.datasets.patches import PHOTOS

    samples = Patches(size=size).load("test")
    for patch, (photo, row, column) in zip(samples.inputs[::50], samples.factors[::50], strict=True):
        grey = files.grey(f"photos/{PHOTOS[photo]}.png")[row : row + size, column : column + size]
        assert np.array_equal((patch * 255).round().numpy(), grey)


@pytest.mark.parametrize("size", [8, 12, 16])
def test_no_pixel_of_a_photo_is_in_both_parts(size):
    covered = {split: np.zeros((12, 512, 512), bool) for split in SPLITS}
    for split in SPLITS:
        for photo, row, column in Patches(size=size).load(split).factors.tolist():
            covered[split][photo, row : row + size, column : column + size] = True
    assert not (covered["train"] & covered["test"]).any()
    assert all(part.any(axis=(1, 2)).all() for part in covered.values())


def test_a_patch_is_framed_in_its_whole_photo_and_nothing_else_changes():
    patches = Patches(size=12)
    rows = patches.load("test").factors[:40]
    rows[0], rows[1] = torch.tensor([2, 0, 500]), torch.tensor([2, 499, 0])
    for photo, row, column in rows.tolist():
        grey = files.grey(f"photos/{PHOTOS[photo]}.png")
        found = patches.whole(torch.tensor([photo, row, column]))
        height, width = (side // 2 for side in grey.shape)
        whole = grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean((1, 3)) / 255
        found = found[:height, :width]
        changed = np.argwhere(abs(found - whole) > 1 / 255)
        top, left = row // 2, column // 2
        assert (changed >= [top - 3, left - 3]).all()
        assert (changed <= [top + 9, left + 9]).all()
        inside = np.s_[top : top + 6, left : left + 6]
        np.testing.assert_allclose(found[inside], whole[inside], atol=1 / 255)
        assert top < 2 or found[top - 2, left] == 1
        assert top + 8 + row % 2 >= height or found[top + 8 + row % 2, left] == 0


def test_no_patch_is_drawn_twice_or_flat():
    for split in SPLITS:
        samples = Patches().load(split)
        assert len(samples.factors.unique(dim=0)) == len(samples.factors)
        assert samples.inputs.flatten(1).std(dim=1).min() > 4.9 / 255


def test_whitened_patches_are_the_same_patches_decorrelated():
    grey, white = Patches().load("train"), Patches(whiten=True).load("train")
    assert torch.equal(grey.factors, white.factors)
    before, after = (samples.inputs.flatten(1).double() for samples in (grey, white))
    assert after.mean(dim=0).abs().max() < 1e-4
    assert after.var(dim=0).mean() == pytest.approx(1, abs=1e-4)
    pairs = ~torch.eye(144, dtype=torch.bool)
    assert torch.corrcoef(before.T)[pairs].abs().mean() > 0.5
    assert torch.corrcoef(after.T)[pairs].abs().mean() < 0.05
    # ZCA, of all whitenings, stays nearest to the pixels: its matrix is symmetric and positive
    matrix = torch.linalg.lstsq(before - before.mean(dim=0), after - after.mean(dim=0)).solution
    assert torch.allclose(matrix, matrix.T, atol=1e-2)
    assert torch.linalg.eigvalsh((matrix + matrix.T) / 2).min() > 0


# Sprites


@pytest.mark.parametrize("sprites", [Sprites(), Sprites(rotation=True)], ids=str)
def test_factors_draw_the_sprite_again(sprites):
    for split in SPLITS:
        samples = sprites.load(split)
        drawn = sprites.render(samples.factors.numpy())
        assert torch.equal(torch.from_numpy(drawn).float() / 255, samples.inputs)
        assert torch.equal(samples.labels, samples.factors[:, 0])
        assert (samples.factors.amax(dim=0) == torch.tensor(sprites.sizes) - 1).all()


def test_every_upright_sprite_is_in_one_part():
    factors = torch.cat([Sprites().load(split).factors for split in SPLITS])
    assert len(factors.unique(dim=0)) == len(factors) == 3 * 6 * 16 * 16


def test_factors_mean_what_they_say():
    samples = Sprites().load("train")
    shape, scale, x, y = samples.factors.T
    mass = samples.inputs.sum(dim=(1, 2))
    middles = torch.arange(32) + 0.5
    across = (samples.inputs.sum(dim=1) * middles).sum(dim=1) / mass
    down = (samples.inputs.sum(dim=2) * middles).sum(dim=1) / mass
    assert (across - (x + 8.5)).abs().max() < 0.05
    round_ones = shape != 2  # a heart is heavier above its middle
    assert (down - (y + 8.5))[round_ones].abs().max() < 0.05
    radius = 8 * (0.5 + 0.1 * scale)
    for index, area in enumerate((2.0, torch.pi / 2)):
        ones = shape == index
        assert (mass[ones] / (area * radius[ones] ** 2) - 1).abs().max() < 0.05
    samples = Sprites(rotation=True).load("train")
    ellipses = samples.at(samples.labels == 1)
    down, across = torch.meshgrid(middles, middles, indexing="ij")
    mass = ellipses.inputs.sum(dim=(1, 2))
    u, v = (part - (ellipses.factors[:, at, None, None] + 8.5) for part, at in ((across, 3), (down, 4)))
    uu, vv, uv = ((ellipses.inputs * product).sum(dim=(1, 2)) / mass for product in (u * u, v * v, u * v))
    turned = torch.atan2(2 * uv, uu - vv) / 2 - torch.pi / 2  # of the long axis from upright
    expected = torch.deg2rad(4.5 * ellipses.factors[:, 2])
    assert torch.sin(turned - expected).abs().max() < 0.05


def test_no_two_sprites_look_alike():
    sprites = Sprites(rotation=True)
    shape, scale, angle = np.indices(sprites.sizes[:3]).reshape(3, -1)
    drawn = sprites.render(np.stack([shape, scale, angle, angle * 0 + 7, angle * 0 + 7], axis=1))
    assert len({sprite.tobytes() for sprite in drawn}) == 3 * 6 * 20


# Files


def test_a_whole_file_is_found(shipped):
    assert files.path("photos/moon.png") == shipped / "photos" / "moon.png"


def test_a_damaged_file_is_named(shipped):
    spoiled = shipped / "fashion_mnist.npz"
    content = bytearray(spoiled.read_bytes())
    content[len(content) // 2] ^= 1
    spoiled.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"'fashion_mnist\.npz'.*git checkout") as caught:
        FashionMnist().read("test")
    assert (caught.value.name, caught.value.reason) == ("fashion_mnist.npz", "damaged")


def test_a_missing_file_is_named_and_found_once_it_is_back(shipped):
    photo = shipped / "photos" / "moon.png"
    photo.rename(shipped / "away.png")
    with pytest.raises(DamagedFile, match=r"'photos/moon\.png' is missing") as caught:
        Patches().read("test")
    assert (caught.value.name, caught.value.reason) == ("photos/moon.png", "missing")
    (shipped / "away.png").rename(photo)
    assert len(Patches().read("test").inputs)


@pytest.mark.parametrize(
    ("content", "name", "reason"), [(None, "SHA256SUMS", "missing"), ("", "photos/moon.png", "damaged")]
)
def test_without_sums_nothing_is_trusted(shipped, content, name, reason):
    (shipped / "SHA256SUMS").unlink()
    if content is not None:
        (shipped / "SHA256SUMS").write_text(content)
    with pytest.raises(DamagedFile) as caught:
        files.path("photos/moon.png")
    assert (caught.value.name, caught.value.reason) == (name, reason)


def test_a_folder_in_place_of_a_file_is_damaged(shipped):
    (shipped / "photos" / "moon.png").unlink()
    (shipped / "photos" / "moon.png").mkdir()
    with pytest.raises(DamagedFile) as caught:
        files.path("photos/moon.png")
    assert caught.value.reason == "damaged"


def test_every_shipped_file_is_whole():
    for name in files._sums(files.folder()):
        assert files.path(name).is_file()


@pytest.mark.parametrize("mixture", [Spiral(), Moons(), Ring()])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_score_is_the_gradient_of_the_log_density(mixture, noise):
    x = mixture.load("test").inputs[:50].numpy().astype(float) + 0.05
    small = 1e-5
    for axis in range(2):
        away = small * np.eye(2)[axis]
        rise = np.log(mixture.density(x + away, noise)) - np.log(mixture.density(x - away, noise))
        np.testing.assert_allclose(mixture.score(x, noise)[:, axis], rise / (2 * small), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mixture", [Spiral(), Moons(), Ring()])
def test_a_density_sums_to_one(mixture):
    x, y = np.meshgrid(np.linspace(-3, 3, 400), np.linspace(-3, 3, 400))
    places = np.stack([x.ravel(), y.ravel()], 1)
    total = sum(mixture.density(some, 0.1).sum() for some in np.array_split(places, 20))
    assert total * (6 / 399) ** 2 == pytest.approx(1, abs=1e-3)


# Noisy speech


def test_held_out_recordings_are_no_training_recordings_and_none_is_lost():
    train, test = (noisy_speech.recordings(split) for split in SPLITS)
    assert (len(train), len(test)) == (411, 59)
    with files.path("speech.flac").open("rb") as shipped, soundfile.SoundFile(shipped) as speech:
        assert sum(map(len, (*train, *test))) == speech.frames
    assert not {wave.tobytes() for wave in train} & {wave.tobytes() for wave in test}


def test_what_should_remain_of_noisy_speech_is_a_part_of_it():
    samples = NoisySpeech().load("test")
    assert (samples.targets <= samples.inputs + 1e-5).all()
    assert samples.targets.mean() < 0.9 * samples.inputs.mean()


def test_the_target_with_the_noisy_phases_is_much_nearer_to_the_speech():
    wave = noisy_speech.recordings("test")[23]
    noisy = sounds.disturbed(wave, sounds.white(len(wave), wave, np.random.default_rng(0)), 5)
    x, target = noisy_speech.pair(wave, noisy)
    spectrum = sounds.spectrum(noisy)
    mask = sounds.magnitude(target) / sounds.magnitude(x).clamp(min=1e-9)
    back = sounds.wave_of(torch.nn.functional.pad(mask, (0, 0, 0, 1)) * spectrum, len(wave))
    assert sounds.ratio(back, wave) > 5 + 8


def test_recordings_to_train_on_may_have_one_kind_of_noise_and_the_others_stay():
    one, every = NoisySpeech(interference="hum"), NoisySpeech()
    hum = one.read("train").inputs
    assert hum.shape == every.load("train").inputs.shape
    above = slice(30, None)  # hum ends at 750 Hz
    assert hum[:, above].mean() < 0.8 * every.load("train").inputs[:, above].mean()
    assert same(one.load("test"), every.load("test"))


# Notes


def test_a_held_out_note_lies_between_two_that_were_heard_and_six_instruments_were_heard_at_its_pitch():
    train, test = (Notes().load(split) for split in SPLITS)
    heard = {(label, pitch) for label, (pitch, _) in zip(train.labels.tolist(), train.factors.tolist(), strict=True)}
    for label, (pitch, _) in zip(test.labels.tolist(), test.factors.tolist(), strict=True):
        assert {(label, pitch - 1), (label, pitch + 1)} <= heard
        assert (label, pitch) not in heard
        assert sum((other, pitch) in heard for other in range(10)) >= 6
    assert train.size + test.size == 600
    assert (test.labels.bincount() == 12).all()


def test_a_note_is_as_high_as_it_is_said_to_be_and_softer_where_it_was_struck_softly():
    waves, places = notes.waves()
    flute = notes.INSTRUMENTS.index("flute")
    for pitch in (0, 12, 29):
        soft, hard = (waves[(places == (flute, pitch, velocity)).all(1)][0] for velocity in (0, 1))
        strength = np.abs(np.fft.rfft(hard[1000:]))
        lowest = np.flatnonzero(strength > 0.2 * strength.max())[0] * sounds.RATE / len(hard[1000:])
        assert lowest == pytest.approx(440 * 2 ** ((pitch + notes.LOWEST - 69) / 12), rel=0.03)
        assert np.abs(soft).max() < 0.6 * np.abs(hard).max()
        assert sounds.loudest(sounds.spectrum(hard, notes.WINDOW, notes.HOP)) == pytest.approx(1)
