"""Measures what intervals, tests, verdicts and predicted sizes promise.

    python -m tests.benchmarks.measure_verdicts --num_studies=2000 \
        --output=docs/results/verdicts.csv

Simulates studies with a known truth (simulated_studies.py) and writes one row
for each cell of verdict_cells.py: the share of studies that count, its Monte
Carlo interval (Clopper and Pearson, 95%) and the range that it must lie in.
Prints the tables of docs/statistics.md. One process; most cells take a few
seconds, studies of many seeds or patients up to two minutes.
"""

import pathlib

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_integer("num_studies", 2000, "studies of each cell", lower_bound=2)
flags.DEFINE_list("kinds", None, "kinds of cells; all, if not given")
flags.DEFINE_string("output", None, "the CSV")

COLUMNS = (
    "kind",
    "num_positive",
    "num_negative",
    "images_per_patient",
    "auc",
    "other_auc",
    "num_seeds",
    "seed_sd",
    "margin",
    "needs",
    "number",
    "share",
    "share_low",
    "share_high",
    "asked_low",
    "asked_high",
    "num_studies",
)
# A prediction takes longer than a comparison.
_SHARE_OF_RANGES = 10


def row(cell, num_studies):
    """The row of one Cell."""
    from tests.benchmarks import verdict_hits
    from transfusion_tf.statistics import intervals

    if cell.kind == "range":
        num_studies //= _SHARE_OF_RANGES
    cell, share, known = verdict_hits.share(cell, num_studies)
    low, high = intervals.exact(share, known)
    truth = cell.truth
    return {
        "kind": cell.kind,
        "num_positive": truth.num_positive,
        "num_negative": truth.num_negative,
        "images_per_patient": truth.images_per_patient,
        "auc": round(truth.auc, 6),
        "other_auc": round(truth.other_auc, 6),
        "num_seeds": truth.num_seeds,
        "seed_sd": truth.seed_sd,
        "margin": round(cell.margin, 6),
        "needs": cell.needs or "",
        "number": cell.number or "",
        "share": share,
        "share_low": low,
        "share_high": high,
        "asked_low": cell.low,
        "asked_high": cell.high,
        "num_studies": known,
    }


def coverage_table(rows):
    """Lines of Markdown: one of each study, its coverages and null."""
    lines = [
        "| images | patients | AUC | seeds | differ by | AUC held | difference "
        "held | no difference called one |",
        "|---|---|---|---|---|---|---|---|",
    ]
    found = {}
    for each in rows:
        if each["kind"] in ("single", "mean", "difference", "null"):
            # The two AUCs of a difference lie 0.02 apart.
            key = tuple(each[name] for name in COLUMNS[1:5] + COLUMNS[6:8])
            found.setdefault(key, {})[each["kind"]] = _marked(each)
    for key, shares in found.items():
        positive, negative, images, auc, seeds, spread = key
        alone = shares.get("single") or shares["mean"]
        lines.append(
            f"| {positive} + {negative} | {images} each | {auc} | {seeds} | "
            f"{spread} | {alone} | {shares['difference']} | {shares['null']} |"
        )
    return lines


def verdict_table(rows):
    """Lines of Markdown: verdicts and predicted sizes."""
    lines = [
        "| what | images | AUCs | seeds | differ by | margin | share | asked |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in rows:
        if each["kind"] in ("single", "mean", "difference", "null"):
            continue
        name = each["kind"]
        if each["needs"]:
            name += f", {each['number']} {each['needs']} predicted"
        asked = f"{100 * each['asked_low']:g}-{100 * each['asked_high']:g}"
        lines.append(
            f"| {name} | {each['num_positive']} + {each['num_negative']} | "
            f"{each['auc']:.3f}, {each['other_auc']:.3f} | "
            f"{each['num_seeds']} | {each['seed_sd']} | {each['margin']:.4g} | "
            f"{_marked(each)} | {asked} |"
        )
    return lines


def _marked(each):
    """The share in percent; bold outside of what is asked."""
    text = f"{100 * each['share']:.1f}"
    inside = each["asked_low"] <= each["share"] <= each["asked_high"]
    return text if inside else f"**{text}**"


def main(argv):
    """Simulates all cells, writes the CSV and prints the tables."""
    del argv
    if not FLAGS.output:
        raise ValueError("Give --output=FILE.csv.")

    import tqdm

    from tests.benchmarks import verdict_cells
    from transfusion_tf import tables

    cells = list(verdict_cells.cells())
    if FLAGS.kinds:
        cells = [cell for cell in cells if cell.kind in FLAGS.kinds]
    rows = [row(cell, FLAGS.num_studies) for cell in tqdm.tqdm(cells)]
    print(tables.write(pathlib.Path(FLAGS.output), rows, columns=COLUMNS))
    print("\n".join([*coverage_table(rows), "", *verdict_table(rows)]))


if __name__ == "__main__":
    cli.run(main)
