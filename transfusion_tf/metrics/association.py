"""Whether a column (site, sex, device) tells the label without any image.

Where it does, a network can score well by recognising the site.
"""

import dataclasses

import numpy as np
from scipy import stats

from transfusion_tf.metrics import components
from transfusion_tf.statistics import intervals

NUM_TABLES = 9999
# When a column is said to tell the label, see `Association.tells_label`.
MAX_P_VALUE = 0.01
MIN_AUC = 0.7
MIN_UNITS = 10
_CELLS_AT_ONCE = 2**22


@dataclasses.dataclass(frozen=True, kw_only=True)
class Association:
    """What `associate` returns; units are patients, or images without them.

    Attributes:
        auc: of the column alone: each unit is scored by the share of positives
            among those with its value. At least 0.5; None where there are only
            positives, only negatives, or one value.
        by_chance: mean of that AUC if values and labels were independent,
            above 0.5 the more values there are.
        p_value: of independence: Fisher's exact test for two values, else
            Pearson's chi-squared among NUM_TABLES drawn tables with the same
            margins. None where `auc` is.
        value: the value that stands out most: whose share of positives is
            farthest from that of the other units, in standard errors.
        positives, units: of that value.
        other_positives, other_units: of all others.
        low, high: exact 95% interval of positives / units.
        other_low, other_high: of that of the others.
        reason: why there is no AUC, in words, or "".
    """

    auc: float | None = None
    by_chance: float | None = None
    p_value: float | None = None
    value: str = ""
    positives: int = 0
    units: int = 0
    other_positives: int = 0
    other_units: int = 0
    low: float | None = None
    high: float | None = None
    other_low: float | None = None
    other_high: float | None = None
    reason: str = ""

    @property
    def tells_label(self):
        """Whether to warn of it.

        p is at most MAX_P_VALUE, and either the AUC, less what chance gives,
        is at least MIN_AUC; or of at least MIN_UNITS units with one value most
        are positive and of the others most are negative, or the reverse, by
        both exact intervals: then the value alone turns the best guess.
        """
        if self.auc is None or self.p_value > MAX_P_VALUE:
            return False
        if self.auc - (self.by_chance - 0.5) >= MIN_AUC:
            return True
        turns = (self.low > 0.5 > self.other_high) or (
            self.high < 0.5 < self.other_low
        )
        return turns and min(self.units, self.other_units) >= MIN_UNITS


def associate(labels, values, groups=None, *, num_tables=NUM_TABLES, seed=0):
    """Returns the Association of a column with a label.

    A patient counts once for each value that he has, and as positive where an
    image of his with that value is.

    Args:
        labels: (num_images,) of 0 and 1, or bool.
        values: (num_images,) text.
        groups: (num_images,) patients, or None.
        num_tables: tables that are drawn.
        seed: of the draws.
    """
    names, table = _units(labels, values, groups)
    totals = table.sum(axis=1)
    if len(names) < 2 or not totals.all():
        one = "one value only" if len(names) < 2 else "one class only"
        return Association(reason=one)
    aucs = [
        _aucs(drawn)
        for drawn in _drawn(totals, table.sum(axis=0), num_tables, seed)
    ]
    place = _most_different(table)
    others = np.delete(table, place, axis=1).sum(axis=1)
    bounds = [_exact(column) for column in (table[:, place], others)]
    return Association(
        auc=float(_aucs(table[None])[0]),
        by_chance=float(np.concatenate(aucs).mean()),
        p_value=_p_value(table, num_tables, seed),
        value=names[place],
        positives=int(table[0, place]),
        units=int(table[:, place].sum()),
        other_positives=int(others[0]),
        other_units=int(others.sum()),
        low=bounds[0][0],
        high=bounds[0][1],
        other_low=bounds[1][0],
        other_high=bounds[1][1],
    )


def _units(labels, values, groups):
    """(different values, (2, num_values) units: positives, negatives)."""
    labels, values = np.asarray(labels, bool), np.asarray(values, str)
    names, codes = np.unique(values, return_inverse=True)
    units = components.group_codes(groups, len(labels))
    pairs, unit_of = np.unique(
        np.stack([units, codes], axis=1), axis=0, return_inverse=True
    )
    has_positive = np.bincount(unit_of.ravel(), labels, len(pairs)) > 0
    table = np.stack(
        [
            np.bincount(pairs[is_side, 1], minlength=len(names))
            for is_side in (has_positive, ~has_positive)
        ]
    )
    return names.tolist(), table


def _aucs(tables):
    """(num_tables,) AUC of scoring each column by its share of positives."""
    shares = tables[:, 0] / np.maximum(1, tables.sum(axis=1))
    order = np.argsort(shares, axis=1)
    positive, negative = (
        np.take_along_axis(tables[:, side], order, axis=1).astype(float)
        for side in (0, 1)
    )
    # Columns of equal shares: whatever their order, the sum is the same.
    below = np.cumsum(negative, axis=1) - negative
    won = (positive * (below + negative / 2)).sum(axis=1)
    return won / (positive.sum(axis=1) * negative.sum(axis=1))


def _drawn(totals, columns, num_tables, seed):
    """Yields tables (some, 2, num_values) with these margins at random."""
    drawn = stats.random_table(totals, columns)
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS_AT_ONCE // (2 * len(columns)))
    for start in range(0, num_tables, step):
        size = min(step, num_tables - start)
        yield drawn.rvs(size, random_state=rng).reshape(size, 2, len(columns))


def _p_value(table, num_tables, seed):
    if table.shape[1] == 2:
        return float(stats.fisher_exact(table).pvalue)
    totals, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(totals, columns) / table.sum()

    def chi_squared(tables):
        return ((tables - expected) ** 2 / expected).sum(axis=(1, 2))

    least = chi_squared(table[None])[0] * (1 - 1e-12)
    more = sum(
        int((chi_squared(drawn) >= least).sum())
        for drawn in _drawn(totals, columns, num_tables, seed)
    )
    return (1 + more) / (1 + num_tables)


def _most_different(table):
    """The column farthest from the others, in standard errors.

    Of equal ones, as two are, that with fewer units.
    """
    units, whole = table.sum(axis=0), table.sum()
    share = table[0].sum() / whole
    excess = table[0] - share * units
    # Hypergeometric, given the margins.
    spread = share * (1 - share) * units * (whole - units) / (whole - 1)
    distance = np.round(np.abs(excess) / np.sqrt(spread), 9)
    return int(np.lexsort((units, -distance))[0])


def _exact(column):
    total = int(column.sum())
    return intervals.exact(column[0] / total, total)
