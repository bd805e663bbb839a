"""All checks, in the order in which they are printed."""

import platform

from transfusion_tf.doctor import (
    codecs,
    devices,
    finding,
    machine,
    probing,
    requirements,
    speed,
    versions,
    weights,
)
from transfusion_tf.process import errors


def examine(*, with_speed=True, probe=None):
    """Yields the Findings of all checks.

    A check that fails itself is a problem, and the others go on.

    Args:
        with_speed: whether networks train for some seconds.
        probe: what probing.run returned; None: run it.
    """
    if probe is None:
        probe = probing.run(probing.SECONDS if with_speed else 0)
    yield from _guarded("versions", lambda: _versions(probe))
    yield from _guarded("probe", lambda: _failure(probe))
    for name, check in (
        ("oneDNN", lambda: [devices.onednn(probe)]),
        ("devices", lambda: [devices.devices(probe)]),
        ("memory", lambda: [machine.memory()]),
        ("processors", lambda: [machine.processors()]),
        ("disk", machine.disks),
        ("codecs", lambda: [codecs.pillow()]),
        ("codecs of TensorFlow", lambda: [codecs.of_tensorflow(probe)]),
        ("DICOM", lambda: [codecs.dicom()]),
        ("ImageNet weights", lambda: [weights.imagenet()]),
        ("speed", lambda: speed.speed(probe)),
    ):
        yield from _guarded(name, check)


def _versions(probe):
    """The Findings on versions."""
    try:
        needed = requirements.read()
    except LookupError:
        return [
            finding.warning(
                "versions",
                f"Python {platform.python_version()}; what the package "
                "asks for is not known, as it is neither a checkout nor "
                "installed",
                advice="pip install it, or work in its checkout.",
            )
        ]
    return [
        versions.python(needed),
        versions.tensorflow(needed, probe),
        versions.keras(needed, probe),
        versions.others(needed),
        versions.optional(needed),
    ]


def _failure(probe):
    """A Finding where TensorFlow has started and then failed."""
    if "failure" not in probe or "tensorflow" not in probe:
        return []  # The line on TensorFlow says so.
    return [
        finding.problem(
            "TensorFlow at work",
            f"it failed: {probe['failure']}",
            advice="What is not known below is because of that.",
        )
    ]


def _guarded(name, check):
    """The Findings of a check, or that it has failed."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 (whatever is wrong is a finding)
        return [
            finding.problem(
                name,
                f"the check failed ({type(error).__name__}: "
                f"{errors.one_line(error)})",
                advice="Please report it.",
            )
        ]
