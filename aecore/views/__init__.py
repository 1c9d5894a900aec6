"""Views: a model and samples in, arrays out."""

from collections.abc import Callable

from aecore.views.activations import Flow, flow
from aecore.views.codes import Plane, codes, plane
from aecore.views.filters import filters
from aecore.views.gabor import Gabors, gabors
from aecore.views.geometry import angles_to_pca, principal_angles
from aecore.views.properties import Properties, properties
from aecore.views.reconstructions import Rows, beside_pca

TABLE: dict[str, tuple[Callable[..., object], ...]] = {
    "activations": (flow,),
    "codes": (codes, plane),
    "filters": (filters,),
    "gabor": (gabors,),
    "geometry": (angles_to_pca, principal_angles),
    "properties": (properties,),
    "reconstructions": (beside_pca,),
}

__all__ = [
    "TABLE",
    "Flow",
    "Gabors",
    "Plane",
    "Properties",
    "Rows",
    "angles_to_pca",
    "beside_pca",
    "codes",
    "filters",
    "flow",
    "gabors",
    "plane",
    "principal_angles",
    "properties",
]
