"""Facts of images to audit in tests, and the pairs among them."""

import itertools

import numpy as np
import pandas as pd

PLACES = {"train": 0, "val": 1, "test": 2}


def make_facts(rows, **columns):
    """Facts from strings "split pixels perceptual [label [patient]]"."""
    table = pd.DataFrame(
        [(row.split() + ["cat", "p"])[:5] for row in rows],
        columns=["split", "pixels", "perceptual", "label", "patient"],
    )
    table["perceptual"] = [int(text, 2) for text in table["perceptual"]]
    table["perceptual"] = table["perceptual"].astype(np.uint64)
    table["id"] = [f"{i:016x}" for i in range(len(table))]
    return table.assign(**columns)


def random_facts(count=120, *, seed=0):
    """Facts with many repeats and neighbours."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(count // 2, size=count)
    cell = pixels % (count // 4)  # Two groups of pixels in each.
    hashes = rng.integers(2**64, size=count // 4, dtype=np.uint64)
    for i in range(1, len(hashes), 2):
        for bit in rng.integers(64, size=rng.integers(1, 8)).tolist():
            hashes[i] = hashes[i - 1] ^ np.uint64(1 << bit)
    return pd.DataFrame(
        {
            "id": [f"{i:04x}" for i in rng.permutation(count)],
            "split": rng.choice(list(PLACES), count, p=[0.6, 0.2, 0.2]),
            "label": rng.choice(["cat", "dog"], count),
            "patient": rng.integers(count // 2, size=count).astype(str),
            "pixels": [f"{i:032x}" for i in pixels],
            "perceptual": hashes[cell],
        }
    )


def by_brute_force(facts, distance):
    """The rows of audit.csv with "drop", from every pair of images."""
    rows = []
    for pair in itertools.combinations(facts.to_dict("records"), 2):
        a, b = sorted(pair, key=lambda i: (PLACES[i["split"]], i["id"]))
        bits = (int(a["perceptual"]) ^ int(b["perceptual"])).bit_count()
        exact = a["pixels"] == b["pixels"]
        if not exact and bits > distance:
            continue
        across = a["split"] != b["split"]
        row = ["exact" if exact else "near", bits]
        row += [a[c] for c in ("id", "split", "label")]
        row += [b[c] for c in ("id", "split", "label")]
        row += [a["label"] == b["label"], a["patient"] == b["patient"]]
        row += ["dropped" if exact and across else "listed"]
        rows.append(((not exact, not across, bits, a["id"], b["id"]), row))
    return [row for _, row in sorted(rows)]
