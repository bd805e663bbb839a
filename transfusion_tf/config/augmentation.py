"""The part of the configuration that says how training images are varied."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.config.fields import GoesWith, flag_name, setting, typed

# Ranges of recipes that differ from those of the settings: {recipe: {...}}.
RECIPE_RANGES = {
    # The full circle, and a hue that turns orange to red or yellow, not more.
    "fundus": {"rotation_degrees": 180.0, "hue_range": 0.01}
}
# Zhong et al. 2020: the smallest share of an image that is erased.
MIN_ERASED = 0.02


def _range(name, default, meaning, **limits):
    """A setting of one augmentation: a number, None where that is not named."""
    return setting(
        default,
        f"--augment={name}: {meaning}",
        goes_with=GoesWith("augment", (name,)),
        **limits,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """Which augmentations training images get, and how far they go.

    Once built, `augment` holds the augmentations that recipes stand for, in
    the order of names.AUGMENTATIONS, and each range that goes with one of them
    is a number.
    """

    augment: tuple[str, ...] = setting(
        (),
        "augmentations of training images, separated by commas: "
        f"{', '.join(names.AUGMENTATIONS)}; or recipes of them: "
        f"{', '.join(names.RECIPES)}",
    )
    shift_range: float | None = _range(
        "shift",
        0.1,
        "largest shift, as a share of the side; whole pixels",
        above=0,
        at_most=0.5,
    )
    rotation_degrees: float | None = _range(
        "rotation",
        10.0,
        "largest angle, to either side, in degrees; 180: the full circle",
        above=0,
        at_most=180,
    )
    zoom_range: float | None = _range(
        "zoom",
        0.1,
        "largest change of width and of height, each drawn by itself, as a "
        "share of them",
        above=0,
        at_most=0.9,
    )
    shear_range: float | None = _range(
        "shear",
        0.1,
        "largest angle in degrees; a tenth of a degree, which hardly moves a "
        "pixel, is what Juodelyte et al. 2023 used",
        above=0,
        at_most=45,
    )
    brightness_range: float | None = _range(
        "brightness",
        0.1,
        "largest change of the factor that pixel values are multiplied by",
        above=0,
        at_most=1,
    )
    contrast_range: float | None = _range(
        "contrast",
        0.1,
        "largest change of the factor that distances from the image's mean "
        "are multiplied by",
        above=0,
        at_most=1,
    )
    saturation_range: float | None = _range(
        "saturation",
        0.1,
        "largest change of the factor that distances from the pixel's grey "
        "are multiplied by",
        above=0,
        at_most=1,
    )
    hue_range: float | None = _range(
        "hue",
        0.02,
        "largest change of hue, as a share of the colour circle",
        above=0,
        at_most=0.5,
    )
    erasing_area: float | None = _range(
        "erasing",
        0.4,
        "largest share of the image that is erased (the smallest is "
        f"{MIN_ERASED})",
        above=MIN_ERASED,
        at_most=1,
    )
    erasing_probability: float | None = _range(
        "erasing",
        0.5,
        "share of images in which a rectangle is erased",
        above=0,
        at_most=1,
    )

    @property
    def ranges(self):
        """{setting: number} of the augmentations that are named."""
        values = {name: getattr(self, name) for name in RANGES}
        return {k: value for k, value in values.items() if value is not None}

    def resolve_recipes(self):
        """Puts augmentations in the place of recipes; called before `check`.

        Raises:
          ValueError: an unknown name, or an augmentation that is named twice.
        """
        field = self.__dataclass_fields__["augment"]
        given = typed(field, self.augment)
        object.__setattr__(self, "augment", _expanded(given))
        for recipe in given:
            for name, value in RECIPE_RANGES.get(recipe, {}).items():
                if getattr(self, name) is None:
                    object.__setattr__(self, name, value)


# {range: the augmentation that it belongs to}
RANGES = {
    flag_name(field): field.metadata["goes_with"].values[0]
    for field in dataclasses.fields(AugmentationConfig)
    if field.metadata["goes_with"]
}
# {range: number, where none is given}
DEFAULT_RANGES = {
    name: AugmentationConfig.__dataclass_fields__[name].metadata["default"]
    for name in RANGES
}


def in_words(config):
    """Each augmentation of an AugmentationConfig with its ranges, as text."""
    found = []
    for name in config.augment:
        own = [
            f"{key} {value:g}"
            for key, value in config.ranges.items()
            if RANGES[key] == name
        ]
        found.append(f"{name} ({', '.join(own)})" if own else name)
    return found


def _expanded(given):
    """The augmentations that names and recipes stand for, each once."""
    known = (*names.AUGMENTATIONS, *names.RECIPES)
    found = []
    for name in given:
        names.check("augmentation", name, known)
        found += names.RECIPES.get(name, (name,))
    if "none" in given and len(given) > 1:
        raise ValueError(
            "--augment=none goes alone. Received: --augment="
            f"{','.join(given)}; leave none out, or all others."
        )
    if repeated := sorted({n for n in found if found.count(n) > 1}):
        # The second flip would undo the first.
        recipes = [
            f"; {name} stands for {','.join(names.RECIPES[name])}"
            for name in dict.fromkeys(given)
            if name in names.RECIPES
        ]
        raise ValueError(
            "--augment must name each augmentation once. Received: "
            f"{','.join(given)}, which has {', '.join(repeated)} twice"
            f"{''.join(recipes)}."
        )
    return tuple(name for name in names.AUGMENTATIONS if name in found)
