"""Run directories of the flag --runs: patterns (runs/*-seed?), studies."""

import glob
import os

from transfusion_tf.runs import study_runs
from transfusion_tf.runs.directory import RunDir


def expanded(patterns):
    """Returns the run directories that `patterns` mean, each pattern sorted.

    Args:
        patterns: list of paths or RunDirs, which stay as they are, and of
            patterns with * (** over folders), ? or [...]. A run that several
            patterns match is taken once. The directory of a study means the
            runs that it compares.

    Raises:
        FileNotFoundError: a pattern matches no run.
        ValueError: see study_runs.compared.
    """
    found = {}
    for pattern in patterns:
        is_run = isinstance(pattern, RunDir)
        pattern = os.fspath(pattern.root if is_run else pattern)
        if os.path.isdir(pattern) or not glob.has_magic(pattern):
            # A path that is given twice is meant twice.
            for path in _of_path(pattern):
                found[f"{path}#{len(found)}"] = path
            continue
        matches = sorted(glob.glob(pattern, recursive=True))
        runs = [path for path in matches if RunDir(path).config.is_file()]
        if not runs:
            what = (
                f"{len(matches):,} paths, and no run" if matches else "nothing"
            )
            raise FileNotFoundError(
                f"--runs={pattern} matches {what}: a run is a directory with "
                "config.json, made by train.py."
            )
        for run in runs:
            found.setdefault(os.path.normpath(run), run)
    return list(found.values())


def _of_path(path):
    """The path itself, or the runs of the study that it is."""
    if study_runs.is_study(path) and not RunDir(path).config.is_file():
        return [os.fspath(run) for run in study_runs.compared(path)]
    return [path]
