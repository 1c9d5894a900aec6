"""Views: a model and samples in, arrays out."""

from collections.abc import Callable

from aecore.views.activations import Flow, flow
from aecore.views.codes import Plane, codes, plane
from aecore.views.denoised import Denoised, baseline_curve, denoised, psnr_curve
from aecore.views.filters import filters
from aecore.views.gabor import Gabors, gabors
from aecore.views.geometry import angles_to_pca, principal_angles
from aecore.views.properties import Properties, properties
from aecore.views.reconstructions import Rows, beside_pca
from aecore.views.score import Field, cosine, field, walk

TABLE: dict[str, tuple[Callable[..., object], ...]] = {
    "activations": (flow,),
    "codes": (codes, plane),
    "denoised": (baseline_curve, denoised, psnr_curve),
    "filters": (filters,),
    "gabor": (gabors,),
    "geometry": (angles_to_pca, principal_angles),
    "properties": (properties,),
    "reconstructions": (beside_pca,),
    "score": (cosine, field, walk),
}

__all__ = [
    "TABLE",
    "Denoised",
    "Field",
    "Flow",
    "Gabors",
    "Plane",
    "Properties",
    "Rows",
    "angles_to_pca",
    "baseline_curve",
    "beside_pca",
    "codes",
    "cosine",
    "denoised",
    "field",
    "filters",
    "flow",
    "gabors",
    "plane",
    "principal_angles",
    "properties",
    "psnr_curve",
    "walk",
]
