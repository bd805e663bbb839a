"""The part of the configuration that says where the weights start."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config_fields import at_least, positive, setting

NO_STAGE = "none"  # --through: nothing is taken from the source.


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
        "(.h5, .weights.h5, .keras), imagenet, or radimagenet",
    )
    through: str | None = setting(
        None,
        "--init=transfusion: the last stage that is taken from the source, or "
        f"{NO_STAGE}",
    )
    gabor_orientations: int = setting(
        8, "--init=gabor: number of orientations, evenly over half a turn"
    )
    gabor_wavelengths: tuple[float, ...] = setting(
        (),
        "--init=gabor: wavelengths in pixels, separated by commas (default: "
        "0.6, 0.75 and 0.9 of the kernel's side)",
    )
    gabor_phases: int = setting(
        4, "--init=gabor: number of phases, evenly over a full turn"
    )
    gabor_bandwidth: float = setting(
        1.0, "--init=gabor: half-response bandwidth in octaves"
    )
    gabor_color_fraction: float = setting(
        0.5,
        "--init=gabor: share of filters that are colour-opponent; they see "
        "nothing in grey images",
    )

    def __post_init__(self):
        names.check("init", self.scheme, names.SCHEMES)
        object.__setattr__(
            self,
            "gabor_wavelengths",
            tuple(map(_number, self.gabor_wavelengths)),
        )
        self._check_through()
        self._check_weights()
        self._check_gabor()

    def _check_through(self):
        if (self.scheme == "transfusion") != (self.through is not None):
            raise ValueError(
                "--through=STAGE goes with --init=transfusion, which needs it. "
                f"Received: --init={self.scheme} --through={self.through}"
            )

    def _check_weights(self):
        if self.scheme == "random" and self.weights is not None:
            raise ValueError(
                f"--init=random takes no --weights. Received: {self.weights}"
            )
        needed = self.scheme in ("pretrained", "mean_var", "transfusion")
        if needed and self.weights is None and self.through != NO_STAGE:
            raise ValueError(
                f"--init={self.scheme} needs --weights: a run directory, a "
                "file of weights, imagenet, or radimagenet."
            )

    def _check_gabor(self):
        fields = [f for f in dataclasses.fields(self) if "gabor" in f.name]
        given = [
            f"--{field.name}"
            for field in fields
            if getattr(self, field.name) != field.default
        ]
        if given and self.scheme != "gabor":
            raise ValueError(
                f"{', '.join(given)} goes with --init=gabor. Received: "
                f"--init={self.scheme}"
            )
        at_least(self, 1, "gabor_orientations", "gabor_phases")
        positive(self, "gabor_bandwidth")
        if not 0 <= self.gabor_color_fraction <= 1:
            raise ValueError(
                "--gabor_color_fraction must be in [0, 1]. Received: "
                f"{self.gabor_color_fraction}"
            )


def _number(text):
    """A float from a flag's text; ValueError names the text."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"--gabor_wavelengths must be numbers. Received: {text!r}"
        ) from None
