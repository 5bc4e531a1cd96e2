"""The networks that the build needs: made from their sources and proven by `models`, or found unchanged."""
from __future__ import annotations

from pathlib import Path

import models

from .. import BUILD, NODE_MODULES, BuildError, cache, log
from ..lock import build_lock


def build() -> dict[str, Path]:
    """The file of every network and of its variants, by name. Raises BuildError in the words of `models`."""
    try:
        with build_lock(cache(), log):
            return models.build(cache() / "models", BUILD / "models", NODE_MODULES, lambda sentence: log(f"  {sentence}"))
    except models.ModelError as error:
        raise BuildError(error.message, error.remedy) from error
