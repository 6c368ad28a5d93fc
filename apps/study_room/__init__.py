"""What both apps show of a study to its owner: results, participants, new studies, files."""

from __future__ import annotations
