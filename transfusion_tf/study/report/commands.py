"""Commands that add to a study what its report lacks, ready to be given."""

import dataclasses
import shlex

from transfusion_tf.study import starts
from transfusion_tf.study.spec import DEFAULT_THREADS, StudyConfig

_INDENT = " \\\n    "


def run_study(context, **changes):
    """The run_study.py command of a study, with some of its flags changed.

    Args:
      context: context.Context.
      **changes: {flag: value} in place of the study's own.
    """
    config = context.config
    given = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(StudyConfig)
        if field.name != "settings"
        and getattr(config, field.name) != field.default
    }
    given |= {
        flag: value
        for flag, value in config.settings.items()
        if (flag, value) != ("num_threads", DEFAULT_THREADS)
    }
    given |= {"dataset": config.dataset, "study_dir": context.study.root}
    return command("run_study.py", given | changes)


def a_source(context):
    """{flag: value}: a source for those networks of a study that have none."""
    config = context.config
    lacks = [m for m in config.models if not starts.sources_of(config, m)]
    if config.source_dataset or not lacks:
        return {}
    return {"source_dataset": "synthetic_textures"}


def command(script, flags, **places):
    """A command of run_scripts/, its flags on lines of their own.

    Args:
      script: its file.
      flags: {flag: value}; lists are joined by commas.
      **places: further flags.
    """
    words = [f"python run_scripts/{script}"]
    words += [
        shlex.quote(f"--{flag}={_text(value)}")
        for flag, value in {**flags, **places}.items()
    ]
    return _INDENT.join(words)


def _text(value):
    if isinstance(value, (list, tuple)):
        return ",".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
