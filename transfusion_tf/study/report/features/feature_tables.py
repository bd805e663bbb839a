"""Tables of features that a report makes, keeps, and draws."""

from transfusion_tf.analysis.views.options import RepresentationOptions
from transfusion_tf.reporting.html import page
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import commands, kept_tables, pictures
from transfusion_tf.study.spec import KEPT

# One measure, of a few hundred images: so all networks of a small study take
# less than a minute, and the intervals say what fewer images cost.
_MEASURES = ("svcca",)
_MAX_IMAGES = 300
# Images that are left out together for the intervals, at least.
_GROUP_SIZE = 20
# Of wider stages, as Juodelyte et al. 2023: directions of all channels would
# take minutes a pair.
_WIDE = 512
_DRAWN = {"max_points": 10_000, "channels": 64, "repeats": 5}


def options(context, paths, **more):
    """The RepresentationOptions of a study's report.

    Args:
      context: context.Context, whose records are there.
      paths: of the runs, of one network.
      **more: in place of these.
    """
    available = context.card.num_examples["test"]
    if context.config.num_folds:
        # Folds are of unequal size where patients are.
        every = sum(context.card.num_examples.values())
        available = every // (2 * context.config.num_folds)
    number = min(_MAX_IMAGES, available)
    drawn = _DRAWN if _widest(paths[0]) > _WIDE else {}
    if drawn:
        more.pop("groups", None)  # What is drawn has no intervals.
    return RepresentationOptions(
        **{
            "measures": _MEASURES,
            "max_images": number,
            **(drawn or {"groups": max(1, min(10, number // _GROUP_SIZE))}),
            **more,
        }
    )


def _widest(path):
    """Channels of the widest stage of the network of a run."""
    from transfusion_tf.process import quiet

    quiet.start_tensorflow()
    from transfusion_tf.runs import networks

    run = RunDir(path)
    backbone = networks.load_backbone(run, max(run.weight_steps(), default=0))
    return max(stage.output.shape[-1] for stage in backbone.stages)


def attempt(context, title, make):
    """The blocks that `make` returns, or a Missing that says why not.

    Args:
      context: context.Context.
      title: of what would be missing.
      make: function without arguments.
    """
    if context.card is None:
        why = (
            f"The records of {context.config.dataset} are gone, and networks "
            "are compared on their images."
        )
        return [page.Missing(title=title, why=why)]
    try:
        return make()
    except (ValueError, FileNotFoundError) as error:
        return [page.Missing(title=title, why=str(error))]


def no_starts(context, title):
    """A page.Missing of what needs the weights that runs started from."""
    return page.Missing(
        title=title,
        why="The study has not kept the weights that its runs started from "
        "(--keep without initial).",
        command=commands.run_study(
            context,
            keep=KEPT,
            study_dir=f"{context.study.root}-with-weights",
        ),
    )


def kept(context, network, key, make, how, paths=None):
    """Returns {stem: DataFrame} that is made once, see kept_tables.get.

    Args:
      context: context.Context.
      network: network_runs.NetworkRuns.
      key: name of these tables.
      make: function without arguments that returns {stem: DataFrame}; the
        files are <stem>_<network>.csv.
      how: what the tables rest on besides runs and `options`, JSON-able.
      paths: of the runs that they rest on; None: those of the network.
    """

    def make_named():
        return {name_of(stem, network): of for stem, of in make().items()}

    settings = [_MEASURES, _MAX_IMAGES, _GROUP_SIZE, _WIDE, _DRAWN]
    found = kept_tables.get(
        context,
        name_of(key, network),
        network.paths if paths is None else paths,
        [*settings, how],
        make_named,
    )
    ending = name_of("", network)
    return {name.removesuffix(ending): of for name, of in found.items()}


def name_of(stem, network):
    """Name of a file of a network, without suffix."""
    return pictures.of_network(stem, network.model)
