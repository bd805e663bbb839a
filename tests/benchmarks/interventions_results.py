"""What came out of interventions_study.sh: one table of all arms.

    python tests/benchmarks/interventions_results.py OUTPUT_DIR RESULTS_DIR

OUTPUT_DIR is that of the study. Writes RESULTS_DIR/interventions.csv and
pictures, and prints the table of docs/interventions.md.
"""

import pathlib
import re
import sys

from transfusion_tf import tables
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.interventions import barrier, resilience

# {view: how it is drawn}, of the first study.
_SHOWN = {"resilience": resilience.stages, "barrier": barrier.lines}
STUDIES = (
    ("kermany_chest", "mobilenet_v2"),
    ("kermany_chest", "squeezenet"),
    ("idrid", "mobilenet_v2"),
    ("idrid", "squeezenet"),
)
_BLOCKS = 4
COLUMNS = (
    "dataset",
    "network",
    "start",
    "learning_rate",
    "num_seeds",
    "auc",
    "auc_low",
    "auc_high",
    "minus_random",
    "minus_random_low",
    "minus_random_high",
    "verdict",
    "needed_stage",
    "needed_lost",
    "needed_low",
    "needed_high",
    "start_probe_peak",
    "start_probe_auc",
    "probe_peak",
    "probe_auc",
    "shuffled_lost",
    "shuffled_low",
    "shuffled_high",
    "barrier",
    "lowest_barrier",
    "highest_barrier",
    "criticality",
)


class Study:
    """The tables of a study and of its views, by the name of an arm."""

    def __init__(self, root, dataset, network):
        name = f"{dataset}-{network}"
        self.about = dataset, network
        self._views = root / "views" / name
        self._study = root / "studies" / name
        self.runs = tables.read(self._study / "study.csv")
        self.arms = tables.read(self._study / "arms.csv")
        self.comparisons = tables.read(self._study / "comparisons.csv")

    def view(self, view, table, **where):
        """Rows of a table of a view; `arm` as the study has it."""
        found = tables.read(self._views / view / f"{table}.csv")
        # Views name the learning rate of an arm where arms differ in it.
        found["arm"] = [
            re.sub(r", learning_rate=[^,]+", "", arm) for arm in found["arm"]
        ]
        for column, value in where.items():
            found = found[found[column] == value]
        return found

    def rows(self):
        """Yields a row (dict of COLUMNS) for each arm."""
        for arm in self.arms.to_dict("records"):
            yield {
                **dict(zip(("dataset", "network"), self.about, strict=True)),
                **self._auc(arm),
                **self._needed(arm["arm"]),
                **self._probes(arm["arm"]),
                **self._shuffled(arm["arm"]),
                **self._barrier(arm["arm"]),
                "criticality": self._criticality(arm["arm"]),
            }

    def _auc(self, arm):
        start = arm["arm"].removeprefix(f"{self.about[1]} ")
        for source in set(self.runs["source"]) - {""}:
            start = start.replace(f" {pathlib.Path(source).name}", "")
        compared = self.comparisons[self.comparisons["arm"] == arm["arm"]]
        one = {} if compared.empty else compared.iloc[0]
        return {
            "start": start,
            "learning_rate": self._rate(start),
            "num_seeds": arm["num_seeds"],
            "auc": arm["value"],
            "auc_low": arm["low"],
            "auc_high": arm["high"],
            "minus_random": one.get("difference"),
            "minus_random_low": one.get("low"),
            "minus_random_high": one.get("high"),
            "verdict": one.get("verdict", ""),
        }

    def _rate(self, start):
        """The learning rate that was chosen for a start."""
        folder = start.replace(" through ", ".").replace(", ", ".")
        folder = folder.removesuffix(" above").replace(" ", "")
        chosen = self.runs[self.runs["chosen"] == "yes"]
        begins = f"{self.about[1]}-{folder}-"
        rates = chosen["learning_rate"][chosen["run"].str.startswith(begins)]
        (rate,) = rates.unique()
        return rate

    def _needed(self, arm):
        rows = self.view(
            "resilience", "resilience_arms", arm=arm, replaced_by="start"
        )
        rows = rows[rows["alpha"] == 0]
        most = rows.loc[rows["lost"].idxmax()]
        return {
            "needed_stage": most["stage"],
            **{
                f"needed_{name}": most[name] for name in ("lost", "low", "high")
            },
        }

    def _probes(self, arm):
        found = {}
        for prefix, network in (("start_", "start"), ("", "trained")):
            rows = self.view("probes", "probes_peaks", arm=arm, probe="linear")
            (row,) = rows[rows["network"] == network].to_dict("records")
            found[f"{prefix}probe_peak"] = row["peak_stage"]
            found[f"{prefix}probe_auc"] = row["peak_auc"]
        return found

    def _shuffled(self, arm):
        (row,) = self.view(
            "shortcut",
            "shortcut_arms",
            arm=arm,
            distortion="block_shuffle",
            strength=_BLOCKS,
        ).to_dict("records")
        return {
            f"shuffled_{name}": row[name] for name in ("lost", "low", "high")
        }

    def _barrier(self, arm):
        (row,) = self.view(
            "barrier", "barrier_arms", arm=arm, kind="within"
        ).to_dict("records")
        return {
            "barrier": row["auc_barrier"],
            "lowest_barrier": row["lowest_auc_barrier"],
            "highest_barrier": row["highest_auc_barrier"],
        }

    def _criticality(self, arm):
        """What each stage has, bottom to top; "" of arms not looked at."""
        if not (self._views / "criticality").is_dir():
            return ""
        rows = self.view("criticality", "criticality_arms", arm=arm)
        return " ".join(
            "beyond" if value != value else f"{value:.2g}"
            for value in rows.sort_values("stage_index")["criticality"]
        )


_HEAD = (
    "data, network",
    "start",
    "AUC",
    "minus random",
    "most needed: lost at its start",
    "linear probe's peak, start -> trained",
    "blocks shuffled: lost",
    "barrier between seeds",
)


def markdown(rows):
    """Yields the lines of the document's table."""
    yield f"| {' | '.join(_HEAD)} |"
    yield "|---" * len(_HEAD) + "|"
    for row in rows:
        yield f"| {' | '.join(_cells(row))} |"


def _cells(row):
    yield f"{row['dataset']}, {row['network']}"
    yield row["start"]
    yield _interval(row, "auc", "auc")
    if row["minus_random"] is None:
        yield ""
    else:
        yield _interval(row, "minus_random", sign="+") + f" `{row['verdict']}`"
    lost = _interval(row, "needed_lost", "needed", sign="+")
    yield f"{row['needed_stage']} {lost}"
    start, trained = (
        f"{row[f'{of}probe_peak']} {row[f'{of}probe_auc']:.3f}"
        for of in ("start_", "")
    )
    yield f"{start} -> {trained}"
    yield _interval(row, "shuffled_lost", "shuffled", sign="+")
    lowest, highest = row["lowest_barrier"], row["highest_barrier"]
    yield f"{row['barrier']:.3f} ({lowest:.3f} to {highest:.3f})"


def _interval(row, name, prefix=None, sign=""):
    low, high = (row[f"{prefix or name}_{end}"] for end in ("low", "high"))
    return f"{row[name]:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _draw(root, results_dir):
    """Draws the pictures that the document shows."""
    views = root / "views" / "-".join(STUDIES[0])
    for view, draw in _SHOWN.items():
        found = {
            path.stem: tables.read(path)
            for path in (views / view).glob("*.csv")
        }
        style.save(draw(found), results_dir / f"interventions_{view}.png")


def main(output_dir, results_dir):
    """Writes and prints the table, and draws the pictures."""
    root = pathlib.Path(output_dir)
    every = [row for of in STUDIES for row in Study(root, *of).rows()]
    print(*markdown(every), sep="\n")
    results_dir = pathlib.Path(results_dir)
    tables.write(results_dir / "interventions.csv", every, columns=COLUMNS)
    _draw(root, results_dir)


if __name__ == "__main__":
    main(*sys.argv[1:])
