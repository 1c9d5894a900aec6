"""Views: a model and samples in, arrays out."""

from collections.abc import Callable

from aecore.views.activations import Flow, flow
from aecore.views.alarms import Alarm, alarms
from aecore.views.arithmetic import along
from aecore.views.codes import Plane, codes, plane
from aecore.views.contraction import Tangents, contraction_ratio, singular_values, slide, tangents
from aecore.views.decoders import Layer, decoded, layers, leading, near, spans, usage
from aecore.views.denoised import Denoised, baseline_curve, denoised, denoiser, psnr_curve
from aecore.views.disentanglement import Scores, grid, listed, mig, mutual_information, scores
from aecore.views.filters import filters
from aecore.views.gabor import Gabors, gabor_share, gabors
from aecore.views.geometry import angles_to_pca, principal_angles
from aecore.views.likelihood import Printed, conventions, importance_bound
from aecore.views.manifold import between, fresh, manifold
from aecore.views.neighbours import Near, Quality, nearest, quality
from aecore.views.neurons import Clamped, alike, biases, clamped, extremes, keep_strongest, means, strongest, weights
from aecore.views.posteriors import Posteriors, posteriors
from aecore.views.projections import Projected, Projection, project
from aecore.views.properties import Properties, properties
from aecore.views.reconstructions import Rows, beside_pca, contrast, shown
from aecore.views.score import Field, cosine, field, walk
from aecore.views.surveys import Survey, survey
from aecore.views.tiled import tiled
from aecore.views.traversals import Traversals, traversals

TABLE: dict[str, tuple[Callable[..., object], ...]] = {
    "activations": (flow,),
    "alarms": (alarms,),
    "arithmetic": (along,),
    "codes": (codes, plane),
    "contraction": (contraction_ratio, singular_values, slide, tangents),
    "decoders": (decoded, layers, leading, near, spans, usage),
    "denoised": (baseline_curve, denoised, denoiser, psnr_curve),
    "disentanglement": (grid, listed, mig, mutual_information, scores),
    "filters": (filters,),
    "gabor": (gabor_share, gabors),
    "geometry": (angles_to_pca, principal_angles),
    "likelihood": (conventions, importance_bound),
    "manifold": (between, fresh, manifold),
    "neighbours": (nearest, quality),
    "neurons": (alike, biases, clamped, extremes, keep_strongest, means, strongest, weights),
    "posteriors": (posteriors,),
    "projections": (project,),
    "properties": (properties,),
    "reconstructions": (beside_pca, contrast, shown),
    "score": (cosine, field, walk),
    "surveys": (survey,),
    "tiled": (tiled,),
    "traversals": (traversals,),
}

__all__ = [
    "TABLE",
    "Alarm",
    "Clamped",
    "Denoised",
    "Field",
    "Flow",
    "Gabors",
    "Layer",
    "Near",
    "Plane",
    "Posteriors",
    "Printed",
    "Projected",
    "Projection",
    "Properties",
    "Quality",
    "Rows",
    "Scores",
    "Survey",
    "Tangents",
    "Traversals",
    "alarms",
    "alike",
    "along",
    "angles_to_pca",
    "baseline_curve",
    "beside_pca",
    "between",
    "biases",
    "clamped",
    "codes",
    "contraction_ratio",
    "contrast",
    "conventions",
    "cosine",
    "decoded",
    "denoised",
    "denoiser",
    "extremes",
    "field",
    "filters",
    "flow",
    "fresh",
    "gabor_share",
    "gabors",
    "grid",
    "importance_bound",
    "keep_strongest",
    "layers",
    "leading",
    "listed",
    "manifold",
    "means",
    "mig",
    "mutual_information",
    "near",
    "nearest",
    "plane",
    "posteriors",
    "principal_angles",
    "project",
    "properties",
    "psnr_curve",
    "quality",
    "scores",
    "shown",
    "singular_values",
    "slide",
    "spans",
    "strongest",
    "survey",
    "tangents",
    "tiled",
    "traversals",
    "usage",
    "walk",
    "weights",
]
