r"""Trains a grid of runs and says which differences are more than noise.

    python run_scripts/run_study.py --dataset=DIR --models=cbr_tiny,resnet50 \
        --inits=random,pretrained --weights=cbr_tiny:RUN,resnet50:imagenet \
        --seeds=5 --train_sizes=500,all --study_dir=DIR
    python run_scripts/run_study.py --study=examples/transfusion_table1.toml \
        --dataset=DIR --study_dir=DIR

A learning rate is chosen for each network, init and number of images by the
AUC on val; the arms are then compared on test, as compare_runs.py does. Several
runs are trained at a time. The command may be killed at any moment: given
again, it goes on, and values may be added to the grid. Writes study.csv,
arms.csv, comparisons.csv, remarks.csv, verdict.json and comparisons.png into
the directory of the study; its runs lie in runs/.

Settings of train.py are shared by all runs.
"""

import importlib.util
import os
import sys

from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import quiet
from transfusion_tf.study import array_jobs, executor, grid
from transfusion_tf.study import flags as study_flags

_STUDY_DIR = flags.DEFINE_string("study_dir", None, "directory of the study")
_STUDY = flags.DEFINE_string(
    "study",
    None,
    "TOML file with settings of the study, by the names of the flags; flags "
    "that are given besides override it",
)
_NUM_WORKERS = flags.DEFINE_integer(
    "num_workers",
    None,
    "runs that are trained at a time (default: by processors, --num_threads "
    "and memory, or by what a cluster of Ray has; with one GPU give 1)",
    lower_bound=1,
)
_EXECUTOR = flags.DEFINE_enum(
    "executor",
    "local",
    ["local", "ray"],
    "where runs are trained: processes of this machine, or Ray: the cluster "
    "of the environment's RAY_ADDRESS, without it a Ray of this machine",
)
_PART = flags.DEFINE_string(
    "part",
    None,
    "train only a share of the runs, as one job of an array: 3/16 is the "
    "third of sixteen",
)
_SLURM = flags.DEFINE_string(
    "slurm",
    None,
    "train nothing: write this file, a job script that trains the study on a "
    "SLURM cluster, as an array of --num_parts jobs and one for the tables",
)
_NUM_PARTS = flags.DEFINE_integer(
    "num_parts",
    None,
    "jobs of the array (default: one for each run, at most "
    f"{array_jobs.MAX_PARTS}); with --slurm",
    lower_bound=1,
)
_PLAN = flags.DEFINE_bool(
    "plan",
    False,
    "train nothing: say what differences the test set can show at all",
)
_DRY_RUN = flags.DEFINE_bool(
    "dry_run",
    False,
    "train nothing: list the runs, and estimate time and disk from some steps",
)
flags.adopt_module_key_flags(study_flags)


def main(argv):
    """Trains the study that the flags describe and prints its verdicts."""
    del argv
    config = study_flags.from_flags(_STUDY.value)
    part = grid.parse_part(_PART.value) if _PART.value else None
    cli.check_goes_with("num_parts", holds=_SLURM.value, what="--slurm")
    cli.check_goes_with(
        *("part", "plan", "dry_run", "executor"),
        holds=not _SLURM.value,
        what="a study that is trained here, without --slurm",
    )
    if _PLAN.value:
        quiet.start_tensorflow()
        from transfusion_tf.study import plan

        lines = plan.lines(config)
    elif _DRY_RUN.value:
        quiet.start_tensorflow()
        from transfusion_tf.study import estimate

        lines = estimate.lines(config, num_workers=_workers(config))
    elif not _STUDY_DIR.value:
        raise ValueError("Give --study_dir=DIR, where the study is to be.")
    elif _SLURM.value:
        lines = _write_script(config)
    else:
        from transfusion_tf.study import runner

        with cli.continued():
            lines = runner.run(
                config,
                _STUDY_DIR.value,
                executor=_executor(config),
                part=part,
            )
    for line in lines:
        print(line, flush=True)


def _write_script(config):
    """Begins the study, so that mistakes show now, and writes the script."""
    from transfusion_tf.study import directory

    cells, _ = grid.cells(config)
    directory.begin(directory.StudyDir(_STUDY_DIR.value), config, cells)
    num_workers = _NUM_WORKERS.value or 1
    program = [sys.executable, os.path.abspath(sys.argv[0])]
    given = cli.given_flags(without=("slurm", "num_parts", "num_workers"))
    return array_jobs.write(
        _SLURM.value,
        [*program, *given, f"--num_workers={num_workers}"],
        cells=cells,
        num_parts=_NUM_PARTS.value,
        num_workers=num_workers,
        num_threads=config.num_threads,
    )


def _executor(config):
    if _EXECUTOR.value == "local":
        return executor.LocalProcesses(_workers(config))
    if importlib.util.find_spec("ray") is None:
        raise ValueError(
            "--executor=ray needs Ray. Install it with "
            "`pip install 'transfusion_tf[ray]'`, or leave --executor out."
        )
    from transfusion_tf.study import ray_executor

    return ray_executor.RayActors(_NUM_WORKERS.value, config.num_threads)


def _workers(config):
    return _NUM_WORKERS.value or executor.default_workers(config.num_threads)


if __name__ == "__main__":
    cli.run(main)
