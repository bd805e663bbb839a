"""Evidence that no study has given: arms and differences as asked for."""

import pandas as pd

from transfusion_tf.statistics import equivalence
from transfusion_tf.study.report.claims.evidence import Arm, Evidence

MARGIN = 0.01


def arm(name, model="cbr_tiny", scheme="random", **values):
    """An Arm; random ones have no source, others have "imagenet"."""
    if scheme != "random":
        values.setdefault("source", "imagenet")
    return Arm(
        name=name,
        model=model,
        scheme=scheme,
        stages=("conv1", "conv2", "conv3"),
        runs=tuple(f"{name}{seed}" for seed in range(3)),
        parameters=values.pop("parameters", _parameters(model)),
        **values,
    )


def _parameters(model):
    return 23_000_000 if model.startswith("resnet50") else 1_000_000


def row(first, other, difference, half, **values):
    """A comparison: significant where its interval excludes 0."""
    low, high = difference - half, difference + half
    is_significant = low > 0 or high < 0
    p_value = 0.01 if is_significant else 0.5
    low_90, high_90 = difference - 0.8 * half, difference + 0.8 * half
    return {
        "arm": first,
        "reference": other,
        "difference": difference,
        "low": low,
        "high": high,
        "level": 0.95,
        "p_adjusted": p_value,
        "low_90": low_90,
        "high_90": high_90,
        "margin": MARGIN,
        "verdict": equivalence.verdict(
            difference, low_90, high_90, p_value=p_value, margin=MARGIN
        ),
        "degrees_of_freedom": 10.0,
        **values,
    }


def evidence(arms, rows=(), **tables):
    """Evidence of Arms, rows of `row`, and DataFrames."""
    columns = tuple(row("", "", 0, 1))
    return Evidence(
        arms=tuple(arms),
        pairs=pd.DataFrame(list(rows), columns=columns),
        tables=tables,
        margin=MARGIN,
    )
