"""The stratified order, against one made by plain loops."""

import hashlib

import numpy as np

from transfusion_tf.data import group_order


def by_loops(ids, groups, labels, key):
    """The order by its definition, group after group."""

    def draw(name):
        digest = hashlib.sha256(f"{key}:{name}".encode()).hexdigest()
        return int(digest[:12], 16) / 2**48

    strata = {}
    for group in set(groups):
        mine = [n for n, other in enumerate(groups) if other == group]
        has = np.any([labels[n] for n in mine], axis=0)
        first = min(ids[n] for n in mine)
        stratum = strata.setdefault(has.tobytes(), [])
        stratum.append((draw(first), first, group, len(mine)))
    placed = []
    for name, stratum in strata.items():
        total, before = sum(size for *_, size in stratum), 0
        for drawn, first, group, size in sorted(stratum):
            place = (before + draw(name.hex()) * size) / total
            placed.append((place, drawn, first, group, size))
            before += size
    return [(group, size) for *_, group, size in sorted(placed)]


def test_as_by_loops():
    rng = np.random.default_rng(0)
    for number in range(20):
        count = int(rng.integers(1, 60))
        ids = [f"{n:x}" for n in rng.choice(10_000, count, replace=False)]
        groups = rng.integers(0, count, count) if number % 2 else ids
        labels = rng.random((count, rng.integers(1, 20))) < 0.2
        found = group_order.stratified(ids, groups, labels, key=str(number))
        expected = by_loops(ids, list(groups), labels, str(number))
        assert list(zip(*found, strict=True)) == expected
