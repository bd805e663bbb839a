"""Which runs of a study are compared by what their networks hold."""

import dataclasses
import pathlib

from transfusion_tf.runs import labels, record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.spec import ALL_IMAGES

# The pairs of runs grow with the square of their number, and their names have
# to fit into a legend.
MAX_RUNS = 12
MAX_SEEDS = 3
MAX_EVERY = 24
_SEEDS = {
    1: "the first seed of",
    2: "the first two seeds of",
    3: "the first three seeds of",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkRuns:
    """The runs of one network that are compared with each other.

    Attributes:
      model: name of the network.
      paths: of the runs, those of a start beside each other.
      every: paths of the runs of all seeds, at most MAX_EVERY.
      num_seeds: of these.
      init_of: {name of a run: how it started, `labels.init_label`}.
      chosen: which runs `paths` are, in a sentence.
    """

    model: str
    paths: tuple[pathlib.Path, ...]
    every: tuple[pathlib.Path, ...]
    num_seeds: int
    init_of: dict
    chosen: str

    @property
    def first_paths(self):
        """The first of `paths` of each start."""
        first = {
            init: name for name, init in reversed(self.init_of.items())
        }.values()
        return [path for path in self.paths if path.name in first]

    @property
    def has_source(self):
        """Whether a run took weights from a source."""
        return any(
            record.read_config(RunDir(path)).init.weights for path in self.paths
        )

    @property
    def has_random(self):
        """Whether a run started from random weights."""
        return any(map(labels.is_random, self.init_of.values()))


def of_networks(context):
    """The NetworkRuns of a context.Context, one for each network.

    Of several numbers of training images the largest one, of folds the first,
    and of each start the first seeds.
    """
    known = {path.name: path for path in context.runs}
    cells = context.cells[context.cells["run"].isin(known)]
    found = []
    for model, rows in cells.groupby("model", sort=False):
        rows, words = _of_one_size(rows)
        arms = [
            of.sort_values("seed")["run"]
            for _, of in rows.groupby(["init", "source"], sort=False)
        ]
        num_seeds = min(MAX_SEEDS, max(1, MAX_RUNS // len(arms)))
        names = [n for arm in arms[:MAX_RUNS] for n in arm[:num_seeds]]
        is_whole = len(names) == sum(map(len, arms))
        found.append(
            NetworkRuns(
                model=model,
                paths=tuple(known[name] for name in names),
                every=tuple(known[n] for arm in arms for n in arm)[:MAX_EVERY],
                num_seeds=rows["seed"].nunique(),
                init_of={n: _init(known[n]) for n in names},
                chosen=f"{model}: compared are the runs {words}"
                + ("." if is_whole else f", {_SEEDS[num_seeds]} each start."),
            )
        )
    return found


def _of_one_size(rows):
    """(rows of one number of images and one fold, what they are)."""
    sizes = [str(size) for size in rows["train_size"].unique()]
    largest = ALL_IMAGES if ALL_IMAGES in sizes else max(sizes, key=int)
    rows = rows[rows["train_size"].astype(str) == largest]
    words = f"on {'all' if largest == ALL_IMAGES else largest} training images"
    folds = rows["fold"].dropna()
    if len(folds):
        rows = rows[rows["fold"] == folds.min()]
        words += f" of fold {int(folds.min())}"
    return rows, words


def _init(path):
    return labels.init_label(record.read(RunDir(path)))
