"""Sessions pushed to a private data set of a local Hub, read back from it, and withdrawn there too."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from engine.study.store import Store, StoreError
from engine.study.store.hub_push import HubPush, open_store
from tests.study.store.samples import NOW_MS, STUDY, answer_all, plan_for, response_to

SERVER = Path(__file__).resolve().parents[2] / "checkpoints" / "hub_server.py"


class LocalHub:
    """The server's process, and what it printed."""

    def __init__(self, log):
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen([sys.executable, str(SERVER)], stdout=file)
        until(lambda: log.read_text().endswith("\n"))
        self.url = f"http://127.0.0.1:{log.read_text().split()[0]}"

    def api(self, token="hf_test"):
        from huggingface_hub import HfApi

        return HfApi(self.url, token=token)

    def post(self, path):
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="POST"), timeout=10).close()

    def files(self, name):
        return [path for path in self.api().list_repo_files(name, repo_type="dataset")]

    def commits(self):
        return [line.split() for line in self.log.read_text().splitlines() if line.startswith("COMMIT")]

    def read(self, name, path, revision="main"):
        request = urllib.request.Request(f"{self.url}/datasets/{name}/resolve/{revision}/{path}")
        request.add_header("Authorization", "Bearer hf_test")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    local = LocalHub(tmp_path_factory.mktemp("hub") / "requests.txt")
    yield local
    local.process.kill()
    local.process.wait()


@pytest.fixture
def name(request):
    return f"lab/{request.node.name.replace('_', '-')[:60]}"


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "studies.sqlite") as opened:
        yield opened


def until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def answered(store):
    """A session that has confirmed its first step."""
    session = store.begin(STUDY, plan_for, NOW_MS)
    store.save(response_to(session, 0), NOW_MS)
    return session


def test_a_session_is_one_file_of_a_private_data_set(hub, store, name):
    session = store.begin(STUDY, plan_for, NOW_MS)
    responses = answer_all(store, session)
    HubPush(store, name, api=hub.api()).push()
    assert hub.api().dataset_info(name).private
    (path,) = hub.files(name)
    head, *lines = (json.loads(line) for line in hub.read(name, path).splitlines())
    assert (head["session"]["token"], head["study"]["name"]) == (session.token, "dials")
    assert session.token not in path
    assert [line["response"]["id"] for line in lines] == [response.id for response in responses]


def test_only_what_is_new_is_pushed(hub, store, name):
    push, session = HubPush(store, name, api=hub.api()), answered(store)
    answered(store)
    push.push()
    push.push()
    store.save(response_to(session, 1), NOW_MS)
    push.push()
    ours = [line for line in hub.commits() if line[1] == f"datasets/{name}"]
    assert [len(line) - 3 for line in ours] == [2, 2]  # two commits, two files after each


def test_a_session_without_an_answer_stays_here(hub, store, name):
    push, ghost = HubPush(store, name, api=hub.api()), store.begin(STUDY, plan_for, NOW_MS)
    push.push()
    assert not hub.api().repo_exists(name, repo_type="dataset")  # nothing was asked of the Hub
    kept = answered(store)
    push.push()
    (path,) = hub.files(name)
    assert kept.token in hub.read(name, path)
    store.save(response_to(ghost, 0), NOW_MS)
    push.push()
    assert len(hub.files(name)) == 2


def test_a_lost_disk_is_read_back(hub, store, name, tmp_path):
    ended, begun = (store.begin(STUDY, plan_for, NOW_MS) for _ in range(2))
    answer_all(store, ended)
    store.save(response_to(begun, 2), NOW_MS)
    HubPush(store, name, api=hub.api()).push()
    with Store.open(tmp_path / "fresh.sqlite") as fresh:
        push = HubPush(fresh, name, api=hub.api())
        assert (push.restore(), push.restore()) == (2, 0)
        assert list(fresh.sessions("dials")) == list(store.sessions("dials"))
        assert fresh.study("dials") == STUDY
        assert fresh.begin(STUDY, plan_for, NOW_MS).participant == "p0003"  # numbers go on
        assert fresh.save(response_to(begun, 3), NOW_MS) == "stored"  # and so do participants
        push.push()
        assert len(hub.files(name)) == 2
        assert f"{response_to(begun, 3).id}" in "".join(hub.read(name, path) for path in hub.files(name))


def test_a_number_given_anew_before_its_session_was_read_back(hub, store, name, tmp_path):
    lost = answered(store)
    HubPush(store, name, api=hub.api()).push()
    with Store.open(tmp_path / "fresh.sqlite") as fresh:
        here = fresh.begin(STUDY, plan_for, NOW_MS)
        assert HubPush(fresh, name, api=hub.api()).restore() == 1
        assert [session.token for session in fresh.sessions("dials")] == [here.token, lost.token]
        assert [session.participant for session in fresh.sessions("dials")] == ["p0001", "p0002"]
        assert fresh.session(lost.token).plan == lost.plan


def test_a_damaged_file_is_left_alone(hub, store, name, tmp_path, caplog):
    answered(store)
    HubPush(store, name, api=hub.api()).push()
    damaged = {"0" * 8 + "-0000-0000-0000-" + "0" * 12: b"{", "1" * 8 + "-0000-0000-0000-" + "0" * 12: b"{}\n"}
    for file, content in damaged.items():
        hub.api().upload_file(
            repo_id=name, repo_type="dataset", path_in_repo=f"sessions/{file}.jsonl", path_or_fileobj=content
        )
    with Store.open(tmp_path / "fresh.sqlite") as fresh:
        assert HubPush(fresh, name, api=hub.api()).restore() == 1
    assert caplog.text.count("is damaged and stays where it is") == 2


def test_withdrawing_deletes_the_file_and_its_history(hub, store, name):
    push = HubPush(store, name, api=hub.api())
    gone, kept = store.begin(STUDY, plan_for, NOW_MS), answered(store)
    answer_all(store, gone)
    push.push()
    (before,) = [line for line in hub.commits() if line[1] == f"datasets/{name}"]
    assert store.withdraw(gone.token)
    (path,) = hub.files(name)
    assert kept.token in hub.read(name, path)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        hub.read(name, before[3], revision=before[2])
    assert push.restore() == 0


def test_a_withdrawal_waits_for_a_hub_that_is_down(hub, store, name):
    push = HubPush(store, name, api=hub.api())
    session = answered(store)
    push.push()
    hub.post("/fail")
    try:
        assert not store.withdraw(session.token)
        assert store.session(session.token) is None
        assert "answers are safe here" in push.problem
    finally:
        hub.post("/recover")
    push.push()
    assert hub.files(name) == []


def test_a_session_withdrawn_while_it_is_pushed_goes_too(hub, store, name, monkeypatch):
    push, session = HubPush(store, name, api=hub.api()), answered(store)
    push.push()
    store.save(response_to(session, 1), NOW_MS)
    commit = push._commit

    def withdraw_first(files):
        if None not in files.values():
            monkeypatch.setattr(push, "_commit", commit)
            assert store.withdraw(session.token)
        commit(files)

    monkeypatch.setattr(push, "_commit", withdraw_first)
    push.push()
    assert hub.files(name) == []


def test_a_thread_pushes_when_a_session_ends_and_after_a_failure(hub, store, name, monkeypatch):
    monkeypatch.setattr("engine.study.store.hub_push._FIRST_RETRY_S", 0.05)
    push = HubPush(store, name, every_s=3600.0, api=hub.api())
    push.start()
    hub.post("/fail")
    try:
        session = store.begin(STUDY, plan_for, NOW_MS)
        start = time.monotonic()
        answer_all(store, session)
        assert time.monotonic() - start < 5  # nobody waited for the Hub
        until(lambda: push.problem)
    finally:
        hub.post("/recover")
    until(lambda: push.problem is None)
    assert len(hub.files(name)) == 1
    assert store.withdraw(session.token)  # the thread does it, the withdrawal waits for it
    assert hub.files(name) == []
    answered(store)
    push.close()
    assert len(hub.files(name)) == 1


def test_sessions_that_go_on_are_pushed_at_intervals(hub, store, name):
    push = HubPush(store, name, every_s=0.05, api=hub.api())
    push.start()
    session = answered(store)
    until(lambda: any(line[1] == f"datasets/{name}" for line in hub.commits()))
    store.save(response_to(session, 1), NOW_MS)
    until(lambda: sum(line[1] == f"datasets/{name}" for line in hub.commits()) > 1)
    push.close()


def test_a_public_data_set_gets_nothing(hub, store, name):
    hub.api().create_repo(name, repo_type="dataset", private=False)
    answered(store)
    with pytest.raises(StoreError, match=r"is public, so no answers are pushed.*LATENT_EXPLORER_STUDIES_REPO"):
        HubPush(store, name, api=hub.api()).push()
    assert hub.files(name) == []


def test_a_wrong_token_is_told(hub, store, name):
    answered(store)
    with pytest.raises(StoreError, match="HF_TOKEN may write there; answers are safe here"):
        HubPush(store, name, api=hub.api(token="hf_wrong")).push()


def test_the_settings_open_a_store_with_or_without_a_copy(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_STUDIES", str(tmp_path / "answers"))
    monkeypatch.delenv("LATENT_EXPLORER_STUDIES_REPO", raising=False)
    with open_store() as store:
        assert store.mirror is None
    monkeypatch.setenv("LATENT_EXPLORER_STUDIES_REPO", "https://somewhere")
    with pytest.raises(ValueError, match="LATENT_EXPLORER_STUDIES_REPO should be owner/name"):
        open_store()
