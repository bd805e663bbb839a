"""Run directories with learning curves that are known, untrained."""

from tests.reporting.arm_trees import make_run
from transfusion_tf import files, tables
from transfusion_tf.runs.directory import RunDir


def make_curve(root, aucs, *, every=10, status="finished", **settings):
    """A run whose validation AUCs are `aucs`, one each `every` steps.

    A step takes two seconds.
    """
    run = RunDir(make_run(root, signal=1.0, **settings))
    rows = [
        {"step": every * n, "seconds": 2.0 * every * n, "val_auc": auc}
        for n, auc in enumerate(aucs, start=1)
    ]
    tables.write(run.history, rows, columns=tuple(rows[0]))
    files.write_json(run.status, {"status": status, "reason": ""})
    return run.root
