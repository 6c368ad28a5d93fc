"""The table of recipes: one file per published system, joined here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.training.recipe import Recipe
from engine.training.recipes import classifiers, faces, hypotheses, interactive_reconstruction

_TABLES = (interactive_reconstruction, classifiers, faces, hypotheses)
RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.id: recipe for table in _TABLES for recipe in table.rows()})
