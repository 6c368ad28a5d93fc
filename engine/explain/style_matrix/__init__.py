"""The style matrix: a few styles for each exchangeable part of a code, mixed pairwise, with ratings beside.

    slots = slots_of(model, columns=4)                        # engine.models.slots
    bank = make_bank(model, slots, BankSettings(styles=8, columns=4, seed=7))
    session = Session(state=commands.start(len(slots), bank.settings, generator=generator))
    session = session.do(commands.mix, 2, 1.25)               # column 2 to the position 1.25
    renderer = Renderer(model)
    preview = renderer.pictures(bank, needed(session.state), step=session.state.step, size=64)
    rating = Rater(renderer).ratings(bank, [session.state.picture], gauge)
    text = save_session(session, model=model.id, bank=bank.id)

configuration.py  what one picture is made of, and its normal form; notation.py: as text and JSON
bank.py           the styles; push.py: styles at an extreme of a readout
state.py          a snapshot; commands.py: from one to the next; session.py: undo, redo, bookmarks; session_file.py
tiles.py          which pictures a view needs; rendering.py and ratings.py draw and rate them
mix_grid.py, sensitivity.py, export_count.py
"""

from __future__ import annotations

from engine.explain.style_matrix import commands
from engine.explain.style_matrix.bank import Bank, BankSettings, make_bank, with_given
from engine.explain.style_matrix.configuration import STEP, Configuration, Mix, Mixed, Single
from engine.explain.style_matrix.export_count import export_configurations, export_count
from engine.explain.style_matrix.mix_grid import MixGrid, coarse, mix_grid
from engine.explain.style_matrix.notation import from_json, from_text, to_json, to_text
from engine.explain.style_matrix.push import push
from engine.explain.style_matrix.ratings import Rater, Rating
from engine.explain.style_matrix.rendering import Renderer
from engine.explain.style_matrix.sensitivity import Sensitivity, sensitivity
from engine.explain.style_matrix.session import Bookmark, Session
from engine.explain.style_matrix.session_file import (
    SavedSession,
    load_session,
    save_session,
    settings_from_json,
    settings_to_json,
    state_from_json,
    state_to_json,
)
from engine.explain.style_matrix.state import State
from engine.explain.style_matrix.tiles import by_rating, needed, result_tiles, style_tiles, tiles

__all__ = [
    "STEP",
    "Bank",
    "BankSettings",
    "Bookmark",
    "Configuration",
    "Mix",
    "MixGrid",
    "Mixed",
    "Rater",
    "Rating",
    "Renderer",
    "SavedSession",
    "Sensitivity",
    "Session",
    "Single",
    "State",
    "by_rating",
    "coarse",
    "commands",
    "export_configurations",
    "export_count",
    "from_json",
    "from_text",
    "load_session",
    "make_bank",
    "mix_grid",
    "needed",
    "push",
    "result_tiles",
    "save_session",
    "sensitivity",
    "settings_from_json",
    "settings_to_json",
    "state_from_json",
    "state_to_json",
    "style_tiles",
    "tiles",
    "to_json",
    "to_text",
    "with_given",
]
