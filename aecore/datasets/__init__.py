"""Data sets, one a file; a new one is its file and its line in ``TABLE``."""

from aecore.datasets.compositions import Compositions
from aecore.datasets.data import Data, forget
from aecore.datasets.debian import Debian
from aecore.datasets.digits import Digits
from aecore.datasets.fashion_mnist import FashionMnist
from aecore.datasets.files import DamagedFile
from aecore.datasets.mnist import Mnist
from aecore.datasets.molecules import Molecules
from aecore.datasets.moons import Moons
from aecore.datasets.noisy_speech import NoisySpeech
from aecore.datasets.notes import Notes
from aecore.datasets.own import Own
from aecore.datasets.patches import Patches
from aecore.datasets.photos import Photos
from aecore.datasets.ratings import Ratings
from aecore.datasets.ring import Ring
from aecore.datasets.spiral import Spiral
from aecore.datasets.sprites import Sprites
from aecore.datasets.tiles import Tiles

TABLE: dict[str, type[Data]] = {
    "mnist": Mnist,
    "fashion_mnist": FashionMnist,
    "digits": Digits,
    "patches": Patches,
    "photos": Photos,
    "tiles": Tiles,
    "compositions": Compositions,
    "sprites": Sprites,
    "molecules": Molecules,
    "noisy_speech": NoisySpeech,
    "notes": Notes,
    "spiral": Spiral,
    "moons": Moons,
    "ring": Ring,
    "debian": Debian,
    "ratings": Ratings,
    "own": Own,
}

__all__ = [
    "TABLE",
    "Compositions",
    "DamagedFile",
    "Data",
    "Debian",
    "Digits",
    "FashionMnist",
    "Mnist",
    "Molecules",
    "Moons",
    "NoisySpeech",
    "Notes",
    "Own",
    "Patches",
    "Photos",
    "Ratings",
    "Ring",
    "Spiral",
    "Sprites",
    "Tiles",
    "forget",
]
