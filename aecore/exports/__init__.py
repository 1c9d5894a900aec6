"""Exports: a run as figures, animations and a report, made without a page."""

from aecore.exports.films import films
from aecore.exports.report import report
from aecore.exports.scenes import Shown, onnx, open_run, scenes
from aecore.exports.stills import NoBrowser, stills

__all__ = ["NoBrowser", "Shown", "films", "onnx", "open_run", "report", "scenes", "stills"]
