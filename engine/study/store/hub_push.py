"""A copy of every session with an answer in a private data set on the Hub: free Spaces lose their disk."""

from __future__ import annotations

import atexit
import logging
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import settings
from engine.study.store.copies import Copies
from engine.study.store.errors import StoreError
from engine.study.store.store import Store

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FOLDER = "sessions"
EVERY_S = 120.0  # sessions that go on are pushed this often
_FIRST_RETRY_S, _LAST_RETRY_S = 5.0, 300.0
_WITHDRAWAL_S = 10.0  # how long a withdrawal waits for the Hub
_AT_ONCE = 50  # files a commit
_FILE = re.compile(rf"{FOLDER}/([0-9a-f-]{{36}})\.jsonl")
_LOG = logging.getLogger(__name__)


def open_store() -> Store:
    """The store that the settings name; with `LATENT_EXPLORER_STUDIES_REPO`, what it lacks is read back first.

    Raises:
        StoreError: If it cannot be opened. A Hub that cannot be reached is logged and tried again in the background.
        ValueError: If a setting is wrong.
    """
    repository = settings.studies_repository()
    store = Store.open()
    if repository is None:
        return store
    push = HubPush(store, repository)
    try:
        push.restore()
    except StoreError as error:
        _LOG.warning("%s", error)
    push.start()
    atexit.register(_close, push)  # a Space that stops takes its disk with it
    return store


def _close(push: HubPush) -> None:
    try:
        push.close()
    except StoreError as error:
        _LOG.warning("%s", error)


class HubPush:
    """Pushes sessions in the background, when they end and at intervals; what fails is tried again, nothing waits.

    Each session is one file, whole at every push; what is still to be pushed or deleted is kept in the store, so that
    it outlives this process. Withdrawn sessions are deleted from the data set and from its history.

    Args:
        store: Whose sessions; it tells this of what ends and what is withdrawn.
        repository: `owner/name` of a data set, made private when missing.
        every_s: How often sessions that go on are pushed.
        api: The Hub; None: where the environment says, with its token.

    Attributes:
        problem: Why the last push failed; None if it did not.
    """

    def __init__(self, store: Store, repository: str, *, every_s: float = EVERY_S, api: HfApi | None = None) -> None:
        self.repository = repository
        self.problem: str | None = None
        self._copies = Copies(store.database)
        self._every_s = every_s
        self._api = api
        self._ready = False
        self._turn = threading.Lock()  # one push at a time
        self._wake, self._stop = threading.Event(), threading.Event()
        self._done = threading.Condition()
        self._rounds = 0
        self._thread = threading.Thread(target=self._run, name="study-hub-push", daemon=True)
        store.mirror = self

    def start(self) -> None:
        """Begins to push in the background."""
        self._thread.start()

    def close(self) -> None:
        """Pushes what is left, once, and ends.

        Raises:
            StoreError: If the Hub does not take it; the store remembers what is left.
        """
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self.push()

    def finished(self) -> None:
        """A session has ended: it is pushed at once, in the background."""
        self._wake.set()

    def withdrawn(self) -> bool:
        """Waits until the Hub has forgotten what was withdrawn; False if that takes too long or fails."""
        if not self._thread.is_alive():
            try:
                self._forget()
            except StoreError as error:
                self.problem = str(error)
            return not self._copies.to_forget()
        with self._done:
            after = self._rounds + 2  # the round under way may have begun before
            self._wake.set()
            self._done.wait_for(lambda: not self._copies.to_forget() or self._rounds >= after, _WITHDRAWAL_S)
        return not self._copies.to_forget()

    def push(self) -> None:
        """Deletes what was withdrawn and pushes what is new, now.

        Raises:
            StoreError: If the Hub does not take it.
        """
        self._forget()
        while changed := self._copies.unpushed(_AT_ONCE):
            self._commit({_path(file): content for file, (content, _) in changed.items()})
            if not self._copies.mark_pushed({file: num_responses for file, (_, num_responses) in changed.items()}):
                self._forget()

    def restore(self) -> int:
        """Reads back the data set's sessions that the store lacks; damaged files are logged and left.

        Returns:
            How many were read.

        Raises:
            StoreError: If the Hub cannot be reached.
        """
        known, count = self._copies.known(), 0
        missing = [path for path, file in self._files().items() if file not in known]
        with tempfile.TemporaryDirectory() as folder:  # not the Hub's cache, where withdrawn answers would stay
            self._download(missing, folder)
            for path in missing:
                try:
                    content = (Path(folder) / path).read_bytes()
                    self._copies.restore(_file(path), content)
                    count += 1
                except (OSError, StoreError) as error:
                    _LOG.warning("%s of %s was not read back: %s", path, self.repository, error)
        return count

    def _run(self) -> None:
        wait_s, retry_s = self._every_s, _FIRST_RETRY_S
        while not self._stop.is_set():
            self._wake.wait(wait_s)
            self._wake.clear()
            if self._stop.is_set():
                break
            try:
                self.push()
                self.problem, wait_s, retry_s = None, self._every_s, _FIRST_RETRY_S
            except Exception as error:  # whatever it is, the next round tries again
                self.problem, wait_s, retry_s = str(error), retry_s, min(2 * retry_s, _LAST_RETRY_S)
                _LOG.warning("Sessions were not pushed to %s: %s", self.repository, error)
            with self._done:
                self._rounds += 1
                self._done.notify_all()

    def _forget(self) -> None:
        files = self._copies.to_forget()
        if not files:
            return
        gone = {_path(file) for file in files} & set(self._files())
        if gone:
            self._commit(dict.fromkeys(sorted(gone)))
        with self._turn, _translated(self.repository):
            self._hub().super_squash_history(self.repository, repo_type="dataset")  # or earlier commits would keep it
        self._copies.mark_forgotten(files)

    def _commit(self, files: dict[str, bytes | None]) -> None:
        """Writes files, or deletes those without content, in one commit."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[Any] = [
            CommitOperationDelete(path) if content is None else CommitOperationAdd(path, content)
            for path, content in files.items()
        ]
        with self._turn, _translated(self.repository):
            self._hub().create_commit(
                self.repository, operations, repo_type="dataset", commit_message=f"{len(files)} sessions"
            )

    def _files(self) -> dict[str, str]:
        """The data set's sessions: UUIDs by path."""
        with self._turn, _translated(self.repository):
            paths = self._hub().list_repo_files(self.repository, repo_type="dataset")
        return {path: found[1] for path in paths if (found := _FILE.fullmatch(path))}

    def _download(self, paths: list[str], folder: str) -> None:
        from huggingface_hub import snapshot_download

        if not paths:
            return
        with self._turn, _translated(self.repository):
            hub = self._hub()
            snapshot_download(
                self.repository, repo_type="dataset", allow_patterns=f"{FOLDER}/*.jsonl" if len(paths) > 50 else paths,
                local_dir=folder, endpoint=hub.endpoint, token=hub.token,
            )  # fmt: skip

    def _hub(self) -> HfApi:
        """The Hub's interface; the data set is made, and is made sure to be private, the first time."""
        from huggingface_hub import HfApi

        if self._api is None:
            self._api = HfApi()
        if not self._ready:
            self._api.create_repo(self.repository, repo_type="dataset", private=True, exist_ok=True)
            if not self._api.dataset_info(self.repository).private:
                raise StoreError(
                    f"The data set {self.repository} is public, so no answers are pushed to it. Make it private, or "
                    f"name another one in {settings.STUDIES_REPO_VARIABLE}."
                )
            self._ready = True
        return self._api


@contextmanager
def _translated(repository: str) -> Iterator[None]:
    from huggingface_hub import errors

    try:
        yield
    except (OSError, ValueError, errors.HTTPError) as error:  # type: ignore[attr-defined] # of the HTTP client below it
        lines = str(error).strip().splitlines()
        raise StoreError(
            f"The data set {repository} on the Hub did not answer as it should "
            f"({lines[0] if lines else type(error).__name__}). Check its name, the network, and that HF_TOKEN may "
            "write there; answers are safe here and are pushed when it does."
        ) from error


def _path(file: str) -> str:
    return f"{FOLDER}/{file}.jsonl"


def _file(path: str) -> str:
    return path.removeprefix(f"{FOLDER}/").removesuffix(".jsonl")
