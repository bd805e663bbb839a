"""First-layer filters of runs before and after training, as tables."""

import numpy as np

from transfusion_tf import progress, tables
from transfusion_tf.analysis.filters import changes, gabor_like
from transfusion_tf.process import quiet
from transfusion_tf.runs import globs, record
from transfusion_tf.runs.directory import RunDir

# What titles of figures say of a run.
SUBJECT = ("model", "dataset")
_COLUMNS = {
    "filters": (*changes.COLUMNS, *SUBJECT),
    "filter_kernels": changes.KERNEL_COLUMNS,
    "gabor_fits": gabor_like.COLUMNS,
    "gabor_counts": gabor_like.COUNT_COLUMNS,
    "gabor_scrambled": gabor_like.SCRAMBLED_COLUMNS,
}


def run(runs, *, checkpoint="last", num_scrambles=20, seed=0):
    """What training did to the first filters of runs, and how Gabor-like.

    Args:
      runs: list of run directories, patterns (globs) of them, or RunDirs.
      checkpoint: trained weights: "last", "best" or a step.
      num_scrambles: phase-scrambled patterns that are fitted for each filter.
      seed: of the scrambled phases.

    Returns:
      {"filters", "filter_kernels", "gabor_fits", "gabor_counts",
      "gabor_scrambled": DataFrame}, with the columns of `changes` (and of
      `SUBJECT`) and `gabor_like`.

    Raises:
      FileNotFoundError: there is no such run.
      ValueError: the checkpoint is the start, or a kernel holds NaN.
    """
    paths = globs.expanded(runs)
    names = tables.run_names(paths)
    found = {stem: [] for stem in _COLUMNS}
    # All kernels first: whatever cannot be read is met before hours of fits.
    kernels = [_kernels(RunDir(path), checkpoint) for path in paths]
    runs_with_kernels = list(zip(names, paths, kernels, strict=True))
    for name, path, of_run in progress.over(
        runs_with_kernels, "Looking at filters", unit="runs"
    ):
        changed = changes.changes(*of_run.values(), run=name)
        subject = _subject(RunDir(path))
        found["filters"] += [{**row, **subject} for row in changed]
        for step, kernel in of_run.items():
            found["filter_kernels"] += changes.kernel_rows(
                kernel, changed, step=step
            )
            fits, count, scrambled = gabor_like.rows(
                kernel,
                changed,
                step=step,
                num_scrambles=num_scrambles,
                seed=seed,
            )
            found["gabor_fits"] += fits
            found["gabor_counts"].append(count)
            found["gabor_scrambled"] += scrambled
    return {
        stem: tables.frame(rows, columns=_COLUMNS[stem])
        for stem, rows in found.items()
    }


def _subject(run):
    return {
        "model": record.read_config(run).model.label,
        "dataset": record.read(run)["data"]["name"],
    }


def _kernels(run, checkpoint):
    """{0: kernel before, step: kernel after} of a run, red first."""
    trained = record.checkpoint_step(run, checkpoint)
    if trained == 0:
        raise ValueError(
            f"{run.root}: checkpoint {checkpoint!r} is step 0, the start "
            "itself; give --checkpoint=last or a later step."
        )
    # Now that the mistakes that need no network have been met.
    quiet.start_tensorflow()
    from transfusion_tf.runs import networks

    found = {}
    for step in (0, trained):
        backbone = networks.load_backbone(run, step)
        found[step] = backbone.in_rgb(backbone.first_kernel.numpy())
        if not np.isfinite(found[step]).all():
            raise ValueError(
                f"{run.root}: the first convolution of step {step} holds NaN "
                "or infinity; give --checkpoint of an earlier step."
            )
    return found
