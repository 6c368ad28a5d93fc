"""A PostgreSQL server of its own: Debian's programs, a temporary folder, a socket in it and no port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def programs():
    """The folder of initdb and postgres, or None where PostgreSQL is not installed."""
    found = subprocess.run(
        ["bash", str(ROOT / "scripts" / "postgres.sh"), "--find"], capture_output=True, text=True, check=False
    )
    return Path(found.stdout.strip()) if found.returncode == 0 else None


@contextmanager
def server(bin_folder):
    """Runs one; yields the URL of an empty database."""
    user = _ordinary_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has 107 characters at most
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    options = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    options |= {"cwd": folder, "env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)}}
    log = (folder / "log").open("w")
    process = None
    try:
        initdb = [bin_folder / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run(initdb, check=True, stdout=log, stderr=log, timeout=120, **options)
        command = [bin_folder / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
        command += ["-c", "max_connections=100", "-c", "fsync=off"]  # its own durability is not what is tested
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)
        _wait(folder, process)
        yield f"postgresql://tester@/postgres?host={folder}"
    finally:
        if process:
            process.send_signal(signal.SIGINT)  # stop, whoever is still connected
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _ordinary_user():
    """The server refuses to run as root: then it runs as the package's user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait(folder, process):
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"host={folder} user=tester dbname=postgres").close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
