"""Files that several processes use: one holder at a time, the old content or the new one."""

from __future__ import annotations

import errno
import multiprocessing

import pytest

from engine.files import BusyError, locked, write_atomically


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "a.json"
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"
    write_atomically(path, lambda fresh: fresh.write_text("two"))
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_whatever_goes_wrong_the_old_file_stays_and_nothing_beside_it(tmp_path, error):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def cut_short(fresh):
        fresh.write_bytes(b"ne")
        assert path.read_bytes() == b"old"
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, cut_short)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_safely_on_the_disk_replaces_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_what_a_killed_writer_left_is_overwritten(tmp_path):
    (tmp_path / "a.json.partial").write_bytes(b"a long text, cut sho")
    write_atomically(tmp_path / "a.json", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_lock_is_refused_to_a_second_holder_and_ends_with_the_first(tmp_path):
    path = tmp_path / "run.lock"
    busy = pytest.raises(BusyError, match="in use by another process; wait for it")
    with locked(path), busy, locked(path, wait=False):
        pass
    with locked(path, wait=False):
        pass


def test_a_lock_dies_with_its_holder(tmp_path):
    context = multiprocessing.get_context("fork")
    holds = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "run.lock", holds), daemon=True)
    process.start()
    assert holds.wait(20)
    with pytest.raises(BusyError), locked(tmp_path / "run.lock", wait=False):
        pass
    process.kill()
    process.join()
    with locked(tmp_path / "run.lock", wait=False):
        pass


def hold(path, holds):
    with locked(path):
        holds.set()
        holds.wait()
        multiprocessing.Event().wait()
