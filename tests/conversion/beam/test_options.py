"""Tests of the options of Apache Beam. Skips where it is not installed."""

import socket
import time

import pytest

pytest.importorskip("apache_beam")

from apache_beam.options import pipeline_options

from transfusion_tf.conversion.beam import options as beam_options

DIRECT = ("--runner=DirectRunner",)


def settled(*flags, further=()):
    """(runner, number of workers, mode) that flags lead to."""
    options = beam_options.make(flags, further)
    direct = options.view_as(pipeline_options.DirectOptions)
    return (
        options.view_as(pipeline_options.StandardOptions).runner,
        direct.direct_num_workers,
        direct.direct_running_mode,
    )


@pytest.mark.parametrize(
    "flags, expected",
    [
        ((), ("FnApiRunner", 1, "in_memory")),
        (DIRECT, ("FnApiRunner", 1, "in_memory")),
        (
            (*DIRECT, "--direct_num_workers=4"),
            ("FnApiRunner", 4, "multi_processing"),
        ),
        (
            ("--direct_num_workers=4", "--direct_running_mode=multi_threading"),
            ("FnApiRunner", 4, "multi_threading"),
        ),
        (("--runner=FlinkRunner",), ("FlinkRunner", 1, "in_memory")),
    ],
)
def test_the_direct_runner_is_that_in_python(flags, expected):
    assert settled(*flags) == expected
    assert settled(further=flags) == expected


def test_what_only_a_runner_knows_goes_further():
    options = beam_options.make(DIRECT, ["--slots=2", "--flag"])
    kept = options.get_all_options(retain_unknown_options=True)
    assert (kept["slots"], kept["flag"]) == ("2", True)
    with pytest.raises(ValueError, match="knows --slots. What only a"):
        beam_options.make([*DIRECT, "--slots=2"])


def test_what_answers_is_reached():
    with socket.create_server(("localhost", 0)) as server:
        address = f"localhost:{server.getsockname()[1]}"
        flags = ["--runner=FlinkRunner", f"--flink_master={address}"]
        beam_options.check(beam_options.make(flags))
        server.settimeout(10)
        connection, peer = server.accept()  # TimeoutError, if nobody came.
        connection.close()
        assert peer[0] == "127.0.0.1"


@pytest.mark.parametrize("runner", ["FlinkRunner", "SparkRunner"])
def test_a_runner_that_starts_its_own_cluster_is_not_asked(runner, monkeypatch):
    asked = []
    monkeypatch.setattr(
        beam_options.socket,
        "create_connection",
        lambda *address: asked.append(address),
    )
    beam_options.check(beam_options.make([f"--runner={runner}"]))
    assert asked == []


def unused_port():
    """A port of this machine at which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "flags, error, message",
    [
        (
            ("--runner=NoRunner",),
            ValueError,
            "Unexpected pipeline runner: NoRunner. Valid values are .*Flink",
        ),
        (
            ("--runner=DataflowRunner",),
            ValueError,
            "Missing required option: project",
        ),
        (
            (*DIRECT, "--direct_num_wrokers=2"),
            ValueError,
            "nor Apache Beam knows --direct_num_wrokers. What only a runner",
        ),
        (
            (*DIRECT, "--direct_num_workers=two"),
            ValueError,
            "options: argument --direct_num_workers: invalid int value: 'two'",
        ),
        (
            ("--runner=FlinkRunner", "--flink_master=http://localhost:PORT"),
            OSError,
            "Nothing answers at --flink_master=http://localhost:.*refused",
        ),
        (
            (
                "--runner=SparkRunner",
                "--spark_master_url=spark://localhost:PORT",
            ),
            OSError,
            "Nothing answers at --spark_master_url=spark://localhost:.*refused",
        ),
        (
            ("--runner=PortableRunner", "--job_endpoint=localhost:PORT"),
            OSError,
            "Nothing answers at --job_endpoint=localhost:.*refused",
        ),
    ],
)
def test_options_that_cannot_be_used_get_one_line(flags, error, message):
    port = str(unused_port())
    flags = [flag.replace("PORT", port) for flag in flags]
    start = time.monotonic()
    with pytest.raises(error, match=message):
        beam_options.check(beam_options.make(flags))
    assert time.monotonic() - start < 15
