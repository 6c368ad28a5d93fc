"""Page Hypotheses: what moves a classifier, found on some codes and tested on others, laid out for print."""

from __future__ import annotations

import functools
import json
import time

import streamlit as st

from apps.hypothesising import Grounds, drawing, names_of_untested, readers
from apps.refusals import told
from apps.report_pages import hypotheses_cards as cards
from apps.report_pages import models
from apps.report_pages.hypotheses_sitting import Question, Sitting, go_on
from engine.explain.hypotheses import Session
from engine.explain.hypotheses.session import MAX_BYTES
from engine.figures.hypotheses_report import hypotheses_report

BANK, CODES = (8, 512), (3, 2048)
MOST_SEED = 999_999
_EVERY_S = 0.1  # between two words of progress; at each of them Streamlit may end the work
_PROPOSED = 3  # findings that are chosen for a test unless one chooses others


def page() -> None:
    """Draws the page; what was found and tested stays until the page is closed."""
    st.html(cards.STYLE)
    for name, reason in models.damaged().items():
        st.sidebar.warning(f"{name} cannot be loaded: {reason}")
    st.header("Hypotheses", anchor=False)
    st.caption(
        "Which change of a code moves what a classifier says of the picture? A search ranks changes on some codes; a "
        "test asks codes that no search has seen, and may prove a hypothesis wrong."
    )
    sitting: Sitting = st.session_state.setdefault("hypotheses", Sitting())
    question = _question()
    if question is not None and st.sidebar.button("Generate", type="primary", width="stretch", key="generate"):
        sitting.begin(question)
    _open(sitting)
    if sitting.searching or sitting.waiting or sitting.unshown:
        _work(sitting)
    if sitting.stopped:
        st.warning(sitting.stopped)
    if sitting.found:
        _found(sitting)
    elif question is not None and not sitting.session.cards and not sitting.stopped:
        st.info("Generate, on the left, looks for what moves the readout.")
    if sitting.session.cards:
        _tested(sitting)


@functools.cache
def grounds() -> Grounds:
    """The generators of this process as hypotheses measure them."""
    return Grounds(models.shelf())


def report(sitting: Sitting) -> bytes:
    """All cards as one HTML page."""
    names = names_of_untested(grounds(), sitting.session)
    return hypotheses_report(sitting.session, sitting.seen, names).encode()


def saved(session: Session) -> bytes:
    """The session as a JSON file, which `Session.save` writes, too."""
    return json.dumps(session.to_json(), indent=1, ensure_ascii=False, allow_nan=False).encode()


def _question() -> Question | None:
    """The sidebar's choice; None where nothing can be chosen, which is told."""
    able, reading = ([one.id for one in listed(models.shelf())] for listed in (drawing, readers))
    if not able or not reading:
        st.info("A model that draws pictures and a classifier are needed: train some with scripts/train_all.py, or "
                "import them.")  # fmt: skip
        return None
    model = st.sidebar.selectbox("Generator", able, key="generator", bind="query-params")
    reader = st.sidebar.selectbox("Classifier", reading, key="classifier", bind="query-params")
    try:
        names = {gauge.output: gauge.name for gauge in grounds().gauges(model, reader)}
        note = grounds().gauges(model, reader)[0].note
    except Exception as error:
        st.error(told(error).text)
        return None
    output = st.sidebar.selectbox(
        "Readout", list(names), format_func=lambda name: names.get(name, name), key="readout", bind="query-params"
    )
    if note:
        st.sidebar.caption(note)
    bank = st.sidebar.number_input("Codes to search on", *BANK, 64, key="bank", bind="query-params")
    seed = st.sidebar.number_input("Seed", 0, MOST_SEED, 0, key="seed", bind="query-params")
    return Question(model=model, reader=reader, output=output, bank=int(bank), seed=int(seed))


def _open(sitting: Sitting) -> None:
    file = st.sidebar.file_uploader(
        "Open a session (JSON)",
        type="json",
        max_upload_size=MAX_BYTES // 2**20,
        key="session_file",
        help="Its cards take the place of those on the page.",
    )
    if file is None or file.file_id == sitting.opened:
        return
    try:
        sitting.open(file.getvalue(), file.file_id)
    except Exception as error:
        sitting.stop(f"{file.name}: {told(error).text}")


def _work(sitting: Sitting) -> None:
    """Works under a progress bar; any click of the visitor ends it, and the next run goes on unless that was Stop."""
    place, last = st.empty(), 0.0
    with place.container():
        bar = st.progress(0.0, "Looking at the models")
        st.button("Stop", key="stop_hypotheses", on_click=sitting.stop, args=("Stopped as asked.",))

    def show(words: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            bar.progress(min(share, 1.0), words)

    try:
        go_on(sitting, grounds(), on_progress=show)
    except Exception as error:
        sitting.stop(told(error).text)
    place.empty()


def _found(sitting: Sitting) -> None:
    asked, first = sitting.asked, sitting.found[0]
    assert asked is not None
    st.subheader(f"What moves {first.gauge.name}", anchor=False)
    st.caption(
        f"`{asked.model}` read by `{asked.reader}`: mean effects over {first.count} codes, seed {asked.seed}, "
        "strongest first. Pictures show the code where the effect is clearest, before and after."
    )
    if sitting.note:
        st.caption(sitting.note)
    cards.findings(sitting.found, sitting.pictures)
    known = {card.hypothesis for card in sitting.session.cards}
    left = [row for row, one in enumerate(sitting.found) if one.hypothesis() not in known]
    if not left:
        return
    chosen = st.multiselect(
        "Hypotheses to test",
        left,
        default=left[:_PROPOSED],
        format_func=lambda row: f"{row + 1}. {sitting.found[row]}",
        key=f"chosen {sitting.searches} {len(sitting.session.cards)}",
    )
    count = st.number_input("Fresh codes", *CODES, 128, key="codes", width=160)
    if st.button("Test", key="test", type="primary", disabled=not chosen):
        sitting.test_findings(chosen, int(count))
        st.rerun()


def _tested(sitting: Sitting) -> None:
    session = sitting.session
    st.subheader("Tested on fresh codes", anchor=False)
    tested = len(session.cards) - len(sitting.untested)
    st.caption(
        f"{len(session.cards)} cards, {tested} tested. p-values are two-sided, of sign-flip permutation tests, after "
        f"Holm's correction for all {tested} tests."
    )
    left, right, rest = st.columns([1, 1, 2])
    save = ":material/download:"
    left.download_button(
        "Report (HTML)", lambda: report(sitting), "hypotheses.html", "text/html", icon=save, on_click="ignore"
    )
    right.download_button(
        "Session (JSON)", lambda: saved(session), "hypotheses.json", "application/json", icon=save, on_click="ignore"
    )
    untested = sitting.untested
    if untested and rest.button(f"Test the {len(untested)} untested", key="test_untested"):
        sitting.test(untested, sitting.count)
        st.rerun()
    names = names_of_untested(grounds(), session)
    for number, (card, verdict) in enumerate(zip(session.cards, session.verdicts, strict=True)):
        cards.card(
            number,
            card,
            verdict,
            seen=sitting.seen.get(number),
            name=names.get(number, ""),
            note=sitting.unseen.get(number, ""),
        )
