"""Prints the seconds that AUCs of many scores take; not a test.

python tests/benchmarks/measure_delong.py
"""

import time

import numpy as np

from transfusion_tf.metrics import auc, summary

NUM_IMAGES = 100_000


def fastest(function, *, repeats=5):
    """Returns the shortest time of some calls, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    """Measures with and without patients, and a five-grade summary."""
    rng = np.random.default_rng(0)
    grades = rng.integers(5, size=NUM_IMAGES)
    labels = grades >= 2
    scores = labels + rng.normal(size=NUM_IMAGES)
    patients = np.array([f"patient {i // 2}" for i in range(NUM_IMAGES)])
    probabilities = rng.dirichlet(np.ones(5), size=NUM_IMAGES)
    cases = {
        "auc": lambda: auc.auc(labels, scores),
        "delong": lambda: auc.delong(labels, scores),
        "delong, patients": lambda: auc.delong(labels, scores, patients),
        "summarize, ordinal": lambda: summary.summarize(
            "ordinal", "01234", grades, probabilities, groups=patients
        ),
    }
    for name, function in cases.items():
        print(f"{name}, {NUM_IMAGES} images: {fastest(function):.3f} s")


if __name__ == "__main__":
    main()
