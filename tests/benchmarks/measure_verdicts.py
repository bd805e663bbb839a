"""Measures what intervals, tests, verdicts and predicted sizes promise.

    python tests/benchmarks/measure_verdicts.py --num_studies=2000 \
        --output=docs/results/verdicts.csv

Simulates studies with a known truth (simulated_studies.py) and writes one row a
cell: coverage of the 95% interval of a single AUC and of a difference, how
often no difference is called one, how often verdicts are right where the true
power is at least 99%, and the power at the number of seeds or patients that was
predicted from the true variances. On two cores about five minutes.
"""

import concurrent.futures
import itertools
import os
import pathlib

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_integer("num_studies", 2000, "studies of each cell", lower_bound=2)
flags.DEFINE_string("output", None, "the CSV")
flags.DEFINE_integer("num_processes", 2, "cells at a time", lower_bound=1)

COLUMNS = ("what", "cell", "share", "asked_low", "asked_high", "num_studies")
SIZES = ((39, 64), (390, 234))
AUCS = (0.86, 0.96)
MARGIN = 0.01


def _cells():
    """Yields (kind, settings of Truth)."""
    for (pos, neg), auc in itertools.product(SIZES, AUCS):
        base = {"num_positive": pos, "num_negative": neg, "auc": auc}
        for each in (1, 2):
            of_patient = {**base, "images_per_patient": each}
            yield "single", {**of_patient, "other_auc": auc}
            yield "paired", {**of_patient, "other_auc": auc + 0.02}
            yield "null", {**of_patient, "other_auc": auc}
        for seeds, spread in itertools.product((3, 5, 10), (0.02, 0.3)):
            arms = {**base, "num_seeds": seeds, "seed_sd": spread}
            yield "paired", {**arms, "other_auc": auc + 0.02}
            yield "null", {**arms, "other_auc": auc}
    large = {"num_positive": 390, "num_negative": 234, "num_seeds": 3}
    yield "right", {**large, "auc": 0.7, "other_auc": 0.9, "seed_sd": 0.05}
    yield "right", {**large, "auc": 0.9, "other_auc": 0.7, "seed_sd": 0.05}
    for seeds, spread, gain in ((3, 0.3, 0.06), (4, 0.2, 0.035)):
        arms = {**large, "num_seeds": seeds, "seed_sd": spread}
        yield "seeds", {**arms, "auc": 0.8, "other_auc": 0.8 + gain}
    yield (
        "patients",
        {**large, "auc": 0.8, "other_auc": 0.82, "seed_sd": 0.02},
    )


def _asked(kind, truth):
    """The range that the share must lie in."""
    few = min(truth.num_positive, truth.num_negative) < 100
    if kind == "single":
        return 0.93, 0.975
    if kind == "paired" and truth.num_seeds == 1:
        return (0.93, 0.98) if few else (0.935, 0.965)
    if kind == "paired":
        return (0.93, 0.975) if truth.num_seeds == 3 else (0.935, 0.965)
    return {
        "null": (0.0, 0.065),
        "right": (0.95, 1.0),
        "seeds": (0.75, 0.85),
        "patients": (0.75, 0.85),
    }[kind]


def _row(job):
    """One cell: its name and the share of studies."""
    import numpy as np
    from simulated_studies import Truth

    kind, settings, num_studies = job
    truth = Truth(**settings)
    if kind in ("seeds", "patients"):
        truth = _enlarged(kind, truth)
    rng = np.random.default_rng([len(kind), *map(ord, str(truth))])
    hits = [_HITS[kind](truth, rng) for _ in range(num_studies)]
    low, high = _asked(kind, truth)
    name = (
        f"{truth.num_positive}+{truth.num_negative} images, "
        f"{truth.images_per_patient} a patient, AUC {truth.auc:g} and "
        f"{truth.other_auc:g}, {truth.num_seeds} seed(s), spread "
        f"{truth.seed_sd:g}"
    )
    values = (kind, name, float(np.mean(hits)), low, high, num_studies)
    return dict(zip(COLUMNS, values, strict=True))


def _compared(truth, rng):
    from simulated_studies import scores

    from transfusion_tf.metrics import paired_auc

    patients = truth.patients if truth.images_per_patient > 1 else None
    return paired_auc.over_seeds(truth.labels, *scores(truth, rng), patients)


def _covers_single(truth, rng):
    from simulated_studies import scores

    from transfusion_tf.metrics import auc

    patients = truth.patients if truth.images_per_patient > 1 else None
    found = auc.delong(truth.labels, scores(truth, rng)[0][0], patients)
    return found.low <= truth.expected(truth.auc) <= found.high


def _covers(truth, rng):
    found = _compared(truth, rng)
    return found.low <= truth.difference <= found.high


def _is_called_different(truth, rng):
    return _verdict(_compared(truth, rng)) not in ("equivalent", "cannot_tell")


def _is_right(truth, rng):
    return _verdict(_compared(truth, rng)) == (
        "helps" if truth.difference > 0 else "hurts"
    )


def _is_settled(truth, rng):
    return _verdict(_compared(truth, rng)) != "cannot_tell"


_HITS = {
    "single": _covers_single,
    "paired": _covers,
    "null": _is_called_different,
    "right": _is_right,
    "seeds": _is_settled,
    "patients": _is_settled,
}


def _verdict(found):
    from transfusion_tf.statistics import equivalence

    return equivalence.verdict(
        found.value,
        *found.bounds(equivalence.EQUIVALENCE_LEVEL),
        p_value=found.p_value,
        margin=MARGIN,
    )


def _enlarged(kind, truth, *, num=400):
    """The study of the size that is predicted from the true variances."""
    import dataclasses

    import numpy as np

    from transfusion_tf.statistics import power

    rng = np.random.default_rng(0)
    found = [_compared(truth, rng) for _ in range(num)]
    parts = {
        name: float(np.mean([getattr(f, name) for f in found]))
        for name in ("patient_variance", "noise_variance")
    }
    # Between seeds and patients together; what patients leave is the seeds'.
    total = float(np.var([f.value for f in found], ddof=1))
    design = power.Design(
        num_seeds=truth.num_seeds,
        num_units=len(truth.labels),
        seed_variance=max(0.0, total - parts["patient_variance"]),
        **parts,
    )
    needed = {"seeds": power.needed_seeds, "patients": power.needed_units}
    count = needed[kind](design, truth.difference, margin=MARGIN)
    if kind == "seeds":
        return dataclasses.replace(truth, num_seeds=count)
    share = count / len(truth.labels)
    return dataclasses.replace(
        truth,
        num_positive=round(share * truth.num_positive),
        num_negative=round(share * truth.num_negative),
    )


def main(argv):
    """Simulates all cells and writes the table."""
    del argv
    if not FLAGS.output:
        raise ValueError("Give --output=FILE.csv.")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"

    import tqdm

    from transfusion_tf import tables

    jobs = [(*cell, FLAGS.num_studies) for cell in _cells()]
    with concurrent.futures.ProcessPoolExecutor(FLAGS.num_processes) as pool:
        rows = list(tqdm.tqdm(pool.map(_row, jobs), total=len(jobs)))
    for row in rows:
        inside = row["asked_low"] <= row["share"] <= row["asked_high"]
        mark = "" if inside else "  OUTSIDE"
        print(f"{row['what']:9}{row['share']:.4f}  {row['cell']}{mark}")
    print(tables.write(pathlib.Path(FLAGS.output), rows, columns=COLUMNS))


if __name__ == "__main__":
    cli.run(main)
