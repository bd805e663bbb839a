"""Apache Beam's options: checked before there is anything to run."""

import contextlib
import io
import re
import socket

import apache_beam as beam
from apache_beam.options import pipeline_options as beam_options

_SECONDS_TO_ANSWER = 10
_DIRECT = ("directrunner", "direct")


def make(flags, further=()):
    """Returns the PipelineOptions of command-line flags.

    Args:
        flags: list of --name=value, of which Beam must know every name.
        further: list of the same, with what only a runner may know.

    Raises:
        ValueError: a flag is not known or has a wrong value.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            strict = beam_options.PipelineOptions(list(flags))
            unknown = (
                strict.get_all_options(retain_unknown_options=True).keys()
                - strict.get_all_options()
            )
            options = beam_options.PipelineOptions([*flags, *further])
            options.get_all_options()
    except SystemExit:  # What argparse does.
        reason = said.getvalue().strip().rpartition("error: ")[2]
        raise ValueError(f"Apache Beam's options: {reason}") from None
    if unknown:
        raise ValueError(
            "Neither this binary nor Apache Beam knows "
            f"{', '.join(f'--{name}' for name in sorted(unknown))}. What only "
            "a runner knows goes into --beam_options=--name=value,..."
        )
    _settle_direct(options, [*flags, *further])
    return options


def _settle_direct(options, given):
    """Has DirectRunner be the runner in Python, with processes if asked."""
    standard = options.view_as(beam_options.StandardOptions)
    if (standard.runner or "DirectRunner").lower() not in _DIRECT:
        return
    # By itself DirectRunner fetches a program from the internet, Prism, and
    # prefers it; that ignores the number of workers.
    standard.runner = "FnApiRunner"
    direct = options.view_as(beam_options.DirectOptions)
    is_chosen = any(flag.startswith("--direct_running_mode") for flag in given)
    if direct.direct_num_workers != 1 and not is_chosen:
        direct.direct_running_mode = "multi_processing"


def check(options):
    """Raises ValueError, ImportError, AttributeError or OSError.

    The first three for options that are wrong or name no runner, the last
    where nothing answers at the address that the job would go to.
    """
    beam.Pipeline(options=options)  # Finds the runner and asks it.
    for name, address in _addresses(options):
        found = re.fullmatch(r"(?:\w+://)?([^/:,]+):(\d+)/?", address)
        if not found:
            continue  # Without a port it is the runner's to find it.
        try:
            place = found[1], int(found[2])
            socket.create_connection(place, _SECONDS_TO_ANSWER).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OSError(
                f"Nothing answers at --{name}={address} ({reason}). Start "
                "what should be there, or give its address."
            ) from None


def _addresses(options):
    """Yields (name of the option, address) that the runner will ask."""
    runner = options.view_as(beam_options.StandardOptions).runner.lower()
    endpoint = options.view_as(beam_options.PortableOptions).job_endpoint
    flink = options.view_as(beam_options.FlinkRunnerOptions)
    spark = options.view_as(beam_options.SparkRunnerOptions)
    if endpoint:
        yield "job_endpoint", endpoint
    elif "flink" in runner:
        yield "flink_master", flink.flink_master
    elif "spark" in runner and spark.spark_submit_uber_jar:
        yield "spark_rest_url", spark.spark_rest_url or ""
    elif "spark" in runner:
        yield "spark_master_url", spark.spark_master_url
