"""What a store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.study.store import (
    Head,
    NewerStoreError,
    ResponseError,
    Store,
    StoreError,
    UnknownSessionError,
    UnknownStudyError,
    migrations,
)
from engine.study.store.encoding import dumps, to_json
from engine.study.store.tables import TABLES
from tests.study.store.samples import NOW_MS, STUDY, answer_all, plan_for, response_to


def begin(store, study=STUDY):
    return store.begin(study, plan_for, NOW_MS)


def test_a_session_comes_back_as_it_was(store):
    begun = begin(store)
    assert (begun.participant, begun.plan, begun.finished_ms) == ("p0001", plan_for(0), None)
    responses = answer_all(store, begun)
    found = store.session(begun.token)
    assert found.responses == tuple(responses)
    assert replace(found, responses=(), finished_ms=None, clock_ms=begun.clock_ms) == begun
    assert len(found.clock_ms) == 1 + len(responses)


def test_a_session_ends_with_its_last_step_whatever_their_order(store):
    begun = begin(store)
    steps = list(range(len(begun.plan.steps)))
    random.Random(0).shuffle(steps)
    for step in steps:
        assert store.session(begun.token).finished_ms is None
        store.save(response_to(begun, step), NOW_MS)
    assert store.session(begun.token).finished_ms >= begun.began_ms


def test_sent_twice_is_stored_once(store):
    begun = begin(store)
    response = response_to(begun, 2)
    assert store.save(response, NOW_MS) == "stored"
    assert store.save(response, NOW_MS) == "repeated"
    assert store.save(replace(response, outcome="skipped"), NOW_MS) == "repeated"
    assert store.session(begun.token).responses == (response,)


def test_a_second_tab_learns_that_the_step_is_confirmed(store):
    begun = begin(store)
    first, second = (response_to(begun, 2, chance=random.Random(seed)) for seed in "ab")
    assert store.save(first, NOW_MS) == "stored"
    assert store.save(second, NOW_MS) == "taken"
    assert store.session(begun.token).responses == (first,)


def test_an_id_belongs_to_one_step(store):
    one, other = begin(store), begin(store)
    response = response_to(one, 2)
    store.save(response, NOW_MS)
    for forged in (replace(response_to(one, 3), id=response.id), replace(response_to(other, 2), id=response.id)):
        with pytest.raises(ResponseError, match="has confirmed another step"):
            store.save(forged, NOW_MS)
    assert store.session(other.token).responses == ()


@pytest.mark.parametrize("token", ["nothing", "", "a\x00b", "\ud800", "x" * 10_000, "' OR 1=1 --"])
def test_an_unknown_session_is_named(store, token):
    begun = begin(store)
    response = replace(response_to(begun, 0), session=token)
    for ask in (lambda: store.save(response, NOW_MS), lambda: store.withdraw(token)):
        with pytest.raises(UnknownSessionError, match="no such session"):
            ask()
    assert store.session(token) is None


def test_numbers_follow_each_other_in_every_study(store):
    assert [begin(store).plan.number for _ in range(3)] == [0, 1, 2]
    assert begin(store, replace(STUDY, name="other")).plan.number == 0
    assert [session.plan.number for session in store.sessions("dials")] == [0, 1, 2]
    assert list(store.sessions("none")) == []


def test_a_plan_that_cannot_be_drawn_costs_no_number(store):
    def fail(number):
        raise OSError(f"the model of session {number} is gone")

    begin(store)
    with pytest.raises(OSError, match="session 1 is gone"):
        store.begin(STUDY, fail, NOW_MS)
    with pytest.raises(ValueError, match=r"make_plan\(1\) should draw the plan of session 1; got 7"):
        store.begin(STUDY, lambda number: plan_for(7), NOW_MS)
    assert begin(store).participant == "p0002"


def test_a_session_that_cannot_be_stored_costs_no_number(store, monkeypatch):
    def unwritable(number):
        plan = plan_for(number)
        return replace(plan, steps=(replace(plan.steps[2], start=(float("nan"),) * 3),))

    with pytest.raises(ValueError, match="not JSON compliant"):
        store.begin(STUDY, unwritable, NOW_MS)
    with monkeypatch.context() as now:
        now.setattr("engine.study.store.store.keep_version", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            begin(store)
    assert begin(store).participant == "p0001"


def fail(*_):
    raise StoreError("the disk is full")


def test_a_session_whose_commit_only_seemed_to_fail_keeps_its_number(store, monkeypatch):
    insert, key = store._insert_session, str(uuid4())
    with monkeypatch.context() as now:
        now.setattr(store, "_insert_session", lambda *given: fail(insert(*given)))
        with pytest.raises(StoreError, match="the disk is full"):
            store.begin(STUDY, plan_for, NOW_MS, key=key)
    assert begin(store).participant == "p0002"
    assert store.begin(STUDY, plan_for, NOW_MS, key=key).participant == "p0001"


def test_the_same_key_is_given_the_same_session(store):
    key = str(uuid4())
    begun = store.begin(STUDY, plan_for, NOW_MS, key=key)
    assert store.begin(STUDY, fail, NOW_MS + 5.0, key=key) == begun
    responses = answer_all(store, begun)
    assert store.begin(STUDY, fail, NOW_MS, key=key).responses == tuple(responses)
    others = [begin(store), begin(store), store.begin(STUDY, plan_for, NOW_MS, key=str(uuid4()))]
    assert [other.participant for other in others] == ["p0002", "p0003", "p0004"]
    with pytest.raises(ResponseError, match="key should be a UUID in lower case.*got 'mine'"):
        store.begin(STUDY, plan_for, NOW_MS, key="mine")


def test_the_same_key_twice_at_once_begins_one_session(store):
    key, together = str(uuid4()), threading.Barrier(2)

    def slowly(number):
        together.wait(60)  # both were given a number
        return plan_for(number)

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(store.begin, STUDY, slowly, NOW_MS, key=key) for _ in range(2)]
    assert asked[0].result() == asked[1].result() == next(store.sessions("dials"))
    assert len(list(store.sessions("dials"))) == 1
    assert begin(store).plan.number > 0


def test_what_a_page_asks_at_every_step_reads_no_history(store, monkeypatch):
    begun = begin(store)
    assert (store.plan(begun.token), store.confirmed(begun.token)) == (begun.plan, frozenset())
    begun = begin(store)
    for step in (2, 0, 3):
        store.save(response_to(begun, step), NOW_MS)
    monkeypatch.setattr("engine.study.store.rows.zlib.decompress", fail)
    assert (store.plan(begun.token), store.confirmed(begun.token)) == (begun.plan, frozenset({0, 2, 3}))
    head = store.head(begun.token)
    assert head == Head(**{field.name: getattr(begun, field.name) for field in fields(Head)})
    assert head.finished_ms is None
    for step in (1, 4, 5):
        store.save(response_to(begun, step), NOW_MS)
    assert store.confirmed(begun.token) == frozenset(range(6))
    assert store.head(begun.token).finished_ms >= begun.began_ms
    store.withdraw(begun.token)
    for ask in (store.plan, store.confirmed, store.head):
        for token in (begun.token, "nothing", "a\x00b"):
            with pytest.raises(UnknownSessionError, match="no such session"):
                ask(token)


def test_tokens_codes_and_participants_differ(store):
    sessions = [begin(store) for _ in range(5)]
    for name in ("token", "completion_code", "participant"):
        assert len({getattr(session, name) for session in sessions}) == 5


def test_a_changed_study_is_a_new_version(store):
    changed = replace(STUDY, title="Dials again")
    versions = [begin(store, study).version for study in (STUDY, changed, STUDY)]
    assert versions == [1, 2, 1]
    assert [session.version for session in store.sessions("dials")] == versions
    assert (store.study("dials"), store.study("dials", 1)) == (changed, STUDY)
    first, second = store.studies()
    assert (first.study, first.version, first.sessions, first.finished) == (STUDY, 1, 2, 0)
    assert (second.study, second.version, second.sessions) == (changed, 2, 1)
    with pytest.raises(UnknownStudyError, match="dials has no version 9"):
        store.study("dials", 9)
    with pytest.raises(UnknownStudyError, match="did you mean 'dials'"):
        store.study("dial")


def test_clocks_are_compared_when_a_session_begins_and_at_every_response(place):
    with Store.open(place, clock=lambda: 1_000.0) as store:
        begun = store.begin(STUDY, plan_for, 1_000_250.0)
        store.save(response_to(begun, 0), 1_000_260.0)
        store.save(response_to(begun, 1), 400.0)  # a clock that was set back is kept, and told
        assert store.session(begun.token).clock_ms == (250.0, 260.0, -999_600.0)
        with pytest.raises(ResponseError, match="page_clock_ms should be a finite number; got nan"):
            store.save(response_to(begun, 2), float("nan"))


def test_waiting_for_a_turn_is_no_difference_of_clocks(place):
    with Store.open(place, clock=lambda: 31.0) as store:
        begun = store.begin(STUDY, plan_for, 1_250.0, arrived_ms=1_000.0)
        store.save(response_to(begun, 0), 11_250.0, arrived_ms=11_000.0)
        found = store.session(begun.token)
        assert (found.began_ms, found.clock_ms) == (31_000.0, (250.0, 250.0))


def test_withdrawing_deletes_one_participant(store):
    gone, kept = begin(store), begin(store)
    answer_all(store, gone)
    responses = answer_all(store, kept)
    assert store.withdraw(gone.token)
    assert store.session(gone.token) is None
    assert [session.responses for session in store.sessions("dials")] == [tuple(responses)]
    with pytest.raises(UnknownSessionError, match="withdrawn"):
        store.save(response_to(gone, 0), NOW_MS)
    assert begin(store).participant == "p0003"  # the number is not given twice


def test_nothing_withdrawn_stays_in_the_file(tmp_path):
    with Store.open(tmp_path / "studies.sqlite") as store:
        begun = begin(store)
        answer_all(store, begun)
        secrets = [begun.token, begun.completion_code, "SUM(1)", response_to(begun, 2).id]
        before = b"".join(path.read_bytes() for path in tmp_path.glob("studies.sqlite*"))
        assert all(secret.encode() in before for secret in secrets)
        store.withdraw(begun.token)
        after = b"".join(path.read_bytes() for path in tmp_path.glob("studies.sqlite*"))
        assert not [secret for secret in secrets if secret.encode() in after]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
    entries=st.integers(2, 60),
    comment=st.text(max_size=200),
    shown=st.floats(0, 1e15),
)
def test_any_numbers_and_any_text_come_back_to_the_bit(store, numbers, entries, comment, shown):
    begun = begin(store)
    moved = response_to(begun, 2, entries=entries)
    history = replace(moved.history, code=(*moved.history.code[:-1], tuple(numbers)))
    moved = replace(moved, history=history, answer={**moved.answer, "code": numbers}, shown_ms=shown)
    said = response_to(begun, 5)
    said = replace(said, answer={**said.answer, "comments": comment})
    for response in (moved, said):
        assert store.save(response, NOW_MS) == "stored"
    assert store.session(begun.token).responses == (moved, said)


def test_a_store_opens_again_with_all_it_had(place):
    with Store.open(place) as store:
        begun = begin(store)
        responses = answer_all(store, begun)
    with Store.open(place) as store:
        assert store.session(begun.token).responses == tuple(responses)
        assert begin(store).participant == "p0002"


def test_the_migrations_lead_to_the_tables_that_queries_see(store):
    with store.database.reading() as connection:
        look = sa.inspect(connection)
        assert set(look.get_table_names()) == {*TABLES.tables, "schema_version"}
        for name, table in TABLES.tables.items():
            there = {column["name"]: column["nullable"] for column in look.get_columns(name)}
            keys = {column.name for column in table.primary_key}
            assert there.keys() == set(table.columns.keys())
            assert {one: null for one, null in there.items() if one not in keys} == {
                column.name: column.nullable for column in table.columns if column.name not in keys
            }
            unique = {tuple(one["column_names"]) for one in look.get_unique_constraints(name)}
            wanted = {
                tuple(column.name for column in one.columns)
                for one in table.constraints
                if isinstance(one, sa.UniqueConstraint)
            }
            assert unique == wanted
            indexes = {one["name"]: one for one in look.get_indexes(name) if not one.get("duplicates_constraint")}
            assert {name: (one["column_names"], bool(one["unique"])) for name, one in indexes.items()} == {
                one.name: ([column.name for column in one.columns], one.unique) for one in table.indexes
            }


def test_sessions_of_the_first_schema_go_on(place, monkeypatch):
    session = {
        "token": "old", "study": "dials", "version": 1, "number": 0, "participant": "p0001",
        "plan": dumps(to_json(plan_for(0))), "began_ms": 1.5, "completion_code": "ABCD-EFGH", "clock_ms": 0.5,
        "file": str(uuid4()),
    }  # fmt: skip
    rows = {
        "studies": {"name": "dials", "next_number": 1},
        "versions": {"study": "dials", "version": 1, "hash": "0", "text": dumps(to_json(STUDY))},
        "sessions": session,
    }
    with monkeypatch.context() as then:
        then.setattr(migrations, "STEPS", migrations.STEPS[:1])
        with Store.open(place) as store, store.database.writing() as connection:
            for table, row in rows.items():
                values = ", ".join(f":{name}" for name in row)
                connection.execute(sa.text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"), row)
    with Store.open(place) as store:
        assert store.session("old").plan == plan_for(0)
        assert begin(store).participant == "p0002"
        assert store.save(response_to(store.session("old"), 0), NOW_MS) == "stored"


def test_an_older_store_is_brought_up_to_date_and_a_newer_one_is_refused(place, monkeypatch):
    with Store.open(place) as store:
        begun = begin(store)
        responses = answer_all(store, begun)
    added = "ALTER TABLE sessions ADD COLUMN language TEXT NOT NULL DEFAULT 'en'"
    with monkeypatch.context() as later:
        later.setattr(migrations, "STEPS", (*migrations.STEPS, (added,)))
        for _ in range(2):  # the second time there is nothing left to do
            with Store.open(place) as store:
                assert store.session(begun.token).responses == tuple(responses)
                with store.database.reading() as connection:
                    assert connection.scalar(sa.text("SELECT language FROM sessions")) == "en"
    with pytest.raises(NewerStoreError, match="schema 3, this program knows up to 2.*Update Latent Explorer"):
        Store.open(place)


def test_a_step_that_fails_leaves_the_older_store(place, monkeypatch):
    with Store.open(place) as store:
        token = begin(store).token
    bad = ("ALTER TABLE sessions ADD COLUMN language TEXT", "SELECT nonsense FROM nowhere")
    with monkeypatch.context() as later:
        later.setattr(migrations, "STEPS", (*migrations.STEPS, bad))
        with pytest.raises(StoreError, match="nowhere"):
            Store.open(place)
    with Store.open(place) as store:
        assert store.session(token)


def test_what_is_no_database_is_told(tmp_path):
    (tmp_path / "text.sqlite").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(tmp_path / "text.sqlite")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="LATENT_EXPLORER_STUDIES"):
        Store.open(tmp_path / "file" / "studies.sqlite")
    with pytest.raises(StoreError, match=r"SQLite file or in PostgreSQL; got mysql"):
        Store.open("mysql://somebody@here/studies")
    with pytest.raises(StoreError, match=r"like postgresql://user@host/name"):
        Store.open("://")


def test_a_server_that_is_not_there_is_told(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="check that it can be reached"):
        Store.open(f"postgresql://nobody@/studies?host={tmp_path}")


def test_sqlite_waits_for_the_disk(tmp_path):
    with Store.open(tmp_path / "studies.sqlite") as store, store.database.writing() as connection:
        asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert asked == ["wal", 2]  # 2: FULL


def test_the_setting_names_the_place(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_STUDIES", str(tmp_path / "answers"))
    with Store.open() as store:
        begin(store)
    assert (tmp_path / "answers" / "studies.sqlite").is_file()


def test_a_studys_mark_changes_with_every_answer(store):
    marks = [store.mark(STUDY.name)]
    session = begin(store)
    marks.append(store.mark(STUDY.name))
    for step in range(2):
        store.save(response_to(session, step), NOW_MS)
        marks.append(store.mark(STUDY.name))
    assert store.mark(STUDY.name) == marks[-1]
    store.withdraw(session.token)
    assert store.mark(STUDY.name) == marks[0]
    assert len(set(marks)) == 4
    assert marks[-1][:2] == (1, 2)
    assert store.mark("another study") == (0, 0, 0.0)
