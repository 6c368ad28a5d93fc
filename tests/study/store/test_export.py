"""What is exported: three tables in three formats, every column with its meaning, and nothing private if so asked."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pandas as pd
import pytest
from pyarrow import parquet

from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Questionnaire, Reconstruction
from engine.study.store import Store, UnknownStudyError, read_response
from engine.study.store import export as module
from engine.study.store.columns import EVENTS, RESPONSES, SESSIONS, Column
from engine.study.store.encoding import to_json
from engine.study.store.export import export
from tests.study.store.samples import NOW_MS, STUDY, answer_all, plan_for, response_to

TABLES = ("sessions", "responses", "events")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("export") / "studies.sqlite") as opened:
        for _ in range(2):
            answer_all(opened, opened.begin(STUDY, plan_for, NOW_MS))
        unfinished = opened.begin(STUDY, plan_for, NOW_MS)
        opened.save(response_to(unfinished, 0), NOW_MS)
        opened.save(replace(response_to(unfinished, 2), outcome="skipped"), NOW_MS)
        yield opened


@pytest.fixture(scope="module")
def sessions(store):
    return list(store.sessions("dials"))


def read(files):
    """The tables, by name; values as they are in JSON."""
    tables = {}
    for table, path in zip(TABLES, files, strict=False):
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                tables[table] = list(csv.DictReader(file))
        elif path.suffix == ".jsonl":
            tables[table] = [json.loads(line) for line in path.read_text().splitlines()]
        else:
            tables[table] = parquet.read_table(path).to_pylist()
    return tables


def dictionary(files):
    with files[-1].open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_half_a_character_does_not_keep_everybody_from_their_data(tmp_path, format):
    with Store.open(tmp_path / "studies.sqlite") as store:
        begun = store.begin(STUDY, plan_for, NOW_MS)
        said = response_to(begun, 5)
        said = replace(said, answer={**said.answer, "comments": "cut \ud83d"})
        store.save(read_response(to_json(said)), NOW_MS)
        (row,) = read(export(store, "dials", tmp_path, format=format))["responses"]
    assert row["item_comments"] == "cut \ufffd"


def test_every_response_and_every_event_has_a_row(store, sessions, tmp_path):
    tables = read(export(store, "dials", tmp_path, format="jsonl"))
    responses = [response for session in sessions for response in session.responses]
    assert [row["id"] for row in tables["responses"]] == [response.id for response in responses]
    assert len(tables["events"]) == sum(len(response.history.t_ms) for response in responses)
    assert [row["finished"] for row in tables["sessions"]] == [True, True, False]
    assert [row["confirmed"] for row in tables["sessions"]] == [6, 6, 2]
    moved = tables["responses"][2]
    assert moved["kind"] == "reconstruction"
    assert (moved["target"], moved["code"]) == (
        list(sessions[0].plan.steps[2].target), sessions[0].responses[2].answer["code"],
    )  # fmt: skip
    assert [row["code"] for row in tables["events"] if (row["participant"], row["step"]) == ("p0001", 2)] == [
        list(code) for code in sessions[0].responses[2].history.code
    ]
    assert tables["responses"][5]["item_used"] == ["keys", "mouse"]
    assert tables["responses"][4]["model"] == "mnist/ae5"  # the questionnaire after the first stage


def test_all_formats_say_the_same(store, tmp_path):
    lines, rows, cells = (
        read(export(store, "dials", tmp_path / name, format=name)) for name in ("jsonl", "parquet", "csv")
    )
    assert lines == rows
    for table in TABLES:
        assert [[text(value) for value in row.values()] for row in lines[table]] == [
            [value.removeprefix("'") for value in row.values()] for row in cells[table]
        ]


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value) if isinstance(value, list) else str(value)


def test_pandas_reads_the_tables(store, tmp_path):
    files = export(store, "dials", tmp_path)
    frame = pd.read_csv(files[1])
    assert frame.groupby("participant")["step"].count().tolist() == [6, 6, 2]
    assert frame["duration_ms"].dtype == float


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("anonymised", [False, True])
def test_no_column_is_without_its_meaning(store, tmp_path, format, anonymised):
    files = export(store, "dials", tmp_path, format=format, anonymised=anonymised)
    described = {(row["table"], row["column"]): row for row in dictionary(files)}
    there = {(table, name) for table, rows in read(files).items() for name in rows[0]}
    assert described.keys() == there
    assert all(row["meaning"].strip().endswith((".", ")")) and row["type"] for row in described.values())


def test_every_field_of_the_contract_is_exported():
    """A field that is added to a response or a step needs a column, or a place here with the reason."""
    elsewhere = {
        Response: {"session": "token", "answer": "its parts", "history": "events"},
        Reconstruction: {},
        Choice: {"correct": "correct_option"},
        Questionnaire: {"name": "questionnaire", "items": "item_<name>"},
        History: {},
        Session: {"plan": "its parts", "responses": "responses"},
        Plan: {},
    }
    tables = {Session: SESSIONS, Plan: SESSIONS, History: EVENTS}
    for kind, others in elsewhere.items():
        names = {column.name for column in tables.get(kind, RESPONSES)}
        assert set(kind.__dataclass_fields__) - names <= set(others), kind


def test_an_anonymised_export_holds_nothing_that_leads_to_a_person(store, sessions, tmp_path):
    everything = b""
    for format in ("csv", "jsonl"):
        files = export(store, "dials", tmp_path / format, format=format, anonymised=True)
        everything += b"".join(path.read_bytes() for path in files)
    for session in sessions:
        for secret in (session.token, session.completion_code, session.plan.steps[0].text):
            assert secret.encode() not in everything
        assert not [response.id for response in session.responses if response.id.encode() in everything]
    assert b"SUM(1)" not in everything
    rows = read(export(store, "dials", tmp_path / "csv", anonymised=True))
    times = [float(value) for table in rows.values() for row in table for name, value in row.items()
             if name.endswith("_ms") and value]  # fmt: skip
    assert max(times) < 1e9  # the clock stands at 1.8e12
    assert rows["responses"][2]["shown_after_ms"] == "120000.0"
    assert rows["responses"][5]["item_age"] == "35-50"
    parquet_file = export(store, "dials", tmp_path, format="parquet", anonymised=True)[1]
    assert "item_comments" not in parquet.read_schema(parquet_file).names


def test_a_spreadsheet_computes_nothing_that_a_participant_wrote(store, tmp_path):
    said = [row["item_comments"] for row in read(export(store, "dials", tmp_path))["responses"] if row["item_comments"]]
    assert said == ["'=SUM(1) – fine, naïve ☃"] * 2


def test_a_failed_export_leaves_the_one_before(store, tmp_path, monkeypatch):
    before = {path: path.read_bytes() for path in export(store, "dials", tmp_path)}
    failing = Column("study", "text", "Fails.", lambda row: [][row.response.step])
    monkeypatch.setattr(module, "RESPONSES", (failing,))
    with pytest.raises(IndexError):
        export(store, "dials", tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_cannot_be_exported_is_told(store, tmp_path):
    with pytest.raises(UnknownStudyError, match=r"Nobody took part in 'dial'; the store has \['dials'\]"):
        export(store, "dial", tmp_path / "none")
    with pytest.raises(ValueError, match="Tables are written as csv, jsonl, parquet; got 'xls'"):
        export(store, "dials", tmp_path / "none", format="xls")
    assert not (tmp_path / "none").exists()
