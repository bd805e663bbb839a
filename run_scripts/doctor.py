"""Checks the installation and the machine, and says what to do.

    python run_scripts/doctor.py

Prints a line for each check: ok, warning or problem, what was found, and what
to do about it: versions, oneDNN, devices and their memory, limits of memory and
processors, disks, codecs, ImageNet weights, and the speed of some training
steps. Nothing is downloaded. The exit status is 0 where all is usable, warnings
included, and 1 where there is a problem.
"""

import dataclasses
import sys

try:
    from absl import flags
except ImportError:
    sys.exit(
        "problem  absl-py: not installed, as no binary here runs without. "
        "Install the package with all that it needs: pip install -e ."
    )

from transfusion_tf import cli

_SPEED = flags.DEFINE_bool(
    "speed", True, "Trains two small networks for five seconds each."
)
_JSON = flags.DEFINE_string(
    "json", None, "File for the findings as JSON, for scripts."
)
EXIT_PROBLEM = 1


def main(argv):
    """Prints the findings; returns the exit status."""
    del argv
    from transfusion_tf import files
    from transfusion_tf.doctor import examine, finding

    found = []
    for one in examine.examine(with_speed=_SPEED.value):
        print(one.line(), *(f"         {d}" for d in one.details), sep="\n")
        found.append(one)
    print(finding.summary(found))
    is_usable = all(one.status != "problem" for one in found)
    if _JSON.value is not None:
        listed = [dataclasses.asdict(one) for one in found]
        files.write_json(
            _JSON.value, {"is_usable": is_usable, "findings": listed}
        )
    return 0 if is_usable else EXIT_PROBLEM


if __name__ == "__main__":
    cli.run(main)
