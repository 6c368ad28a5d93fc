"""Training: recipes (the tables), the loop that fits any of them, and its resumable state."""

from __future__ import annotations

from engine.training.recipe import Network, Recipe
from engine.training.recipes import RECIPES

__all__ = ["RECIPES", "Network", "Recipe"]
