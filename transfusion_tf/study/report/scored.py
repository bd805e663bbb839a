"""The scored runs of a study by arm, and which of them a picture can hold."""

import dataclasses
import functools

from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.reporting.html import page
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir

_SPLIT = "test"


@dataclasses.dataclass(frozen=True)
class ScoredRuns:
    """Runs of a study with their predictions of test.

    Attributes:
      by_arm: {name, as in arms.csv: auc_table.ScoredRuns, by seed and fold}.
      free: settings in which the runs of an arm may differ.
    """

    by_arm: dict
    free: tuple

    @property
    def runs(self):
        """All of them."""
        return [run for of in self.by_arm.values() for run in of]

    @property
    def arm_of(self):
        """{run: name of its arm}."""
        return {run.name: arm for arm, of in self.by_arm.items() for run in of}

    @functools.cached_property
    def arms(self):
        """The arms.Arm of each, without seeds that lack folds."""
        found = [
            arms.of_members(name, self._settings(of[0]), of)[0]
            for name, of in self.by_arm.items()
        ]
        return [arm for arm in found if arm is not None]

    def _settings(self, run):
        source = record.read(RunDir(run.root))["source"]
        return arms.settings_of(run.config, source, self.free)

    @property
    def networks(self):
        """Labels of the networks."""
        found = (run.config.model.label for run in self.runs)
        return list(dict.fromkeys(found))

    @property
    def train_sizes(self):
        """Numbers of training images that were asked for, None for all."""
        found = {run.config.data.train_size for run in self.runs}
        return sorted(found, key=_size)

    def named(self, table):
        """A table with its runs called by arm and seed, for a picture.

        Args:
          table: with the columns run and other_run.
        """
        names = {
            run.name: f"{arm}, seed {run.config.seed}"
            for arm, of in self.by_arm.items()
            for run in of
        }
        columns = ("run", "other_run")
        return table.assign(**{c: table[c].map(names) for c in columns})

    def at_largest_size(self):
        """Those that were trained on the most images."""
        return self.where(
            lambda run: run.config.data.train_size == self.train_sizes[-1]
        )

    def of_network(self, network):
        """Those of a network."""
        return self.where(lambda run: run.config.model.label == network)

    def of_first_seeds(self, most):
        """Those of the first `most` seeds of each arm, in their first fold."""
        seeds = {
            arm: sorted({run.config.seed for run in of})[:most]
            for arm, of in self.by_arm.items()
        }
        arm_of = self.arm_of
        return self.where(
            lambda run: (
                run.config.seed in seeds[arm_of[run.name]]
                and run.config.data.fold in (None, 1)
            )
        )

    @property
    def which(self):
        """Which seeds, and which fold, they are of."""
        seeds = sorted({run.config.seed for run in self.runs})
        text = "seeds " if len(seeds) > 1 else "seed "
        text += ", ".join(map(str, seeds))
        folds = sorted({run.config.data.fold or 0 for run in self.runs})
        return text if folds == [0] else f"{text}, fold {folds[0]}"

    def where(self, is_wanted):
        """Those for which a function of a ScoredRun is true."""
        kept = {
            arm: [run for run in of if is_wanted(run)]
            for arm, of in self.by_arm.items()
        }
        by_arm = {arm: of for arm, of in kept.items() if of}
        return dataclasses.replace(self, by_arm=by_arm)


def load(context):
    """The ScoredRuns that a study compares.

    Args:
      context: context.Context.

    Raises:
      ValueError, FileNotFoundError: predictions are damaged or gone.
    """
    runs = auc_table.load([str(path) for path in context.runs], _SPLIT)
    free = ("learning_rate",) if context.config.num_folds else ()
    abouts = [record.read(RunDir(run.root)) for run in runs]
    by_arm = {
        name: sorted((runs[index] for index in members), key=_place)
        for name, _, members in arms.grouped(
            [run.config for run in runs], abouts, free=free
        )
    }
    return ScoredRuns(by_arm, free)


def largest_size_text(context, runs):
    """Yields a page.Text that says so, where a study has several sizes.

    Args:
      context: context.Context.
      runs: ScoredRuns.
    """
    if len(context.config.train_sizes) > 1:
        size = runs.train_sizes[-1]
        which = "all training images" if size is None else f"{size} images"
        yield page.Text(text=f"Arms that were trained on {which}.")


def _place(run):
    return run.config.seed, run.config.data.fold or 0


def _size(size):
    return float("inf") if size is None else size
