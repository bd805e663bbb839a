"""Every file name of a run, and what follows from the names alone."""

import dataclasses
import pathlib
import re

from transfusion_tf import files

_SNAPSHOT = re.compile(r"step-(\d{7,})\.weights\.h5")


@dataclasses.dataclass(frozen=True)
class RunDir:
    """Paths of one run, and the small facts kept in its JSON files.

    config.json, history.csv, weights/step-*.weights.h5, weights/best.json,
    predictions/{val,test}.csv, metrics.json, init_report.json, tensorboard/,
    checksums.json, state/ (what exact resuming needs) and status.json.
    """

    root: pathlib.Path

    def __post_init__(self):
        object.__setattr__(self, "root", pathlib.Path(self.root))

    @property
    def config(self):
        """Settings as resolved, package versions, the data's fingerprint."""
        return self.root / "config.json"

    @property
    def history(self):
        """One row per evaluation."""
        return self.root / "history.csv"

    @property
    def status(self):
        """running, finished or failed, with the reason."""
        return self.root / "status.json"

    @property
    def metrics(self):
        """Final metrics with intervals."""
        return self.root / "metrics.json"

    @property
    def init_report(self):
        """What the initialisation took from the source, and what not."""
        return self.root / "init_report.json"

    @property
    def checksums(self):
        """SHA-256 of the weights and predictions, see run_checksums."""
        return self.root / "checksums.json"

    @property
    def best(self):
        """Names the best weights so far."""
        return self.root / "weights" / "best.json"

    @property
    def tensorboard(self):
        """TensorBoard's event files."""
        return self.root / "tensorboard"

    @property
    def state(self):
        """The newest state of training, for exact resuming."""
        return self.root / "state" / "newest.npz"

    @property
    def states(self):
        """The newest state, and the one before it."""
        return self.state, self.state.with_name("before.npz")

    @property
    def profile(self):
        """Where the time of steps goes; a trace is beside it."""
        return self.root / "profile" / "profile.csv"

    @property
    def lock(self):
        """Held by the process that is training this run."""
        return self.root / "state" / "lock"

    @property
    def lock_beside(self):
        """Held likewise, outside of the directory."""
        root = self.root.resolve()
        return root.with_name(f".{root.name}.lock")

    def weights(self, step):
        """The weights after `step` optimizer steps."""
        return self.root / "weights" / f"step-{step:07d}.weights.h5"

    def predictions(self, split):
        """Scores of the best weights for every example of `split`."""
        return self.root / "predictions" / f"{split}.csv"

    def scored(self, split, step):
        """Directory of the scores of `split` by the weights after `step`."""
        return self.root / "evaluations" / f"{split}-at-step-{step}"

    def make(self):
        """Creates the directories; OSError where that cannot be done."""
        for path in (self.status, self.best, self.state, self.predictions("")):
            path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def weight_steps(self):
        """Steps of all saved weights, ascending."""
        found = map(_SNAPSHOT.fullmatch, self._weight_names())
        return sorted(int(match[1]) for match in found if match)

    def _weight_names(self):
        folder = self.best.parent
        return (
            [path.name for path in folder.iterdir()] if folder.is_dir() else ()
        )

    def checkpoint_step(self, checkpoint):
        """The step that "best", "last" or a number stands for.

        Raises:
          FileNotFoundError: the run has no such weights.
        """
        steps = self.weight_steps()
        if not steps:
            raise FileNotFoundError(
                f"{self.root} holds no weights (weights/step-*.weights.h5); "
                "give the directory of a run made by train.py."
            )
        if checkpoint == "best" and self.best.is_file():
            return self._best_step(steps)
        if checkpoint in ("best", "last"):
            return steps[-1]
        if str(checkpoint).isdigit() and int(checkpoint) in steps:
            return int(checkpoint)
        raise ValueError(
            f"Unknown checkpoint {checkpoint!r}; known: best, last, "
            f"{', '.join(map(str, steps))}."
        )

    def _best_step(self, steps):
        """What best.json says; `steps` are those that there are."""
        known = ", ".join(map(str, steps))
        advice = (
            f"Name the step of the weights instead of 'best' (known: {known}), "
            "or repeat the run with --overwrite."
        )
        step = files.read_object(self.best, advice, step=int)["step"]
        if step not in steps:
            raise FileNotFoundError(
                f"{self.best} names step {step}, whose weights are not there. "
                f"{advice}"
            )
        return step

    def read_status(self):
        """The content of status.json, or {} where there is none.

        Raises:
          ValueError: the file is damaged.
        """
        if not self.status.is_file():
            return {}
        advice = (
            "Delete this file: a run that was interrupted is then continued by "
            "the same command; one that was finished needs --overwrite."
        )
        return files.read_object(self.status, advice, status=str, reason=str)

    def read_metrics(self):
        """The content of metrics.json.

        Raises:
          FileNotFoundError, ValueError: it is not there, or damaged.
        """
        return self._of_finished(self.metrics, best_step=int)

    def read_init_report(self):
        """The content of init_report.json; raises as `read_metrics`."""
        return self._of_finished(
            self.init_report, counts=dict, scheme=str, warnings=list
        )

    def _of_finished(self, path, **kinds):
        advice = "Repeat the run with --overwrite."
        if not path.is_file():
            raise FileNotFoundError(f"There is no {path}. {advice}")
        return files.read_object(path, advice, **kinds)
