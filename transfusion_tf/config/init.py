"""The part of the configuration that says where the weights start."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config.fields import GoesWith, check, setting

NO_STAGE = "none"  # --through: nothing is taken from the source.
MEAN_VAR = "mean_var"
# Schemes that need a source.
TAKING = ("pretrained", MEAN_VAR, "shuffled", "transfusion")
# One a degree; kernels of the zoo's networks cannot resolve closer ones.
MAX_GABOR_ANGLES = 360
_GABOR = GoesWith("scheme", ("gabor",))


@dataclasses.dataclass(frozen=True, kw_only=True)
class InitConfig:
    """Where the weights start."""

    scheme: str = setting(
        "random",
        "how the weights are set before training",
        flag="init",
        choices=names.SCHEMES,
    )
    weights: str | None = setting(
        None,
        "source of the weights: a run directory (its best weights), a file "
        "(.h5, .weights.h5, .keras, .safetensors), imagenet, or radimagenet",
        goes_with=GoesWith(
            "scheme", tuple(s for s in names.SCHEMES if s != "random")
        ),
    )
    through: str | None = setting(
        None,
        "--init=transfusion: the last stage that is taken from the source, or "
        f"{NO_STAGE}",
        goes_with=GoesWith("scheme", ("transfusion",)),
    )
    rest: str | None = setting(
        "random",
        "--init=transfusion: how the stages above the last one that is taken "
        f"start, {' or '.join(names.RESTS)}",
        choices=names.RESTS,
        goes_with=GoesWith("scheme", ("transfusion",)),
    )
    mean_var_biases: bool | None = setting(
        False,
        "biases of convolutions and dense layers, too, are drawn with the mean "
        "and variance of the source's, and do not start at zero",
        goes_with=GoesWith("scheme", (MEAN_VAR, "shuffled", "transfusion")),
    )
    gabor_orientations: int | None = setting(
        8,
        "--init=gabor: number of orientations, evenly over half a turn",
        goes_with=_GABOR,
        at_least=1,
        at_most=MAX_GABOR_ANGLES,
    )
    gabor_wavelengths: tuple[float, ...] | None = setting(
        (),
        "--init=gabor: wavelengths in pixels, separated by commas (default: "
        "0.6, 0.75 and 0.9 of the kernel's side)",
        goes_with=_GABOR,
    )
    gabor_phases: int | None = setting(
        4,
        "--init=gabor: number of phases, evenly over a full turn",
        goes_with=_GABOR,
        at_least=1,
        at_most=MAX_GABOR_ANGLES,
    )
    gabor_bandwidth: float | None = setting(
        1.0,
        "--init=gabor: half-response bandwidth in octaves",
        goes_with=_GABOR,
        # Less is a plane wave throughout the kernel, more a point; without
        # limits the width of the envelope overflows.
        at_least=0.01,
        at_most=10,
    )
    gabor_color_fraction: float | None = setting(
        0.5,
        "--init=gabor: share of filters that are colour-opponent; they see "
        "nothing in grey images",
        goes_with=_GABOR,
        at_least=0,
        at_most=1,
    )

    def __post_init__(self):
        check(self)
        if self.scheme == "transfusion" and self.through is None:
            raise ValueError(
                "--init=transfusion needs --through=STAGE, the last stage that "
                f"is taken from the source, or --through={NO_STAGE}."
            )
        takes_nothing = self.through == NO_STAGE and self.rest != MEAN_VAR
        needed = self.scheme in TAKING and not takes_nothing
        if needed and self.weights is None:
            raise ValueError(
                f"--init={self.scheme} needs --weights: a run directory, a "
                "file of weights, imagenet, or radimagenet."
            )
        if self.mean_var_biases and not draws(self.scheme, self.rest):
            raise ValueError(
                "--mean_var_biases goes with --rest=mean_var of "
                f"--init=transfusion. Received: --rest={self.rest}; leave "
                "--mean_var_biases out."
            )


def draws(scheme, rest):
    """Whether weights are drawn with the statistics of a source's."""
    return scheme in (MEAN_VAR, "shuffled") or rest == MEAN_VAR
