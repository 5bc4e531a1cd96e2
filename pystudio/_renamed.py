"""Modules under the names that they had before version 0.2: code that readers keep in their browsers, or share by link, goes on working.

``from pystudio import metrics`` and ``import pystudio.metrics`` give a module that looks up every name in `pystudio.measure.metrics`. Names of
functions and classes that changed are looked up under their new names; parameters that changed their names are not translated.
"""
from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["MODULES", "NAMES", "install"]

#: Old module to new module, both below ``pystudio``.
MODULES = {
    "boundary": "measure.boundary",
    "cell": "notebook",
    "classic": "segment.classic",
    "colour": "render.colour",
    "cost": "networks.cost",
    "effects": "render.effects",
    "exchange": "formats",
    "export": "render.png",
    "instances": "segment.instances",
    "layers": "networks.layers",
    "learner": "networks.pixel_classifier",
    "losses": "networks.losses",
    "matching": "measure.region_matching",
    "matte": "segment.matting",
    "measured": "measure.report",
    "metrics": "measure.metrics",
    "microscope": "networks.uncertainty",
    "network": "networks.network",
    "own_network": "networks.user_network",
    "paint": "segment.canvas",
    "panoptic": "measure.panoptic",
    "region": "segment.region_growing",
    "reports": "exercises.reports",
    "spoil": "measure.perturb",
    "studio": "session.session",
    "tasks": "exercises.grading",
}

#: Old module to its names that changed: each to the new one, or to "module:name" where it went elsewhere.
NAMES = {
    "cell": {"Fault": "CellFailure", "Sheet": "OutputStream"},
    "classic": {"boundaries": "find_boundaries"},
    "exchange": {"Sheet": "Annotation"},
    "instances": {"find": "find_instances", "flood": "watershed", "regrown": "upsample_instances"},
    "learner": {"Learner": "PixelClassifier"},
    "matte": {"Refined": "RefinedMatte", "hard": "hard_matte", "small_photo": "downsample_photo"},
    "measured": {"reduced": "downsample_labels"},
    "microscope": {"Doubt": "UncertaintyMeasure", "DOUBTS": "MEASURES", "MAPS": "MAP_FUNCTIONS", "narrow": "low_margin", "second": "second_best"},
    "own_network": {"Found": "Inspection", "OwnNetwork": "UserNetwork", "judge": "inspect", "make": "make_network", "completed": "complete_recipe",
                    "refusal": "explain_rejection", "read_header": "networks.onnx_reader:read_header"},
    "spoil": {"Kind": "PerturbationKind", "KINDS": "PERTURBATIONS", "Step": "Perturbation", "spoil": "perturb", "grow": "dilation", "shrink": "erosion",
              "thin": "opening"},
    "studio": {"Studio": "Session"},
    "tasks": {"Verdict": "Grade", "thing": "foreground_mask"},
}


class _Renamed(ModuleType):
    """A module of that time."""

    def __getattr__(self, name: str) -> Any:
        old = self.__name__.removeprefix("pystudio.")
        new, _, elsewhere = NAMES.get(old, {}).get(name, name).partition(":")
        module = import_module(f"pystudio.{new if elsewhere else MODULES[old]}")
        return getattr(module, elsewhere or new)


class _Finder:
    """Finds them, for ``import``."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        package, _, old = name.rpartition(".")
        return ModuleSpec(name, _Finder) if package == "pystudio" and old in MODULES else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return _Renamed(spec.name, f"Since version 0.2: `pystudio.{MODULES[spec.name.rpartition('.')[2]]}`.")

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """There is nothing to run."""


def install() -> None:
    """Let the old names be imported."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)  # type: ignore[arg-type]
