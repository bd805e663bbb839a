"""The stages and costs of a network, in words and as an aligned table."""

import pandas as pd

from transfusion_tf.models import cbr, cost, zoo
from transfusion_tf.reporting import text

_HEADER = (
    "stage",
    "output layer",
    "output",
    "layers",
    "parameters",
    "trainable",
    "multiply-adds",
)
_NUMBERS = (
    "weighted_layers",
    "parameters",
    "trainable_parameters",
    "multiply_adds",
)
_NUM_EXAMPLES = 3  # Tensors named on a line.
_NUM_TEXTS = len(_HEADER) - len(_NUMBERS)  # Columns on the left.


def description(backbone, table):
    """Heading, table with its totals, and the published count.

    Args:
      backbone: Backbone.
      table: DataFrame of its analysis.network_costs.COLUMNS.
    """
    return "\n".join([_heading(backbone), *_lines(table), _published(backbone)])


def _heading(backbone):
    size, network = backbone.image_size, zoo.find(backbone.name)
    return (
        f"{backbone.label}: images of {size} x {size} pixels (at least "
        f"{network.min_size}), input scaling {backbone.scaling} (native: "
        f"{network.scaling})"
    )


def _lines(table):
    """The rows as aligned text, with a line of totals."""
    cells = [_HEADER]
    for row in table.to_dict("records"):
        shape = f"{row['height']} x {row['width']} x {row['channels']}"
        numbers = (f"{row[name]:,}" for name in _NUMBERS)
        cells.append((row["stage"], row["output_layer"], shape, *numbers))
    totals = (f"{table[name].sum():,}" for name in _NUMBERS)
    cells.append(("total", "", "", *totals))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < _NUM_TEXTS else cell.rjust(width)
            for place, (cell, width) in enumerate(
                zip(line, widths, strict=True)
            )
        ).rstrip()
        for line in cells
    ]


def _published(backbone):
    """What the paper says of this network."""
    count = cbr.PUBLISHED.get(backbone.name)
    if count is None or backbone.whole:
        return "published count: none with a known rule of counting"
    return (
        f"published count: {count:,} (Raghu et al. 2019; kernels but the "
        "first, no biases, no batch norm, 5 outputs); by this rule here, "
        f"{backbone.num_outputs} outputs: {cost.paper_count(backbone):,}"
    )


def weights(identity, table, warnings):
    """What a network takes of a source, what it does not and why, as text.

    Args:
      identity: of the Source.
      table: DataFrame of initialization.weight_report.COLUMNS.
      warnings: what is odd about the weights, a list of text.
    """
    taken = table["skipped"] == ""
    lines = [
        f"weights: {text.source_summary(identity)}: {taken.sum()} of "
        f"{len(table)} tensors taken"
    ]
    for reason, rows in table[~taken].groupby("skipped", sort=False):
        examples = ", ".join(rows["tensor"].head(_NUM_EXAMPLES))
        dots = ", ..." if len(rows) > _NUM_EXAMPLES else ""
        lines.append(f"skipped: {len(rows)}, {reason}: {examples}{dots}")
    return "\n".join([*lines, *(f"warning: {x}" for x in warnings)])


def scalings(table):
    """Lines that rank input scalings, and say which cannot be told apart.

    Args:
      table: DataFrame of analysis.scaling_differences.COLUMNS.
    """
    lines = []
    for row in table.itertuples():
        line = (
            f"{row.scaling:14s} {row.mean_divergence:10.3f} nats, mean over "
            "batch norms"
        )
        if pd.notna(row.low):
            line += (
                f"; {row.difference:.3f} [{row.low:.3f}, {row.high:.3f}] more"
            )
        lines.append(line + (f": {row.note}" if row.note else ""))
    alike = table.loc[table["note"] != "", "scaling"]
    closest = f"closest: --input_scaling={table['closest'].iloc[0]}"
    if len(alike):
        closest += (
            f", not told apart from {', '.join(alike)} by these "
            f"{table['num_images'].iloc[0]} images; give more --num_images"
        )
    return [*lines, closest]
