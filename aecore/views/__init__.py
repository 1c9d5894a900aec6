"""Views: a model and samples in, arrays out."""

from collections.abc import Callable

from aecore.views.activations import Flow, flow
from aecore.views.alarms import Alarm, alarms
from aecore.views.codes import Plane, codes, plane
from aecore.views.contraction import Tangents, contraction_ratio, singular_values, slide, tangents
from aecore.views.denoised import Denoised, baseline_curve, denoised, psnr_curve
from aecore.views.filters import filters
from aecore.views.gabor import Gabors, gabor_share, gabors
from aecore.views.geometry import angles_to_pca, principal_angles
from aecore.views.neurons import Clamped, alike, biases, clamped, keep_strongest, means, strongest, weights
from aecore.views.properties import Properties, properties
from aecore.views.reconstructions import Rows, beside_pca, shown
from aecore.views.score import Field, cosine, field, walk

TABLE: dict[str, tuple[Callable[..., object], ...]] = {
    "activations": (flow,),
    "alarms": (alarms,),
    "codes": (codes, plane),
    "contraction": (contraction_ratio, singular_values, slide, tangents),
    "denoised": (baseline_curve, denoised, psnr_curve),
    "filters": (filters,),
    "gabor": (gabor_share, gabors),
    "geometry": (angles_to_pca, principal_angles),
    "neurons": (alike, biases, clamped, keep_strongest, means, strongest, weights),
    "properties": (properties,),
    "reconstructions": (beside_pca, shown),
    "score": (cosine, field, walk),
}

__all__ = [
    "TABLE",
    "Alarm",
    "Clamped",
    "Denoised",
    "Field",
    "Flow",
    "Gabors",
    "Plane",
    "Properties",
    "Rows",
    "Tangents",
    "alarms",
    "alike",
    "angles_to_pca",
    "baseline_curve",
    "beside_pca",
    "biases",
    "clamped",
    "codes",
    "contraction_ratio",
    "cosine",
    "denoised",
    "field",
    "filters",
    "flow",
    "gabor_share",
    "gabors",
    "keep_strongest",
    "means",
    "plane",
    "principal_angles",
    "properties",
    "psnr_curve",
    "shown",
    "singular_values",
    "slide",
    "strongest",
    "tangents",
    "walk",
    "weights",
]
