"""Commands that repeat a study, or add to it."""

import dataclasses
import shlex

from transfusion_tf import files
from transfusion_tf.config.fields import flag_name
from transfusion_tf.study import spec

_BINARY = "python run_scripts/run_study.py"


def run_study(study_dir, config, **changes):
    """The command of run_study.py that makes a study, on several lines.

    Settings at their defaults are left out. In the directory of a study that
    has fewer values the command adds the runs that are missing.

    Args:
      study_dir: directory of the study.
      config: its StudyConfig.
      **changes: values of StudyConfig that are others, such as seeds=10.
    """
    changed = dataclasses.replace(config, **changes)
    values = [
        (name, value)
        for name, value, default in settings(changed)
        if files.plain(value) != files.plain(default)
    ]
    return on_lines(_BINARY, [*values, ("study_dir", study_dir)])


def on_lines(binary, values):
    """A command with a flag a line.

    Args:
      binary: "python run_scripts/...".
      values: (flag, value) pairs; tuples are written with commas.
    """
    flags = [shlex.quote(f"--{name}={text(value)}") for name, value in values]
    return " \\\n    ".join([binary, *flags])


def settings(config):
    """(flag, value, default) of all that a study can be configured by.

    Args:
      config: StudyConfig.
    """
    own = [
        (flag_name(field), getattr(config, field.name), field.default)
        for field in dataclasses.fields(config)
        if field.metadata
    ]
    shared = []
    for flag, field in spec.run_settings().items():
        default = field.metadata["default"]
        if flag == "num_threads":
            default = spec.DEFAULT_THREADS
        shared.append((flag, config.settings.get(flag, default), default))
    return [*own, *shared]


def text(value):
    """A value as its flag takes it; "" for None."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ",".join(map(text, value))
    return str(value)
