"""Principal directions of a model: of all its codes, and of a StyleGAN2 for each group of layers as well."""

from __future__ import annotations

from dataclasses import dataclass

from engine.checkpoints import Direction
from engine.explain.directions.coordinates import coordinates, is_layered, movable
from engine.explain.directions.finder import DIRECTIONS, Latents
from engine.explain.directions.principal import principal
from engine.interfaces import Layout


@DIRECTIONS.register("principal")
@dataclass(frozen=True, kw_only=True)
class PrincipalDirections:
    """Along which codes differ most; no labels are needed.

    Attributes:
        count: How many of each; fewer where the code has fewer entries.
        groups: Groups of neighbouring layers that also get directions of their own, which move these layers alone;
            1 for none. Codes that are no styles of layers have no groups.
    """

    count: int = 10
    groups: int = 1

    def check(self, layout: Layout, outputs: tuple[str, ...]) -> None:
        """Refuses more groups than there are layers; labels are not needed.

        Raises:
            ValueError: If a group would be empty, no component is asked for, or nothing of the code can move.
        """
        parts = movable(layout)
        if self.count < 1:
            raise ValueError(f"At least one principal direction should be asked for; got {self.count}.")
        if is_layered(layout):
            neighbours(len(parts), self.groups)

    def find(self, latents: Latents) -> tuple[Direction, ...]:
        """Those of all parts, then those of each group, most important first.

        Raises:
            ValueError: If there are more groups than layers, or less than one of either.
        """
        self.check(latents.layout, latents.outputs)
        whole = movable(latents.layout)
        parts = [whole]
        if is_layered(latents.layout) and self.groups != 1:
            parts += [tuple(whole[place] for place in group) for group in neighbours(len(whole), self.groups)]
        return tuple(direction for group in parts for direction in self._of(latents, group, group == whole))

    def _of(self, latents: Latents, parts: tuple[int, ...], whole: bool) -> list[Direction]:
        points = coordinates(latents.codes, latents.layout, parts)
        found = principal(points, min(self.count, points.shape[1]))
        words = "" if whole else f", {_words(parts, latents.layout)}"
        return [
            Direction(
                name=f"PC {k + 1}{words}",
                parts=parts,
                vector=found.vectors[k],
                about={
                    "way": "principal",
                    "explained": float(found.explained[k]),
                    "standard_deviation": float(found.scales[k]),
                },
            )
            for k in range(len(found.vectors))
        ]


def neighbours(count: int, groups: int) -> list[range]:
    """0 ... count - 1 in groups of neighbours, the larger ones first: 18 in 4 are 5, 5, 4, 4.

    Raises:
        ValueError: If a group would be empty.
    """
    if not 1 <= groups <= count:
        raise ValueError(f"{count} layers make 1 to {count} groups; got {groups}.")
    small, more = divmod(count, groups)
    ends = [k * small + min(k, more) for k in range(groups + 1)]
    return [range(ends[k], ends[k + 1]) for k in range(groups)]


def _words(parts: tuple[int, ...], layout: Layout) -> str:
    first, last = layout[parts[0]].name, layout[parts[-1]].name
    return first if first == last else f"{first} to {last.rpartition(' ')[2]}"
