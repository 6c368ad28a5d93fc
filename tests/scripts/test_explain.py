"""The command line that explains a folder of pictures, run on small digits; killed, resumed, and fed hostile files."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

import engine
from engine.checkpoints import LoadedClassifier
from engine.explain.heatmaps import HEATMAPS, IntegratedGradients, Target, attribute
from engine.files import locked
from engine.images import encode_png, to_uint8
from engine.interfaces import Space
from scripts.explain import app
from scripts.explaining import choices, work
from scripts.explaining.display import trouble_table
from scripts.explaining.live import Live
from scripts.explaining.pictures import look, printable
from scripts.explaining.record import Record, Records

ROOT = Path(__file__).parents[2]
QUICK = ("--method", "saliency", "--method", "guided-backprop")


@pytest.fixture(scope="module")
def digits():
    return engine.load("mnist/digits", "cpu")


@pytest.fixture
def folder(tmp_path, digits):
    """Three digits and a photograph of one."""
    place = tmp_path / "pictures"
    place.mkdir()
    for row, name in enumerate(("one.png", "two.png", "ünï [bold] x.png")):
        (place / name).write_bytes(encode_png(to_uint8(digits.examples.x[row : row + 1])[0]))
    Image.open(place / "one.png").resize((80, 60)).convert("RGB").save(place / "one.jpg")
    return place


def call(folder, out, *words):
    """Runs the command; its exit code and its output without line breaks."""
    parts = [str(folder), "--out", str(out), "--model", "mnist/digits", "--device", "cpu", *words]
    outcome = CliRunner(env={"COLUMNS": "220", "NO_COLOR": "1", "TERM": "dumb"}).invoke(app, parts)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, " ".join(outcome.output.split())


def records(out):
    return {row.picture: row for row in Records(out)}


def arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def made_by(out, picture):
    return json.loads(str(arrays(out / f"mnist/digits/{picture}.npz")["made_by"]))


# ---- figures and arrays ----


def test_the_default_is_the_published_job(folder, tmp_path, digits):
    (folder / "one.jpg").unlink()
    assert call(folder, tmp_path / "out", "--chunk-size", "64")[0] == 0
    names = sorted(path.name for path in (tmp_path / "out/mnist/digits").iterdir())
    stems = ["one.png", "two.png", "ünï [bold] x.png"]
    assert names == sorted(f"{stem}.{ending}" for stem in stems for ending in ("png", "npz"))
    found = arrays(tmp_path / "out/mnist/digits/one.png.npz")
    assert list(made_by(tmp_path / "out", "one.png")["methods"]) == list(choices.PUBLISHED)
    expected = attribute(digits, digits.examples.x[:1], IntegratedGradients(steps=200)).values
    torch.testing.assert_close(torch.from_numpy(found["integrated-gradients"]), expected, atol=1e-5, rtol=1e-4)
    with Image.open(tmp_path / "out/mnist/digits/one.png.png") as figure:
        assert figure.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert figure.width > 3 * figure.height  # the picture and four panels in one row


def test_two_formats_of_one_stem_have_results_of_their_own(folder, tmp_path):
    assert call(folder, tmp_path / "out", *QUICK)[0] == 0
    made = [made_by(tmp_path / "out", f"one.{kind}") for kind in ("png", "jpg")]
    assert [one["file"] for one in made] == ["one.png", "one.jpg"]
    assert made[0]["inputs"]["picture"] != made[1]["inputs"]["picture"]


def test_arrays_say_what_made_them(folder, tmp_path, digits):
    words = ("--target", "3-8", "--negated", "--seed", "5", "--precision", "bf16", "--set", "saliency.absolute=no")
    assert call(folder, tmp_path / "out", *QUICK, *words)[0] == 0
    told = made_by(tmp_path / "out", "two.png")
    assert told["target"] == {"classes": [3], "against": [8], "negated": True}
    assert (told["seed"], told["precision"], told["model"]) == (5, "bf16", "mnist/digits")
    assert told["methods"]["saliency"]["options"] == {"absolute": False}
    assert told["inputs"]["weights"] == digits.card.config["weights"]["sha256"]
    assert told["classes"] == list(digits.classes)


def test_the_same_weights_under_another_head_are_another_model(digits):
    config = digits.card.config
    network = {"name": "digit-classifier", "options": {**config["network"]["options"], "size": 5}}
    card = replace(digits.card, config={**config, "network": network})
    other = LoadedClassifier(digits.network, card, digits.examples)
    job = work.Job(model=digits, methods=(), target=Target())
    assert replace(job, model=other).made_by(b"") != job.made_by(b"")


@pytest.mark.parametrize(("form", "kind"), [("jpg", "JPEG"), ("pdf", None)])
def test_other_formats(folder, tmp_path, form, kind):
    assert call(folder, tmp_path / "out", *QUICK, "--format", form)[0] == 0
    data = (tmp_path / f"out/mnist/digits/one.png.{form}").read_bytes()
    if kind is None:
        assert data.startswith(b"%PDF")
        return
    with Image.open(io.BytesIO(data)) as figure:
        assert (figure.format, figure.info["dpi"]) == (kind, (300, 300))


def test_a_figure_says_what_was_explained_and_of_which_classifier(folder, tmp_path, monkeypatch):
    told = []
    sheet = work.heatmap_sheet

    def listened(x, maps, **look):
        told.append((look, maps))
        return sheet(x, maps, **look)

    monkeypatch.setattr(work, "heatmap_sheet", listened)
    words = ("--method", "input-x-gradient", "--target", "3-8", "--negated", "--sign", "negative", "--smooth")
    assert call(folder, tmp_path / "out", *words)[0] == 0
    look, maps = told[0]
    assert (look["heading"], look["sign"], look["smooth"]) == ("mnist/digits", "negative", True)
    name, said, target = look["names"][0].split("\n")
    assert (name, target) == ("one.jpg", "Explained: against 3 rather than 8")
    assert said.startswith("Model says: ") and said.endswith("%")
    assert all(float(one.max()) <= 0 for one in maps.values())  # against it is blue
    assert call(folder, tmp_path / "out", *words[:-1])[1].endswith("mnist/digits 4 0 0 0")  # another figure
    assert told[-1][0]["smooth"] is False
    call(folder, tmp_path / "again", "--method", "input-x-gradient")
    said, target = told[-1][0]["names"][0].split("\n")[1:]
    assert target.removeprefix("Explained: ") == said.removeprefix("Model says: ").split(",")[0]


def test_folders_below_keep_their_place(folder, tmp_path):
    (folder / "more").mkdir()
    (folder / "one.png").rename(folder / "more" / "one.png")
    assert call(folder, tmp_path / "out", *QUICK)[0] == 0
    assert not (tmp_path / "out/mnist/digits/more").exists()
    inside = folder / "out"  # results below the pictures are no pictures
    for _ in range(2):
        assert call(folder, inside, *QUICK, "--recursive")[0] == 0
    assert (inside / "mnist/digits/more/one.png.npz").is_file()
    assert len(records(inside)) == 4


def test_judgement_goes_into_a_table(folder, tmp_path):
    words = ("--method", "integrated-gradients", "--method", "saliency", "--method", "random")
    assert call(folder, tmp_path / "out", *words, "--judge")[0] == 0
    rows = list(csv.DictReader((tmp_path / "out/faithfulness.csv").read_text().splitlines()))
    assert len(rows) == 4 * 3
    areas = {name: [float(row["deletion_auc"]) for row in rows if row["method"] == name] for name in words[1::2]}
    assert np.mean(areas["integrated-gradients"]) < np.mean(areas["random"])
    saliency = next(row for row in rows if row["method"] == "saliency")
    assert saliency["sensitivity_n"] == "" and -1 <= float(saliency["agreement"]) <= 1


# ---- started again ----


def test_what_is_complete_is_left_as_it_is(folder, tmp_path):
    out = tmp_path / "out"
    call(folder, out, *QUICK)
    stamps = {path: path.stat().st_mtime_ns for path in (out / "mnist").rglob("*.*")}
    assert call(folder, out, *QUICK) == (0, "classifier explained there already partly failed mnist/digits 0 4 0 0")
    assert {path: path.stat().st_mtime_ns for path in (out / "mnist").rglob("*.*")} == stamps


@pytest.mark.parametrize(
    ("change", "fresh"),
    [
        (("--seed", "1"), 4),
        (("--target", "3"), 4),
        (("--set", "saliency.absolute=false"), 4),
        (("--method", "input-x-gradient"), 4),
        (("--sign", "positive"), 4),
        (("--chunk-size", "3"), 0),  # decides memory and time, not maps
    ],
)
def test_what_decides_the_results_is_seen(folder, tmp_path, change, fresh):
    call(folder, tmp_path / "out", *QUICK)
    code, text = call(folder, tmp_path / "out", *QUICK, *change)
    assert (code, text.endswith(f"mnist/digits {fresh} {4 - fresh} 0 0")) == (0, True)


def test_a_changed_picture_and_a_missing_file_are_made_anew(folder, tmp_path):
    call(folder, tmp_path / "out", *QUICK)
    (folder / "two.png").write_bytes((folder / "one.png").read_bytes())
    (tmp_path / "out/mnist/digits/one.jpg.npz").unlink()
    assert call(folder, tmp_path / "out", *QUICK)[1].endswith("mnist/digits 2 2 0 0")
    assert records(tmp_path / "out")["two.png"].key == records(tmp_path / "out")["one.png"].key


def test_a_killed_job_goes_on(tmp_path, digits):
    folder, out = tmp_path / "pictures", tmp_path / "out"
    folder.mkdir()
    for row in range(12):
        (folder / f"{row:02}.png").write_bytes(encode_png(to_uint8(digits.examples.x[row : row + 1])[0]))
    words = [str(folder), "--model", "mnist/digits", "--method", "smoothgrad", "--device", "cpu"]
    environment = {**os.environ, "LATENT_EXPLORER_CACHE": "off"}
    with subprocess.Popen([sys.executable, "scripts/explain.py", *words, "--out", str(out)], cwd=ROOT, env=environment,
                          stdout=subprocess.DEVNULL) as job:  # fmt: skip
        deadline = time.monotonic() + 240
        while len(records(out)) < 3:
            assert job.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        job.send_signal(signal.SIGKILL)
    before = records(out)
    assert 3 <= len(before) < 12
    for row in before.values():
        assert all((out / name).is_file() for name in row.files)
    stamps = {name: (out / name).stat().st_mtime_ns for row in before.values() for name in row.files}
    with (out / "manifest.jsonl").open("ab") as file:
        file.write(b'{"model": "mnist/di')  # a line that the kill cut short
    code, text = call(folder, out, *words[3:5])
    assert (code, text.endswith(f"mnist/digits {12 - len(before)} {len(before)} 0 0")) == (0, True)
    assert {name: (out / name).stat().st_mtime_ns for name in stamps} == stamps
    call(folder, tmp_path / "at once", *words[3:5])
    for row in range(12):
        one, other = (arrays(place / f"mnist/digits/{row:02}.png.npz") for place in (out, tmp_path / "at once"))
        np.testing.assert_allclose(one["smoothgrad"], other["smoothgrad"], atol=1e-6)
    assert not list(out.rglob("*.partial"))


def test_two_jobs_do_not_write_one_folder(folder, tmp_path):
    with locked(tmp_path / "out/explain.lock"):
        code, text = call(folder, tmp_path / "out", *QUICK)
    assert (code, "in use by another process" in text) == (2, True)


# ---- what goes wrong ----


def animation(kind):
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(buffer, format=kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def test_hostile_files_are_named_and_the_others_go_on(folder, tmp_path):
    whole = (folder / "one.jpg").read_bytes()
    huge = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(huge, format="PNG")
    hostile = {
        "script.png": b"#!/bin/sh\necho hello\n",
        "empty.jpg": b"",
        "short.jpg": whole[: 3 * len(whole) // 4],
        "huge.png": huge.getvalue(),
        "film.gif": animation("GIF"),
        "film.png": animation("PNG"),
        "\x1b[31mred.png": b"no",
    }
    for name, data in hostile.items():
        (folder / name).write_bytes(data)
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"no")
    (folder / "folder.png").mkdir()
    (folder / "gone.png").symlink_to(tmp_path / "nowhere")
    code, text = call(folder, tmp_path / "out", *QUICK)
    assert code == 1
    assert f"mnist/digits 4 0 0 {len(hostile)}" in text
    found = records(tmp_path / "out")
    assert {name for name, row in found.items() if row.status == "failed"} == set(hostile)
    reasons = {name: row.reasons[""] for name, row in found.items() if row.status == "failed"}
    assert "not a picture that can be read" in reasons["script.png"]
    assert "100 megapixels" in reasons["huge.png"]
    assert "damaged or cut short" in reasons["short.jpg"]
    assert "is an animation" in reasons["film.gif"] and "is an animation" in reasons["film.png"]
    for name, reason in reasons.items():
        assert printable(name) in text and reason[:40] in text
    assert "notes.txt left out" in text and "\x1b" not in text and "hidden" not in text
    assert len(list((tmp_path / "out/mnist/digits").iterdir())) == 2 * 4


def test_names_that_are_no_text_do_no_harm(folder, tmp_path):
    name = os.fsdecode(b"\xff\xfe.png")
    try:
        (folder / "two.png").rename(folder / name)
    except OSError:
        pytest.skip("this file system takes only text")
    code, text = call(folder, tmp_path / "out", *QUICK, "--judge")
    assert (code, "??.png" in text) == (0, True)
    assert (tmp_path / "out/mnist/digits" / f"{name}.npz").is_file()
    assert b"\xff\xfe.png" in (tmp_path / "out/faithfulness.csv").read_bytes()


def test_a_file_too_large_is_not_even_read(folder, tmp_path):
    with (folder / "large.png").open("wb") as file:
        file.truncate(65 * 2**20)  # without filling the disk
    code, text = call(folder, tmp_path / "out", *QUICK)
    assert (code, "The file has 65 MB; at most 64 are read" in text) == (1, True)
    assert records(tmp_path / "out")["large.png"].status == "failed"


def test_a_method_that_cannot_explain_leaves_the_others(folder, tmp_path):
    words = ("--method", "saliency", "--method", "grad-cam", "--set", "grad-cam.layer=head")
    for state in ("partly", "partly"):  # also the second time, from the manifest
        code, text = call(folder, tmp_path / "out", *words)
        assert (code, "mnist/digits 0 0 4 0" in text) == (1, True)
        assert f"one.png {state} grad-cam: layer should be" in text
    assert set(arrays(tmp_path / "out/mnist/digits/one.png.npz")) == {"pictures", "made_by", "saliency"}


def test_a_failure_of_the_program_stays_with_its_picture(folder, tmp_path, monkeypatch):
    figure, calls = work._figure, []

    def fails_once(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("no room")
        return figure(*arguments)

    monkeypatch.setattr(work, "_figure", fails_once)
    code, text = call(folder, tmp_path / "out", *QUICK)
    assert (code, "mnist/digits 3 0 0 1" in text, "RuntimeError: no room" in text) == (1, True, True)
    assert call(folder, tmp_path / "out", *QUICK)[0] == 0


def test_an_interrupted_job_says_so_and_goes_on(folder, tmp_path, monkeypatch):
    figure, calls = work._figure, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return figure(*arguments)

    monkeypatch.setattr(work, "_figure", interrupted)
    code, text = call(folder, tmp_path / "out", *QUICK)
    assert (code, "mnist/digits 2 0 0 0" in text, "Start again and it goes on" in text) == (130, True, True)
    assert call(folder, tmp_path / "out", *QUICK)[1].endswith("mnist/digits 2 2 0 0")


def test_who_interrupts_at_once_sees_no_empty_table(folder, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "_figure", interrupted)
    code, text = call(folder, tmp_path / "out", *QUICK)
    assert (code, text) == (130, "Interrupted. Start again and it goes on with the picture it was at.")
    assert "130 it was interrupted" in " ".join(CliRunner().invoke(app, ["--help"]).output.split())


# ---- the call ----


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "mnist/digit"), "No classifier 'mnist/digit'; did you mean 'mnist/digits'"),
        (("--model", "mnist/vae5"), "mnist/vae5 is no classifier; choose one of"),
        (("--method", "salency"), "No method 'salency'; did you mean 'saliency'? --list shows all."),
        (("--method", "zzz"), "No method 'zzz'; choose one of ['"),
        (("--set", "saliency.steps=3"), "saliency is not among the methods ['integrated-gradients'"),
        ((*QUICK, "--set", "saliency.steps=3"), "saliency has no option 'steps'; it has ['absolute']"),
        (("--set", "integrated-gradients.steps=one"), "steps should be a whole number from 2 to 300; got 'one'"),
        (("--set", "integrated-gradients.steps=301"), "from 2 to 300; got 301"),
        (("--set", "steps=3"), "--set takes METHOD.OPTION=VALUE"),
        (("--target", "ten"), "mnist/digits: No class 'ten'; choose one of"),
        (("--target", "3-3"), "always zero"),
        (("--device", "cuda:99"), "asks for a GPU"),
        (("--format", "svg"), "'svg' is not one of"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(folder, tmp_path, words, message):
    code, text = call(folder, tmp_path / "out", *words)
    assert code == 2
    assert message in text.replace(" │ ", " ")
    assert not (tmp_path / "out").exists()


def test_folders_are_checked(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("x")
    assert "is no folder" in call(tmp_path / "nowhere", tmp_path / "out")[1]
    assert "should be a folder of its own" in call(folder, folder)[1]
    code, text = call(tmp_path / "empty", tmp_path / "out")
    assert (code, "holds no picture files (1 others); --recursive looks" in text) == (2, True)
    outcome = CliRunner().invoke(app, [])
    assert (outcome.exit_code, "Say which pictures" in outcome.output) == (2, True)


def test_a_dry_run_writes_nothing_and_knows_what_is_left(folder, tmp_path):
    out = tmp_path / "out"
    code, text = call(folder, out, *QUICK, "--dry-run")
    assert (code, text.count("to do"), out.exists()) == (0, 4, False)
    call(folder, out, *QUICK)
    (folder / "bad.png").write_bytes(b"no")
    code, text = call(folder, out, *QUICK, "--dry-run")
    assert (code, text.count("there already"), "bad.png mnist/digits unreadable" in text) == (1, 4, True)


def test_the_list_shows_every_classifier_and_method():
    text = " ".join(CliRunner(env={"COLUMNS": "220"}).invoke(app, ["--list"]).output.split())
    assert "mnist/digits" in text and "steps=200 (2 to 300)" in text
    assert all(name in text for name in HEATMAPS)


# ---- parts ----


def test_the_live_display_knows_rows_and_the_time_left():
    now = [0.0]
    live = Live(Console(file=io.StringIO(), force_terminal=True), 6, clock=lambda: now[0])
    pictures, rows = live.progress.tasks
    for _ in range(2):
        live.finished("there", there=True)
    for place in (0, 1):
        for done in (0, 10, 20):
            live.report(["Saliency", "LIME"], place, done, 20)
            now[0] += 1
    assert (rows.description, rows.completed, rows.total) == ("LIME", 20, 20)
    live.finished("new", there=False)
    assert pictures.completed == 3
    assert pictures.time_remaining == pytest.approx(3 * 6, abs=4)  # what was there before says nothing
    live.report(["Saliency", "LIME"], 0, 5, 20)
    assert (rows.description, rows.completed, rows.finished) == ("Saliency", 5, False)


def test_records_are_closed_after_a_failure(tmp_path):
    rows = Records(tmp_path)
    with pytest.raises(RuntimeError, match="no room"), rows.writing():
        raise RuntimeError("no room")
    with pytest.raises(AssertionError):
        rows.add(Record(model="m", picture="p", status="done"))


def test_colour_pictures_start_from_the_published_baseline():
    grey, colour = (choices.methods((), (), Space(kind="image", shape=(count, 8, 8))) for count in (1, 3))
    assert (grey[0].baseline, colour[0].baseline) == ("black", "imagenet")
    assert (colour[1].samples, colour[1].noise) == (200, 0.225)


def test_pictures_come_in_the_order_of_their_names(tmp_path):
    for name in ("b.PNG", "a.tiff", "c.jpeg", "d.webp", "README"):
        (tmp_path / name).touch()
    found = look(tmp_path, recursive=False, apart=tmp_path / "out")
    assert (found.pictures, found.others) == (("a.tiff", "b.PNG", "c.jpeg", "d.webp"), ("README",))


def test_lines_that_are_no_records_are_passed_by(tmp_path):
    kept = Record(model="m", picture="p", status="done", key="k")
    with Records(tmp_path).writing():
        pass
    rows = Records(tmp_path)
    with rows.writing():
        rows.add(kept)
    with (tmp_path / "manifest.jsonl").open("a") as file:
        file.write('[1]\n"x"\n{"model": 3}\n{"mod')
    again = Records(tmp_path)
    assert list(again) == [kept]
    assert again.complete("m", "p", "k") == kept and again.complete("m", "p", "other") is None


def test_nothing_wrong_needs_no_table():
    assert trouble_table((), ()) is None
