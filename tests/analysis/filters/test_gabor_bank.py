"""The tables of a Gabor bank: one row a filter, and every number of it."""

import numpy as np

from transfusion_tf.analysis.filters import changes, gabor_bank
from transfusion_tf.config.run import RunConfig

CONFIG = RunConfig.from_flags_dict(
    {"model": "cbr_tiny", "init": "gabor", "seed": 3}
)


def test_rows_rank_like_by_like():
    waves, kernel = gabor_bank.bank(CONFIG)
    rows = gabor_bank.rows(waves, run="net")
    assert len(rows) == kernel.shape[-1] == 32
    assert all(set(row) == set(gabor_bank.COLUMNS) for row in rows)
    by_rank = sorted(rows, key=lambda row: row["rank"])
    assert [row["rank"] for row in by_rank] == list(range(32))
    colors = [row["color"] for row in by_rank]
    assert colors == ["grey"] * 16 + ["red_green"] * 8 + ["blue_yellow"] * 8


def test_tables_hold_the_bank():
    found = gabor_bank.run(CONFIG)
    assert tuple(found["gabor_bank"].columns) == gabor_bank.COLUMNS
    numbers = found["gabor_kernels"]
    assert tuple(numbers.columns) == changes.KERNEL_COLUMNS
    order = ["row", "column", "channel", "filter"]
    values = numbers.sort_values(order)["value"].to_numpy()
    _, kernel = gabor_bank.bank(CONFIG)
    np.testing.assert_array_equal(values.reshape(kernel.shape), kernel)
