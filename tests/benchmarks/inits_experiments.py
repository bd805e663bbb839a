"""The experiments of measure_inits.py: grids of arms, rates and seeds."""

import dataclasses
import itertools

CIFAR, TEXTURES, SQUEEZENET = "source-cifar10", "source-textures", "squeezenet"
SOURCES = {
    CIFAR: {"dataset": "cifar10", "model": "cbr_tiny", "epochs": 6},
    TEXTURES: {"dataset": "synthetic_textures", "model": "cbr_tiny"},
}


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A grid of runs: arms x learning rates x seeds.

    Attributes:
      shared: {flag: value} of all runs.
      arms: {name: {flag: value}}.
      target: validation AUC to be reached, fixed before the runs.
      threshold: the AUC is that of grade >= this; None: the task's own.
    """

    shared: dict
    arms: dict
    learning_rates: tuple
    seeds: tuple
    target: float
    threshold: int | None = None

    def runs(self):
        """Yields (arm, learning rate, seed, flags)."""
        for seed, rate, arm in itertools.product(
            self.seeds, self.learning_rates, self.arms
        ):
            yield (
                arm,
                rate,
                seed,
                {
                    **self.shared,
                    **self.arms[arm],
                    "learning_rate": rate,
                    "seed": seed,
                    "select_threshold": self.threshold,
                },
            )


def _cbr_arms(source, **gabor):
    arms = {
        "random": {},
        "mean_var": {"init": "mean_var", "weights": source},
        **{
            f"transfusion {stage}": {
                "init": "transfusion",
                "through": stage,
                "weights": source,
            }
            for stage in ("conv1", "conv2", "conv3")
        },
        "pretrained": {"init": "pretrained", "weights": source},
        "gabor": {"init": "gabor", **gabor},
    }
    return {name: {"model": "cbr_tiny", **arm} for name, arm in arms.items()}


_CONVERGENCE = {
    "steps": 400,
    "batch_size": 64,
    "eval_every": 10,
    # A rate that falls to zero would end every curve at the same step.
    "schedule": "constant",
    "snapshots": 0,
}
_PHOTOGRAPHS = {
    "steps": 600,
    "batch_size": 32,
    "eval_every": 20,
    "snapshots": 0,
}
_PHOTOGRAPH_ARMS = {
    "squeezenet random": {"model": "squeezenet"},
    "squeezenet mean_var": {
        "model": "squeezenet",
        "init": "mean_var",
        "weights": SQUEEZENET,
    },
    "squeezenet transfusion block1": {
        "model": "squeezenet",
        "init": "transfusion",
        "through": "block1",
        "weights": SQUEEZENET,
    },
    "squeezenet pretrained": {
        "model": "squeezenet",
        "init": "pretrained",
        "weights": SQUEEZENET,
    },
    "cbr_tiny random": {"model": "cbr_tiny"},
}
EXPERIMENTS = {
    "pneumoniamnist": Experiment(
        {"dataset": "pneumoniamnist", "image_size": 32, **_CONVERGENCE},
        # Colour opponents would see nothing in grey images.
        _cbr_arms(CIFAR, gabor_color_fraction=0.0),
        learning_rates=(1e-4,),
        seeds=(0, 1, 2, 3, 4),
        target=0.99,
    ),
    "synthetic_fundus": Experiment(
        {"dataset": "synthetic_fundus", **_CONVERGENCE},
        _cbr_arms(TEXTURES),
        learning_rates=(1e-4,),
        seeds=(0, 1, 2),
        target=0.90,
        threshold=2,
    ),
    "kermany_chest": Experiment(
        {"dataset": "kermany_chest", **_PHOTOGRAPHS},
        _PHOTOGRAPH_ARMS,
        learning_rates=(1e-3, 1e-4),
        seeds=(0, 1, 2),
        target=0.95,
    ),
    "idrid": Experiment(
        {"dataset": "idrid", **_PHOTOGRAPHS},
        _PHOTOGRAPH_ARMS,
        learning_rates=(1e-3, 1e-4),
        seeds=(0, 1, 2),
        target=0.80,
        threshold=2,
    ),
}
