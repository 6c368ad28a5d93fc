from __future__ import annotations

import os
import signal

import pytest

from engine.checkpoints import atomic_folder
from engine.checkpoints.atomic_folder import replaced, restore


def write(folder, text):
    with replaced(folder) as fresh:
        (fresh / "file").write_text(text)


def text_of(folder):
    return (folder / "file").read_text()


def killed(action):
    """Runs an action in a process of its own that is killed by it."""
    child = os.fork()
    if child == 0:
        action()
        os._exit(1)  # it should have been killed
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(params=["exchange", "two renames"])
def swap(request, monkeypatch):
    if request.param == "two renames":
        monkeypatch.setattr(atomic_folder, "_exchange", lambda first, second: False)


def test_a_folder_appears_and_is_replaced(tmp_path, swap):
    folder = tmp_path / "deep" / "model"
    write(folder, "old")
    (folder / "only in the old one").touch()
    write(folder, "new")
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert text_of(folder) == "new"
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_error_leaves_the_old_folder_and_no_trace(tmp_path, swap):
    write(tmp_path / "model", "old")
    with pytest.raises(RuntimeError, match="stop"), replaced(tmp_path / "model") as fresh:
        (fresh / "file").write_text("new")
        raise RuntimeError("stop")
    assert text_of(tmp_path / "model") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_killed_while_writing(tmp_path, swap):
    folder = tmp_path / "model"
    write(folder, "old")

    def half_way():
        with replaced(folder) as fresh:
            (fresh / "file").write_text("ne")
            die()

    killed(half_way)
    assert text_of(folder) == "old"
    assert len(list(tmp_path.iterdir())) == 2, "a hidden leftover lies beside it"
    write(folder, "new")
    assert text_of(folder) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_killed_between_two_renames(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_folder, "_exchange", lambda first, second: False)
    folder = tmp_path / "model"
    write(folder, "old")
    rename = type(folder).rename

    def second_kills(path, target):
        if target == folder:
            die()
        return rename(path, target)

    def between():
        monkeypatch.setattr(type(folder), "rename", second_kills)
        write(folder, "new")

    killed(between)
    assert not folder.exists()
    restore(folder)
    assert text_of(folder) == "old"


def test_a_failed_second_rename_puts_the_first_one_back(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_folder, "_exchange", lambda first, second: False)
    folder = tmp_path / "model"
    write(folder, "old")
    rename = type(folder).rename

    def refuse(path, target):
        if target == folder and path.name.endswith(".partial"):
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(type(folder), "rename", refuse)
    with pytest.raises(OSError, match="no"):
        write(folder, "new")
    assert text_of(folder) == "old"
