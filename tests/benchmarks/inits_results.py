"""What came out of the runs of measure_inits.py: tables and a figure."""

import numpy as np
import pandas as pd
from inits_experiments import EXPERIMENTS
from matplotlib.figure import Figure

from transfusion_tf import files, tables
from transfusion_tf.reporting.figures import style
from transfusion_tf.runs.directory import RunDir

RUN_COLUMNS = (
    "experiment",
    "run",
    "arm",
    "learning_rate",
    "seed",
    "best_val_auc",
    "steps_to_target",
    "test_auc",
    "test_auc_low",
    "test_auc_high",
)
ARM_COLUMNS = (
    "experiment",
    "arm",
    "learning_rate",
    "num_seeds",
    "target_val_auc",
    "num_reached",
    "median_steps",
    "steps",
    "mean_test_auc",
    "min_test_auc",
    "max_test_auc",
    "median_seed_low",
    "median_seed_high",
)


def steps_to(history, target):
    """The first step of two evaluations in a row at `target`, or None.

    A single crossing of a noisy curve comes earlier the more often one looks.
    """
    reached = (history["val_auc"] >= target).to_numpy()
    both = reached[:-1] & reached[1:]
    return int(history["step"][both.argmax()]) if both.any() else None


def run_row(path, name, arm, rate, seed):
    """One row (dict of RUN_COLUMNS) on a finished run."""
    history = tables.read(RunDir(path).history)
    entry = _test_entry(name, path)
    return {
        "experiment": name,
        "run": path.name,
        "arm": arm,
        "learning_rate": rate,
        "seed": seed,
        "best_val_auc": history["val_auc"].max(),
        "steps_to_target": steps_to(history, EXPERIMENTS[name].target),
        "test_auc": entry["value"],
        "test_auc_low": entry["low"],
        "test_auc_high": entry["high"],
    }


def _test_entry(name, path):
    """The test AUC with its interval, by patient where there are any."""
    test = files.read_json(RunDir(path).metrics)["test"]
    threshold = EXPERIMENTS[name].threshold
    if threshold is None:
        return test["auc"]
    label = f">={threshold}"
    return next(e for e in test["aucs"] if e["name"] == label)


def arm_row(name, arm, rows):
    """One row (dict of ARM_COLUMNS) on an arm, at its better learning rate."""
    table = pd.DataFrame(
        [row for row in rows if row["arm"] == arm], dtype=object
    )
    table["best_val_auc"] = table["best_val_auc"].astype(float)
    rate = table.groupby("learning_rate")["best_val_auc"].mean().idxmax()
    table = table[table["learning_rate"] == rate].sort_values("test_auc")
    steps = [
        s if s == s else np.inf
        for s in table["steps_to_target"].map(
            lambda s: np.inf if s is None else s
        )
    ]
    middle = table.iloc[len(table) // 2]
    median = float(np.median(steps))
    return {
        "experiment": name,
        "arm": arm,
        "learning_rate": rate,
        "num_seeds": len(table),
        "target_val_auc": EXPERIMENTS[name].target,
        "num_reached": int(np.isfinite(steps).sum()),
        "median_steps": median if np.isfinite(median) else None,
        "steps": " ".join(
            f"{s:.0f}" if np.isfinite(s) else "-" for s in sorted(steps)
        ),
        "mean_test_auc": table["test_auc"].mean(),
        "min_test_auc": table["test_auc"].min(),
        "max_test_auc": table["test_auc"].max(),
        "median_seed_low": middle["test_auc_low"],
        "median_seed_high": middle["test_auc_high"],
    }


def figure(name, paths):
    """Validation AUC by step, and test AUC, of each arm of an experiment.

    Curves are medians over seeds, bands their range.

    Args:
      name: of EXPERIMENTS.
      paths: {arm: run directories at the arm's better learning rate}.
    """
    drawn = Figure(figsize=(9.5, 4.2), layout="constrained")
    curves, dots = drawn.subplots(1, 2, width_ratios=(3, 2))
    for index, (arm, runs) in enumerate(paths.items()):
        color = style.PALETTE[index % len(style.PALETTE)]
        marker = style.MARKERS[index % len(style.MARKERS)]
        histories = [tables.read(RunDir(path).history) for path in runs]
        steps = histories[0]["step"]
        aucs = np.array([h["val_auc"] for h in histories], float)
        curves.plot(
            steps,
            np.median(aucs, axis=0),
            color=color,
            marker=marker,
            markevery=max(1, len(steps) // 8),
            markersize=4,
            label=arm,
        )
        curves.fill_between(
            steps,
            aucs.min(axis=0),
            aucs.max(axis=0),
            color=color,
            alpha=0.12,
            linewidth=0,
        )
        entries = [_test_entry(name, path) for path in runs]
        rows = index + np.linspace(-0.2, 0.2, len(entries))
        for row, entry in zip(rows, entries, strict=True):
            dots.plot(
                [entry["low"], entry["high"]],
                [row, row],
                color=color,
                linewidth=1,
            )
            dots.plot(entry["value"], row, marker, color=color, markersize=4)
    target = EXPERIMENTS[name].target
    curves.axhline(target, color="0.4", linestyle="--", linewidth=0.9)
    curves.set_xlabel("step")
    curves.set_ylabel("validation AUC (median and range of seeds)")
    curves.set_ylim(*_limits(curves, target))
    curves.legend(fontsize=8, frameon=False, loc="lower right")
    dots.set_yticks(range(len(paths)), list(paths), fontsize=8)
    dots.invert_yaxis()
    dots.set_xlabel("test AUC, 95% interval of each seed")
    for axes in (curves, dots):
        axes.spines[["top", "right"]].set_visible(False)
    drawn.suptitle(f"{name} (dashed: validation AUC {target:g})", fontsize=10)
    return drawn


def _limits(axes, target):
    """The upper half of the range, where the arms differ."""
    top = max(line.get_ydata().max() for line in axes.lines[:-1])
    return (max(0.5, 1 - 6 * (1 - min(target, 0.95))), min(1.0, top + 0.02))
