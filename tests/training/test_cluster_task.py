"""Which worker a process is, as TF_CONFIG and SLURM say it."""

import json

import pytest

from transfusion_tf.training import cluster_task

TWO = {"worker": ["a:1001", "b:1002"]}


@pytest.fixture
def environment(monkeypatch):
    """environment(NAME=value, ...): sets these variables, and no others."""
    for name in ("TF_CONFIG", *cluster_task._SLURM):
        monkeypatch.delenv(name, raising=False)

    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def tf_config(cluster, kind="worker", index=0):
    task = {"type": kind, "index": index}
    return json.dumps({"cluster": cluster, "task": task})


@pytest.mark.parametrize(
    ("cluster", "kind", "index", "rank", "address"),
    [
        (TWO, "worker", 0, 0, "a:1001"),
        (TWO, "worker", "1", 1, "b:1002"),
        ({**TWO, "chief": ["c:1003"]}, "chief", 0, 0, "c:1003"),
        ({**TWO, "chief": ["c:1003"]}, "worker", 1, 2, "b:1002"),
    ],
)
def test_tf_config_names_the_task(
    environment, cluster, kind, index, rank, address
):
    environment(TF_CONFIG=tf_config(cluster, kind, index))
    task = cluster_task.from_environment()
    assert (task.rank, task.address) == (rank, address)
    assert (
        task.num_workers
        == len(task.addresses)
        == sum(map(len, cluster.values()))
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worker", "TF_CONFIG is not JSON"),
        ("[]", 'names no "cluster"'),
        ('{"cluster": {}}', 'names no "cluster"'),
        (json.dumps({"cluster": TWO}), 'names no "task"'),
        (json.dumps({"cluster": TWO, "task": {}}), 'names no "task"'),
        (tf_config(TWO, "worker", 2), "task worker 2, which its cluster has"),
        (tf_config(TWO, "chief", 0), "task chief 0, which its cluster has"),
        (tf_config(TWO, "worker", -1), "task worker -1, which"),
        (tf_config({"ps": ["a:1"]}, "ps"), "has 'ps' in its cluster"),
        (tf_config({"worker": ["a"]}), 'no list of "HOST:PORT"'),
        (tf_config({"worker": ["a:0"]}), 'no list of "HOST:PORT"'),
        (tf_config({"worker": "a:1"}), 'no list of "HOST:PORT"'),
        (tf_config({"worker": ["a:1", "a:1"]}), "an address twice"),
        (tf_config({"chief": ["a:1", "b:1"]}, "chief"), "more than one chief"),
    ],
)
def test_refuses(environment, text, message):
    environment(TF_CONFIG=text)
    with pytest.raises(ValueError, match=message) as caught:
        cluster_task.from_environment()
    assert "\n" not in str(caught.value)
    assert 'give TF_CONFIG=\'{"cluster": ' in str(caught.value)


def test_without_workers_it_says_how_to_name_them(environment):
    environment()
    with pytest.raises(ValueError, match="srun, or set TF_CONFIG="):
        cluster_task.from_environment()


SLURM = {
    "SLURM_JOB_ID": "7",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NODELIST": "n[1-2]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_PROCID": "1",
}


def test_slurm_names_the_task(environment):
    environment(**SLURM, SLURMD_NODENAME="n1")
    task = cluster_task.from_environment()
    # The ports of the 7th job: 10000 + 7 x 16.
    assert task.addresses == ["n1:10112", "n1:10113", "n2:10112", "n2:10113"]
    assert (task.rank, task.address) == (1, "n1:10113")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SLURMD_NODENAME": "n2"}, "task 1 is on n2, and not on n1:10113"),
        ({"SLURM_PROCID": "x"}, "SLURM's variables name no workers"),
        ({"SLURM_STEP_NUM_TASKS": "5"}, "5 tasks but only 4 were assigned"),
    ],
)
def test_refuses_what_slurm_cannot_mean(environment, changes, message):
    environment(**{**SLURM, **changes})
    with pytest.raises(ValueError, match=message):
        cluster_task.from_environment()
