"""Fills the tables of docs/studies.md and writes docs/study.schema.json.

    python docs/studies.py            # writes both
    python docs/studies.py --check    # only tells whether they are up to date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # to run as a script from anywhere

from docs.tables import ROOT, filled
from engine.study.files.study_schema import field_tables, questionnaire_table, ready_made_table, schema


def main(arguments: Sequence[str] = ()) -> int:
    """Writes both files, or compares them with `--check`; returns the exit code."""
    wanted = {ROOT / "docs" / "studies.md": page(), ROOT / "docs" / "study.schema.json": schema_text()}
    old = [path.name for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        print(f"{', '.join(old)}: out of date; run `python docs/studies.py`." if old else "All is up to date.")
        return int(bool(old))
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """docs/studies.md with its tables filled."""
    text = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    tables = {"ready-made": ready_made_table(), "fields": field_tables(), "questionnaires": questionnaire_table()}
    for name, table in tables.items():
        text = filled(text, name, table)
    return text


def schema_text() -> str:
    """docs/study.schema.json as `python -m engine.study.files.study_file --schema` prints it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
