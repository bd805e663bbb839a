"""What the arms of a study are, from what their runs say of themselves."""

import dataclasses
import functools

from transfusion_tf.analysis import network_costs
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir


@dataclasses.dataclass(frozen=True, kw_only=True)
class ArmFacts:
    """One arm.

    Attributes:
      name: as in arms.csv.
      settings: {flag: value} of what makes the arm, see
        analysis.comparing.arms.Arm.
      config: RunConfig of its first run.
      source: what its first run says of the weights that it started from, or
        None.
      data: dict on the records of its first run: classes, image_size, ...
      plan: dict on steps and images of its first run.
      parts: of all its runs: dicts with packages, devices, onednn.
      runs: names of its runs at the chosen learning rate.
    """

    name: str
    settings: dict
    config: RunConfig
    source: dict | None
    data: dict
    plan: dict
    parts: tuple
    runs: tuple

    @property
    def network(self):
        """Network, with its last stage where it is truncated."""
        return self.config.model.label

    @property
    def scheme(self):
        """How its weights are set, one of names.SCHEMES."""
        return self.config.init.scheme

    @property
    def train_size(self):
        """Number of training images asked for; None: all."""
        return self.config.data.train_size

    @property
    def num_images(self):
        """Number of images that its first run was trained on, or None."""
        return self.plan.get("num_images")

    def stages(self):
        """network_costs.COLUMNS, a row a stage of the network and the head."""
        return _stages(
            self.config.model,
            len(self.data["classes"]),
            self.data["image_size"],
        )

    @property
    def parameters(self):
        """Numbers in all weights of the network."""
        return int(self.stages()["parameters"].sum())


def of_context(context):
    """The ArmFacts of a study's runs at their chosen learning rates.

    Args:
      context: study.report.context.Context.

    Returns:
      Tuple of ArmFacts, in the order of arms.csv; runs whose directories are
      gone are left out.

    Raises:
      ValueError: config.json of a run is damaged.
    """
    runs = [run for run in map(RunDir, context.runs) if run.config.is_file()]
    abouts = [record.read(run) for run in runs]
    configs = [record.read_config(run) for run in runs]
    # The learning rate is chosen in each fold alone.
    free = ("learning_rate",) if context.config.num_folds else ()
    found = []
    for name, settings, members in arms.grouped(configs, abouts, free=free):
        about = abouts[members[0]]
        found.append(
            ArmFacts(
                name=name,
                settings=settings,
                config=configs[members[0]],
                source=about["source"],
                data=about["data"],
                plan=about.get("plan") or {},
                parts=tuple(p for i in members for p in abouts[i]["parts"]),
                runs=tuple(runs[i].root.name for i in members),
            )
        )
    return tuple(found)


@functools.cache  # Large networks take seconds to build.
def _stages(model, num_outputs, image_size):
    _, table = network_costs.run(
        model, num_outputs=num_outputs, image_size=image_size
    )
    return table
