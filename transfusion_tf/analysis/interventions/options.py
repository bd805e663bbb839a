"""The settings of a view; analyze_interventions.py derives its flags."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config.fields import GoesWith, check, setting

# Views that change weights, so that batch norm is estimated anew.
_CHANGING = ("resilience", "barrier")
# Standard deviations of Gaussians, as shares of the side of an image.
_BLURS = (1 / 128, 1 / 64, 1 / 32, 1 / 16)
_MAX_BLUR = 0.5
DEFAULT_ALPHAS = {
    "resilience": (0.0, 0.25, 0.5, 0.75),
    "barrier": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
}

DEFAULT_DRAWS = {"resilience": 3, "probes": 5}


@dataclasses.dataclass(frozen=True, kw_only=True)
class InterventionOptions:
    """Which view, of which images, and how it goes about it."""

    view: str = setting(
        "resilience", "what is done to the runs", choices=names.INTERVENTIONS
    )
    dataset: str | None = setting(
        None,
        "where the records of the runs are now; by default where they were",
    )
    split: str = setting(
        "test", "split that is scored", choices=("val", "test")
    )
    checkpoint: str = setting(
        "best",
        "trained weights: best (of the validation split), last or a step",
    )
    max_images: int | None = setting(
        None, "score the first N images of the split only", at_least=2
    )
    batch_size: int = setting(64, "images at a time", at_least=2)
    seed: int | None = setting(
        0,
        "seed of all that is drawn",
        goes_with=GoesWith("view", ("resilience", "shortcut", "probes")),
        at_least=0,
    )
    margin: float = setting(
        0.01,
        "loss of AUC that would change nobody's choice",
        above=0,
        below=1,
    )
    batch_norm_images: int | None = setting(
        1024,
        "batch norm is estimated anew on the first N training images",
        goes_with=GoesWith("view", _CHANGING),
        at_least=2,
    )
    alphas: tuple[float, ...] | None = setting(
        None,
        "points on the way: 0 is a stage at its start, or the first of two "
        "runs; 1 the trained stage, or the second run (default: 0,0.25,0.5,"
        "0.75 of resilience, 0.1 to 0.9 of barrier)",
        goes_with=GoesWith("view", _CHANGING),
    )
    draws: int | None = setting(
        None,
        "draws of fresh random weights, of each stage or of the networks that "
        "are the floor of probes, and of --noise; 0: none (default: 3 of "
        "resilience, 5 of probes, whose intervals are wide with fewer)",
        goes_with=GoesWith("view", tuple(DEFAULT_DRAWS)),
        at_least=0,
    )
    noise: tuple[float, ...] | None = setting(
        None,
        "say how critical each stage is, too: Gaussian noise on the way to its "
        "start, standard deviations as shares of the root mean square of each "
        "tensor's trained weights, as 0.03,0.1,0.3,1 (default: none)",
        goes_with=GoesWith("view", ("resilience",)),
    )
    pairs: str | None = setting(
        "all",
        "pairs of runs: of seeds within an arm, of equal seeds between arms, "
        "or all of both",
        choices=("all", "within", "between"),
        goes_with=GoesWith("view", ("barrier",)),
    )

    blocks: tuple[float, ...] | None = setting(
        (2, 4, 8, 16),
        "shuffle images cut into at least N blocks along a side",
        goes_with=GoesWith("view", ("shortcut",)),
    )
    low_pass: tuple[float, ...] | None = setting(
        _BLURS,
        "blur images by Gaussians, standard deviations as shares of the side",
        goes_with=GoesWith("view", ("shortcut",)),
    )
    high_pass: tuple[float, ...] | None = setting(
        _BLURS,
        "leave of images what such Gaussians take away",
        goes_with=GoesWith("view", ("shortcut",)),
    )
    source: str | None = setting(
        None,
        "weights of the source network, as --weights of train.py (default: "
        "those of the runs)",
        goes_with=GoesWith("view", ("probes",)),
    )
    max_probe_images: int | None = setting(
        None,
        "fit the probes on the first N training images only",
        goes_with=GoesWith("view", ("probes",)),
        at_least=2,
    )
    neighbours: int | None = setting(
        None,
        "k of the k-NN probe (default: 200, or a tenth of the training images "
        "where that is less)",
        goes_with=GoesWith("view", ("probes",)),
        at_least=1,
    )

    def __post_init__(self):
        check(self)
        self._check_strengths()
        if self.draws is None and self.view in DEFAULT_DRAWS:
            object.__setattr__(self, "draws", DEFAULT_DRAWS[self.view])
        self._check_noise()
        if self.view not in DEFAULT_ALPHAS:
            return
        alphas = self.alphas or DEFAULT_ALPHAS[self.view]
        if not all(0 <= alpha < 1 for alpha in alphas):
            raise ValueError(
                f"--alphas must be in [0, 1), 1 being there anyway. Received: "
                f"{','.join(f'{alpha:g}' for alpha in alphas)}"
            )
        if self.view == "resilience":
            alphas = (0.0, *alphas)  # The start itself is always shown.
        object.__setattr__(self, "alphas", tuple(sorted(set(alphas))))

    def _check_strengths(self):
        """Raises ValueError for strengths that no distortion has."""
        for name, is_allowed, words in (
            ("blocks", _is_count, "whole numbers of at least 2"),
            ("low_pass", _is_blur, f"shares of the side up to {_MAX_BLUR}"),
            ("high_pass", _is_blur, f"shares of the side up to {_MAX_BLUR}"),
        ):
            wrong = [x for x in getattr(self, name) or () if not is_allowed(x)]
            if wrong:
                raise ValueError(
                    f"--{name} must be {words}. Received: {wrong[0]:g}"
                )

    def _check_noise(self):
        """Sorts the noises; raises ValueError where they cannot be drawn."""
        if not self.noise:
            return
        if min(self.noise) <= 0:
            raise ValueError(
                "--noise must be positive shares of the root mean square of "
                f"weights. Received: {min(self.noise):g}"
            )
        if not self.draws:
            raise ValueError(
                "--noise needs at least one draw. Received: --draws=0"
            )
        object.__setattr__(self, "noise", tuple(sorted(set(self.noise))))


def _is_count(value):
    return value >= 2 and value == int(value)


def _is_blur(value):
    return 0 < value <= _MAX_BLUR
