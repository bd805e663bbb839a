"""The settings of a view; analyze_representations.py derives its flags."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.analysis.views import selection
from transfusion_tf.config.fields import GoesWith, check, setting

_GIB = 2**30
_DRAWN = "--max_points=N or --channels=N, which say what is drawn"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RepresentationOptions:
    """Which view, of which images, by which measures, in how much memory."""

    view: str = setting(
        "before_after", "what is compared", choices=tuple(selection.VIEWS)
    )
    measures: tuple[str, ...] = setting(
        ("cca", "svcca"), f"similarity measures: {', '.join(names.MEASURES)}"
    )
    stages: tuple[str, ...] = setting((), "stages to compare; by default all")
    dataset: str | None = setting(
        None,
        "records directory or embedded data set with the images; by default "
        "that of the runs",
    )
    split: str = setting(
        "test", "split the images are from", choices=names.SPLITS
    )
    checkpoint: str = setting(
        "last",
        "trained weights: last, best (of the validation split, chosen at "
        "another step in each run) or a step",
    )
    max_images: int | None = setting(
        None, "use the first N images only", at_least=2
    )
    batch_size: int = setting(64, "images at a time", at_least=2)
    datapoints: str = setting(
        "positions",
        "what a datapoint is: a position of an image, or the mean over them",
        choices=("positions", "pooled"),
    )
    floors: bool = setting(
        True,
        "gather the null floors as well: similarities of the same networks "
        "when the second one is shown another image, at the same positions "
        "(layout) or of another patient and shifted at random (chance)",
    )
    max_points: int | None = setting(
        None,
        "of each stage only as many random images as have about N positions",
        goes_with=GoesWith(
            "datapoints",
            ("positions",),
            "--datapoints=positions; of pooled images give --max_images=N",
        ),
        at_least=1,
    )
    channels: int | None = setting(
        None, "only N random channels of each stage", at_least=1
    )
    groups: int | None = setting(
        10,
        "groups of images (of patients, if known) that are left out in turn "
        "for the intervals; 1: no intervals",
        goes_with=GoesWith(
            "is_drawn",
            (False,),
            "all images and channels; draws of the same images have a range, "
            "and no interval",
        ),
        at_least=1,
    )
    repeats: int | None = setting(
        1,
        "how often --max_points or --channels are drawn; values are means "
        "over the draws, low and high their range (no interval)",
        goes_with=GoesWith("is_drawn", (True,), _DRAWN),
        at_least=1,
    )
    points: str | None = setting(
        "pairs",
        "what a point of start_against_end is: a pair of runs, or one draw of "
        "--max_points or --channels of a pair",
        choices=("pairs", "draws"),
        goes_with=GoesWith("view", selection.names_of("has_points")),
    )
    source: str | None = setting(
        None,
        "--view=reuse: weights of the source network, as --weights of "
        "train.py (default: those of the first run that has some)",
        goes_with=GoesWith("view", selection.names_of("needs_source")),
    )
    max_probe_images: int | None = setting(
        None,
        "fit the probes on the first N training images only",
        goes_with=GoesWith("view", selection.names_of("needs_source")),
        at_least=2,
    )
    seed: int | None = setting(
        0,
        "seed of groups, pairings and draws",
        goes_with=GoesWith(
            "is_random",
            (True,),
            "--floors, --groups above 1, --max_points or --channels",
        ),
        at_least=0,
    )
    max_memory_gib: float | None = setting(
        None,
        "memory for moments and the maps of a batch (default: half of what "
        "the process may use); more passes over the images need less",
        at_least=0.001,
        at_most=2**20,  # A PiB.
    )
    moments_dir: str | None = setting(
        None,
        "keep the moments there: an interrupted analysis goes on, one with "
        "other measures needs no images",
    )

    def __post_init__(self):
        check(self)
        for measure in self.measures:
            names.check("measure", measure, names.MEASURES)
        self._check_held_out()
        if self.by_draw and not self.is_drawn:
            raise ValueError(
                f"--points={self.points} goes with {_DRAWN}; leave --points "
                "out."
            )
        if self.kind.needs_source and self.split == "train":
            raise ValueError(
                f"--view={self.view} fits its probes on the training split; "
                "give --split=val or test."
            )

    def _check_held_out(self):
        """Refuses measures of which every value would be n/a."""
        for measure in self.measures:
            held_out = measure in names.HELD_OUT_MEASURES
            if self.is_drawn and (held_out or measure == "mutual_knn"):
                raise ValueError(
                    f"--measures={measure} goes with all images and channels; "
                    "leave --max_points and --channels out."
                )
            if held_out and self.groups == 1:
                raise ValueError(
                    f"--measures={measure} aligns on one half of the groups "
                    "and scores on the other; give --groups of 2 or more."
                )

    @property
    def kind(self):
        """The selection.View."""
        return selection.VIEWS[self.view]

    @property
    def is_drawn(self):
        """Whether images or channels are drawn."""
        return self.max_points is not None or self.channels is not None

    @property
    def is_random(self):
        """Whether anything depends on the seed."""
        return self.is_drawn or self.floors or (self.groups or 1) > 1

    @property
    def by_draw(self):
        """Whether each draw has rows of its own."""
        return self.points == "draws"

    @property
    def max_bytes(self):
        """`max_memory_gib` in bytes; None: what is usual."""
        return self.max_memory_gib and int(self.max_memory_gib * _GIB)

    def gather_options(self):
        """The GatherOptions of analysis.streaming."""
        # Whoever looks at the options has TensorFlow to come; the flags have
        # not.
        from transfusion_tf.analysis.streaming import plan

        defaults = plan.GatherOptions()
        return plan.GatherOptions(
            datapoints=self.datapoints,
            floors=self.floors,
            debiased="cka" in self.measures,
            halves=any(m in names.HELD_OUT_MEASURES for m in self.measures),
            neighbors="mutual_knn" in self.measures,
            num_groups=self.groups or defaults.num_groups,
            max_points=self.max_points,
            channels=self.channels,
            repeats=self.repeats or defaults.repeats,
            seed=self.seed or defaults.seed,
        )
