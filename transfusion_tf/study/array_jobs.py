"""Writes the job script with which a study is trained on a SLURM cluster."""

import os
import pathlib
import re
import shlex

from transfusion_tf import files
from transfusion_tf.study.executor import WORKER_BYTES

MAX_PARTS = 16  # Unless more are asked for.
_SCRIPT = """\
#!/usr/bin/env bash
# Trains the {num_runs} runs of a study on a SLURM cluster: {num_parts} jobs of
# an array, and one more that writes the tables when these have ended.{twice}
#
#     bash {file}
#
# Adapt the lines "#SBATCH" first; "##SBATCH" is a comment. All machines must
# see the same paths. Jobs may be killed at any moment, and this script may be
# submitted again when none of its jobs is left: runs are continued.
#
#SBATCH --job-name={name}
# Processors of a job: its runs at a time (--num_workers) times --num_threads.
#SBATCH --cpus-per-task={num_cpus}
# Memory of a job, {gigabytes} GB for each of its runs at a time: more for large
# networks and images.
#SBATCH --mem={memory}G
# run_study.py --dry_run with the flags below estimates how long all runs take.
#SBATCH --time=24:00:00
# A job that is preempted is queued again.
#SBATCH --requeue
# What your cluster asks for:
##SBATCH --partition=NAME
##SBATCH --account=NAME
# With GPUs, one run at a time:
##SBATCH --gres=gpu:1
set -euo pipefail
script="$(realpath "$0")"
cd {folder}

# What jobs need before they find the Python below, as `module load cuda`:

study=(
{words}
)
case "${{1:-submit}}" in
  part) # A job of the array.
    exec "${{study[@]}}" --part="$SLURM_ARRAY_TASK_ID/{num_parts}" ;;
  tables) # The last job trains what is left, if anything is.
    exec "${{study[@]}}" ;;
  submit)
    # --array=1-{num_parts}%4 has no more than four jobs run at a time.
    after=""
    for array in {arrays}; do
      job="$(sbatch --parsable ${{after:+"--dependency=$after"}} \\
        --array=1-{num_parts} --output="$script-%A_%a.log" "$script" part)"
      after="afterany:${{job%%;*}}"
    done
    sbatch --dependency="$after" --output="$script-%j.log" "$script" tables ;;
  *)
    echo "error: give nothing, or part, or tables. Received: $1" >&2
    exit 2 ;;
esac
"""
_TWICE = """
# The array is submitted twice: first it trains the sources of weights, then the
# runs that start from them."""


def script(
    command,
    *,
    file,
    num_runs,
    num_parts,
    num_workers,
    num_threads,
    has_sources,
):
    """The text of a job script.

    Args:
      command: list of the words that train the study here, without --part.
      file: name of the script.
      num_runs: of the study.
      num_parts: jobs of the array.
      num_workers: runs at a time in a job.
      num_threads: of a run.
      has_sources: whether runs start from others of the study, which jobs of
        any part train.
    """
    gigabytes = WORKER_BYTES // 2**30
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", pathlib.Path(file).stem)
    return _SCRIPT.format(
        num_runs=num_runs,
        num_parts=num_parts,
        arrays="sources runs" if has_sources else "runs",
        twice=_TWICE if has_sources else "",
        file=shlex.quote(str(file)),
        name=name,
        num_cpus=num_workers * num_threads,
        gigabytes=gigabytes,
        memory=gigabytes * num_workers,
        folder=shlex.quote(os.getcwd()),
        words="\n".join(f"  {shlex.quote(word)}" for word in command),
    )


def write(path, command, *, cells, num_parts, num_workers, num_threads):
    """Writes a job script, see `script`, where no file is.

    Args:
      path: of the script.
      command, num_workers, num_threads: as of `script`.
      cells: grid.Cells of the study.
      num_parts: jobs of the array; None: one for each run, at most MAX_PARTS.

    Returns:
      Lines for the terminal.

    Raises:
      ValueError: there is a file, or there are fewer runs than jobs.
      OSError: it cannot be written.
    """
    path = pathlib.Path(path)
    if path.exists():
        raise ValueError(
            f"--slurm={path}: there is such a file; delete it, or give "
            "another name."
        )
    if num_parts is None:
        num_parts = min(len(cells), MAX_PARTS)
    if num_parts > len(cells):
        raise ValueError(
            f"--num_parts must be at most {len(cells)}, the number of runs of "
            f"the study. Received: {num_parts}"
        )
    text = script(
        command,
        file=path,
        num_runs=len(cells),
        num_parts=num_parts,
        num_workers=num_workers,
        num_threads=num_threads,
        has_sources=any(cell.source_dataset for cell in cells),
    )
    with files.naming_failures(path):
        files.write_text(path, text)
    return [
        f"{path}: {len(cells)} runs in {num_parts} jobs. Adapt its lines "
        f"#SBATCH to the cluster, then: bash {shlex.quote(str(path))}"
    ]
