"""Study files: what is read is what was written, and everything wrong is named with its line."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.interfaces import Space
from engine.study.design import Contrast, Exclusion, Goal, Item, Study
from engine.study.files.marked_yaml import MAX_BYTES
from engine.study.files.model_facts import ModelFacts, catalogue_facts
from engine.study.files.study_file import check_study, main, parse_study, plain, read_study, write_study
from engine.study.files.study_problem import StudyFileError
from engine.study.measuring.measures import MEASURES
from engine.study.questionnaires import DEMOGRAPHICS, EASE, QUESTIONNAIRES, TASK_LOAD

SMALL = """\
format: 1
name: small
title: Shapes
models: [dsprites/vae, dsprites/gt]
"""

SHAPES = Space(kind="image", shape=(1, 64, 64))
DIGITS = Space(kind="image", shape=(1, 28, 28))
FACTS = {
    "dsprites/vae": ModelFacts(kind="latent", dataset="dsprites", space=SHAPES),
    "dsprites/gt": ModelFacts(kind="latent", dataset="dsprites", space=SHAPES),
    "dsprites/broken": ModelFacts(kind="damaged", dataset="dsprites", error="model.safetensors is cut short"),
    "mnist/tc5": ModelFacts(kind="latent", dataset="mnist", space=DIGITS),
    "mnist/digits": ModelFacts(kind="classifier", dataset="mnist"),
}


def problems(text, facts=None):
    with pytest.raises(StudyFileError) as raised:
        parse_study(text, facts=facts)
    return [str(problem) for problem in raised.value.problems]


def test_a_small_file_has_the_defaults():
    expected = Study(name="small", title="Shapes", models=("dsprites/vae", "dsprites/gt"))
    assert parse_study(SMALL) == expected
    assert parse_study(SMALL, facts=FACTS) == expected


def test_json_is_read_too_even_with_tabs_and_escapes():
    body = {"format": 1, "name": "small", "title": "Shapes 😀", "models": ["dsprites/vae"], "redraw_above": 1e-1}
    study = parse_study(json.dumps(body, indent="\t"))
    assert (study.title, study.redraw_above) == ("Shapes 😀", 0.1)


def test_words_and_times_stay_text():
    text = SMALL + "at_end:\n- {name: q, text: When, kind: choice, options: [yes, no, 12:30, 1_000]}\n"
    assert parse_study(text).at_end[0].options == ("yes", "no", "12:30", "1_000")


def test_a_ready_made_questionnaire_is_named_and_written_out():
    study = parse_study(SMALL + "after_model:\n- use: ease\n- use: task-load\n")
    assert study.after_model == EASE + TASK_LOAD
    assert "use:" not in write_study(study)
    assert parse_study(write_study(study)) == study


def test_all_problems_come_at_once_with_line_column_and_field():
    text = """\
format: 1
name: Bad Name
titel: Shapes
models: [mnist/tc5, mnist/tc5]
questions: 0
order: balancd
goal:
  threshold: 1.5
  skip_after_s: soon
contrasts:
  - first: mnist/xx
    second: mnist/tc5
    measure: complation
  - {first: mnist/tc5, second: 7}
after_model:
  - use: ease
  - use: eese
  - {name: x y, text: "", low: 5, high: 1}
"""
    assert problems(text) == [
        "line 1, column 1, title: it is missing; it should be text",
        "line 2, column 7, name: 'Bad Name' does not fit into a link; use up to 64 lower-case letters, digits and "
        "hyphens, and begin and end with a letter or digit",
        "line 3, column 1, titel: No field 'titel'; did you mean 'title'?",
        "line 4, column 21, models[1]: 'mnist/tc5' stands twice; name each model once",
        "line 5, column 12, questions: it should be 1 to 1000, or null for the published number; got 0",
        "line 6, column 8, order: No choice 'balancd'; did you mean 'balanced'?",
        "line 8, column 14, goal.threshold: it should be above 0 and at most 1; got 1.5",
        "line 9, column 17, goal.skip_after_s: it should be a number; got 'soon'",
        "line 11, column 12, contrasts[0].first: 'mnist/xx' is not one of the study's models "
        "['mnist/tc5', 'mnist/tc5']",
        "line 13, column 14, contrasts[0].measure: No measure 'complation'; did you mean 'completion'?",
        "line 14, column 32, contrasts[1].second: it should be text; got 7",
        "line 17, column 10, after_model[1].use: No ready-made questionnaire 'eese'; did you mean 'ease'?",
        "line 18, column 12, after_model[2].name: 'x y' is no name of a column; begin with a letter, use letters, "
        "digits, underscores",
        "line 18, column 23, after_model[2].text: it should have 1 to 2,000 characters; it has 0",
        "line 18, column 32, after_model[2].low: it should be below `high`, 1; got 5",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: it is empty"),
        ("# nothing", "line 1, column 1: it is empty"),
        ("- a", "line 1, column 1: a study is a mapping of fields to values; got a list"),
        ("name: a\nname: b", "line 2, column 1, name: it stands twice, first in line 1; keep one"),
        ("a: &x [1]\nb: *x", "line 1, column 4: anchors"),
        ("a: !!python/object/apply:os.system [x]", "line 1, column 4, a: tags such as"),
        ("a: b: c", "line 1, column 5: this is neither YAML nor JSON"),
        ("{a: 1", "line 1, column 6: this is neither YAML nor JSON"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins here"),
        ("? [a]\n: 1", "line 1, column 3: the name of a field should be plain text"),
        ("[" * 100_000, "line 1, column 14: values lie in each other deeper than 12 levels"),
        ("[" + "1," * 6_000 + "]", "there are more than 5000 values"),
        ("a: \x07", "line 1, column 4: the character U+0007 must not stand in a study file"),
        ('a: "\\ud83d"', "line 1, column 4, a: half of a surrogate pair"),
        ('a: "\\UFFFFFFFF"', "neither YAML nor JSON"),
        ("%YAML " + "9" * 5_000 + ".1\n---\na: 1", "neither YAML nor JSON"),
        ("a: \ud800", "line 1, column 4: it is not UTF-8 text"),
        (b"name: \xff\xfe", "line 1, column 7: it is not UTF-8 text"),
        ("x" * (MAX_BYTES + 1), "it has 262,145 bytes; a study file has at most 262,144"),
        ("name: a", "line 1, column 1, format: it is missing; write `format: 1` first"),
        ("format: true", "line 1, column 9, format: it should be 1; got true"),
        ("format: 0", "line 1, column 9, format: it should be 1; got 0"),
        ("format: 2\nnew: 1", "line 1, column 9, format: the file has format 2; this version reads format 1"),
    ],
)
def test_what_is_no_study_is_refused_by_name(text, message):
    assert message in "\n".join(problems(text))


def test_a_newer_format_is_the_only_thing_said():
    assert len(problems("format: 2\nnew: 1")) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("questions: 5.0", "questions: it should be a whole number; got 5.0"),
        ("questions: true", "questions: it should be a whole number; got true"),
        ("practice: 1", "practice: it should be true or false; got 1"),
        ("practice:", "practice: it should be true or false; got nothing (null)"),
        ("redraw_above: 0", "redraw_above: it should be above 0 and at most 1, or null for never; got 0"),
        ("redraw_above: .nan", "redraw_above: it should be a number; got '.nan'"),
        ("redraw_above: 1e999", "redraw_above: the number is too large"),
        ("seed: -1", "seed: it should be 0 to 2147483647; got -1"),
        ("seed: 99999999999", "seed: it should be 0 to 2147483647"),
        ("models_each: 3", "models_each: it should be 1 to 2, the study's models; got 3"),
        ("tasks: []", "tasks: it is empty"),
        ("tasks: reconstruction", "tasks: it should be a list of one of"),
        ("tasks: [none, none]", "tasks[1]: 'none' stands twice"),
        ("consent: ' '", "consent: it is empty"),
        ("goal: {agreement: overlop}", "goal.agreement: No measure of agreement 'overlop'"),
        ("exclusion: {min_answered: 2}", "exclusion.min_answered: it should be a share, 0 to 1, or null; got 2"),
        ("exclusion: {min_active_s: -1}", "exclusion.min_active_s: it should be 0 seconds or more, or null; got -1"),
        ("contrasts: [{first: dsprites/gt, second: dsprites/gt}]", "contrasts[0].second: 'dsprites/gt' is compared"),
        ("contrasts: [{first: dsprites/gt}]", "contrasts[0].second: it is missing; it should be text"),
        (
            "contrasts: [{first: dsprites/gt, second: dsprites/vae, measure: correct}]",
            "contrasts[0].measure: 'correct' is not measured in the study's tasks ['reconstruction']",
        ),
        (
            "contrasts: [{first: dsprites/gt, second: dsprites/vae, measure: task_load}]",
            "contrasts[0].measure: 'task_load' is never asked for; add `- use: task-load` to after_model",
        ),
        (
            "contrasts: [&a {first: dsprites/gt, second: dsprites/vae}]",
            "anchors (&) and aliases (*) are not read",
        ),
        ("at_end: [{name: a, text: A, ends: [low]}]", "at_end[0].ends: it should be a list of 2 times text; got 1"),
        ("at_end: [{name: a, text: A, start: 9}]", "at_end[0].start: it should stand on the scale, 1 to 5; got 9"),
        ("at_end: [{name: a, text: A, high: 500}]", "at_end[0].high: a scale has at most 101 numbers"),
        ("at_end: [{name: a, text: A, ends: ['', b]}]", "at_end[0].ends: say what both ends of the scale mean"),
        ("at_end: [{name: a, text: A, kind: choice, options: [x]}]", "at_end[0].options: a 'choice' item needs at"),
        ("at_end: [{name: a, text: A, kind: several, options: [x, x]}]", "at_end[0].options: an option stands twice"),
        ("at_end: [{name: a, text: A, options: [x, y]}]", "at_end[0].options: a 'scale' item has no options"),
        ("at_end: [{use: ease, name: a}]", "at_end[0].name: beside `use` stands no other field"),
        ("at_end: [ease]", "at_end[0]: it should be a mapping with fields from"),
        ("at_end: [{use: ease}, {use: ease}]", "at_end[1].name: 'ease' is the name of at_end[0], too"),
        (
            "demographics: true\nat_end: [{name: age, text: Age}]",
            "at_end[0].name: 'age' is the name of one of the demographics, too",
        ),
        ("x" * 500 + ": 1", "No field 'xxx"),
    ],
)
def test_what_is_wrong_in_a_study_is_named(line, message):
    found = problems(SMALL + line)
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith("line ")


def test_a_title_keeps_the_models_name_to_itself():
    assert "it tells participants of the model 'dsprites/gt'" in problems(SMALL.replace("Shapes", "On dsprites/GT"))[0]


def test_many_problems_are_counted_not_listed():
    with pytest.raises(StudyFileError, match="and 51 more") as raised:
        parse_study(SMALL + "".join(f"field_{place}: 1\n" for place in range(101)))
    assert len(raised.value.problems) == 101


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ("[dsprites/vea]", "line 4, column 10, models[0]: No model 'dsprites/vea'; did you mean 'dsprites/vae'"),
        ("[dsprites/broken]", "models[0]: 'dsprites/broken' cannot be loaded: model.safetensors is cut short"),
        ("[mnist/digits]", "models[0]: 'mnist/digits' is a classifier; a study needs latent models"),
        ("[dsprites/gt, mnist/tc5]", "models[1]: 'mnist/tc5' is of data set 'mnist', 'dsprites/gt' of 'dsprites'"),
    ],
)
def test_models_are_held_against_what_is_known_of_them(models, message):
    found = problems(SMALL.replace("[dsprites/vae, dsprites/gt]", models), FACTS)
    assert len(found) == 1
    assert message in found[0]


def test_models_of_one_data_set_draw_the_same():
    facts = FACTS | {"dsprites/small": ModelFacts(kind="latent", dataset="dsprites", space=DIGITS)}
    (found,) = problems(SMALL.replace("/gt", "/small"), facts)
    assert (
        "'dsprites/small' draws images of shape (1, 28, 28), 'dsprites/vae' draws images of shape (1, 64, 64)" in found
    )


def test_the_catalogue_tells_what_a_study_must_know():
    facts = catalogue_facts()
    assert facts["sinelines/gt"].space.kind == "series"
    assert facts["mnist/digits"].space is None
    assert parse_study(SMALL, facts=facts).name == "small"


def test_a_study_made_in_code_is_checked_without_lines():
    study = Study(name="a", title="A", models=("m", "n"), contrasts=(Contrast(first="m", second="x"),))
    (problem,) = check_study(study)
    assert str(problem) == "contrasts[0].second: 'x' is not one of the study's models ['m', 'n']"
    with pytest.raises(StudyFileError, match="'x' is not one of"):
        write_study(study)
    assert check_study(replace(study, contrasts=())) == ()


def test_the_canonical_file_leaves_defaults_out():
    study = Study(name="a", title="A", models=("m",), goal=Goal(threshold=0.5))
    assert write_study(study) == "format: 1\nname: a\ntitle: A\nmodels:\n  - m\ngoal:\n  threshold: 0.5\n"
    assert plain(Goal()) == {}


def test_ready_made_questionnaires_keep_the_rules_together():
    every = tuple(item for items in QUESTIONNAIRES.values() for item in items)
    study = Study(name="a", title="A", models=("m",), after_model=every, demographics=True)
    assert check_study(study) == ()
    assert check_study(replace(study, after_model=DEMOGRAPHICS, demographics=False)) == ()
    assert (EASE[0].low, EASE[0].high, EASE[0].ends) == (1, 7, ("very easy", "very difficult"))
    assert {(item.low, item.high, item.start, item.required) for item in TASK_LOAD} == {(0, 20, 10, False)}
    assert [item.ends for item in TASK_LOAD if item.name == "load_performance"] == [("perfect", "failure")]


def test_the_command_line_checks_files(tmp_path, capsys):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(SMALL)
    bad.write_text(SMALL + "seed: x\n")
    assert main(["--check", str(good), str(bad), str(tmp_path / "none.yaml")]) == 1
    told = capsys.readouterr().out
    assert "good.yaml: 'small' is a valid study of 2 models." in told
    assert "bad.yaml has one problem:\n- line 5, column 7, seed: it should be a whole number; got 'x'" in told
    assert "No such file" in told
    assert main(["--check", str(good)]) == 0


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip)
shares = st.floats(0.01, 1.0)
seconds = st.floats(0, 1e6)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True)


@st.composite
def items(draw, name):
    kind = draw(st.sampled_from(["scale", "choice", "several", "text"]))
    low = draw(st.integers(-50, 50))
    high = draw(st.integers(low + 1, low + 100))
    some = draw(st.lists(texts, min_size=2, max_size=4, unique=True)) if kind in ("choice", "several") else []
    return Item(
        name=name,
        text=draw(texts),
        kind=kind,
        low=low,
        high=high,
        start=draw(st.none() | st.integers(low, high)),
        ends=(draw(texts), draw(texts)),
        options=tuple(some),
        required=draw(st.booleans()),
    )


@st.composite
def studies(draw):
    models = draw(st.lists(texts.map(str.strip).filter(bool), min_size=1, max_size=4, unique=True))
    taken = {item.name for item in DEMOGRAPHICS}
    columns = draw(st.lists(names.filter(lambda name: name not in taken), max_size=4, unique=True))
    asked = [draw(items(name)) for name in columns]
    pairs = [(first, second) for first in models for second in models if first != second]
    measures = [name for name in MEASURES if MEASURES[name].of in ("reconstruction", "question")]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True)) if pairs else []
    return Study(
        name=draw(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)),
        title=draw(texts.filter(lambda title: not any(model.lower() in title.lower() for model in models))),
        models=tuple(models),
        tasks=tuple({"reconstruction": 1} | dict.fromkeys(draw(st.lists(st.sampled_from(["samples", "none"]))), 1)),
        models_each=draw(st.none() | st.integers(1, len(models))),
        order=draw(st.sampled_from(["balanced", "random", "fixed"])),
        questions=draw(st.none() | st.integers(1, 1000)),
        seed=draw(st.integers(0, 2**31 - 1)),
        range=draw(st.sampled_from(["percentile", "full"])),
        redraw_above=draw(st.none() | shares),
        hide_collapsed=draw(st.booleans()),
        goal=draw(st.builds(Goal, threshold=st.none() | shares, skip_after_s=st.none() | seconds)),
        feedback=draw(st.booleans()),
        consent=draw(st.none() | texts),
        instructions=draw(st.none() | texts),
        practice=draw(st.booleans()),
        after_model=tuple(asked[:2]),
        at_end=tuple(asked[2:]),
        demographics=draw(st.booleans()),
        exclusion=draw(st.builds(Exclusion, min_answered=st.none() | shares, min_active_s=st.none() | seconds)),
        contrasts=tuple(Contrast(first=a, second=b, measure=draw(st.sampled_from(measures))) for a, b in chosen),
    )


@pytest.mark.parametrize("text", ["a\x85", "a\u2028b", "\u2029", "a\x85\nb"])
def test_odd_ends_of_lines_come_back(text):
    study = Study(name="a", title="A", models=("b",), instructions=f"x{text}x")
    assert parse_study(write_study(study)) == study


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(study=studies())
def test_what_is_written_is_read_again(study):
    text = write_study(study)
    assert parse_study(text) == study
    assert write_study(parse_study(text)) == text
    assert parse_study(json.dumps({"format": 1, **plain(study)})) == study


def test_every_field_makes_the_round_trip(tmp_path):
    study = Study(
        name="a", title="no", models=("1e5", "null", "true"), consent="# One\n\n- two\n", instructions=" x \n\ty\u2028"
    )
    path = tmp_path / "a.yaml"
    path.write_text(write_study(study), encoding="utf-8")
    assert read_study(path) == study
    assert dataclasses.asdict(read_study(path)) == dataclasses.asdict(study)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=80) | st.binary(max_size=80))
def test_noise_is_refused_with_a_place(text):
    with pytest.raises(StudyFileError) as raised:
        parse_study(text)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in raised.value.problems)


def test_a_wrong_kind_is_the_only_problem_of_its_item():
    item = "{name: a, text: A, kind: sevral, options: [x, y]}"
    text = f"format: 1\nname: a\ntitle: A\nmodels: [dsprites/vae]\nat_end: [{item}]\n"
    with pytest.raises(StudyFileError) as error:
        parse_study(text)
    assert [problem.field for problem in error.value.problems] == [("at_end", 0, "kind")]
