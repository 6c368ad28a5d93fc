"""The table of recipes: one file per published system, joined here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.training.recipe import Recipe
from engine.training.recipes import classifiers, faces, interactive_reconstruction

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.id: recipe for table in (interactive_reconstruction, classifiers, faces) for recipe in table.rows()}
)
