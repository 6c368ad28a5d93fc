"""The same fan-out on a local Ray cluster of several nodes."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from engine.training import RECIPES
from engine.training.cluster import ClusterError, Message, Task, fan_out
from engine.training.ray_workers import RayWorkers, connect
from scripts.training.pipeline import run_one
from scripts.training.runs import Job
from tests.training.work import work


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_error_says_how_to_get_it():
    with pytest.raises(ClusterError, match="--ray needs Ray; install it"):
        RayWorkers()


@pytest.fixture(scope="module")
def cluster():
    """Two nodes, the second with a GPU (Ray takes our word for it)."""
    pytest.importorskip("ray", reason="needs the optional extra `ray`")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 0, "include_dashboard": False})
    nodes.add_node(num_cpus=1, num_gpus=1)
    nodes.wait_for_nodes(timeout=120)
    yield nodes
    nodes.shutdown()


def test_runs_go_to_both_nodes_and_come_back(cluster, tmp_path):
    workers = RayWorkers(cluster.address, gpus=0)
    assert workers.slots == 2
    tasks = [
        Task("fine", ("touch", str(tmp_path / "file"))),
        Task("raises", ("raise", "no such thing")),
        Task("after", ("threads", None), ("fine",)),
    ]
    heard = []
    fan_out(tasks, work, workers, heard.append)
    last = {message.name: message for message in heard}
    assert (tmp_path / "file").exists()
    assert last["fine"].kind == "done"
    assert last["after"].value == (1, "1")
    assert last["raises"].value == "ValueError: no such thing"
    assert Message("fine", "report", "begins touch") in heard


def test_a_whole_run_of_the_table_goes_through(cluster, tmp_path):
    job = Job(recipe=RECIPES["sinelines/gt"], runs=tmp_path / "runs", out=tmp_path / "out", device="cpu")
    heard = []
    fan_out([Task("sinelines/gt", job)], run_one, RayWorkers(cluster.address, gpus=0.25), heard.append)
    assert heard[-1].value.checkpoint == str(tmp_path / "out" / "sinelines" / "gt")
    assert (tmp_path / "out" / "sinelines" / "gt" / "config.json").is_file()


def test_a_quarter_of_a_gpu_each_where_there_is_one(cluster):
    workers = RayWorkers(cluster.address)
    try:
        assert workers.gpus == 0.25
        assert workers.slots == 2, "two cores are fewer than four quarters of a GPU"
    finally:
        workers.close()


def test_what_the_cluster_does_not_have_is_refused_instead_of_waited_for(cluster):
    with pytest.raises(ClusterError, match=r"A run asks for 2 GPU and the cluster has 1"):
        RayWorkers(cluster.address, gpus=2)
    import ray

    assert not ray.is_initialized(), "who is refused leaves the cluster"


def test_no_cluster_at_that_address():
    def nobody(**_):
        raise ConnectionError("Could not find any running Ray instance")

    with pytest.raises(ClusterError, match=r"No Ray cluster at 'auto' \(Could not find.*`ray start --head`"):
        connect(SimpleNamespace(init=nobody), "auto")
