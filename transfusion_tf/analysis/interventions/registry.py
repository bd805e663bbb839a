"""The views by name: from run directories to tables."""

from transfusion_tf.analysis.interventions import (
    barrier,
    probes,
    resilience,
    shortcut,
)

# {name, of names.INTERVENTIONS: function (paths, options) -> {stem: table}}
VIEWS = {
    "resilience": resilience.make_tables,
    "barrier": barrier.make_tables,
    "shortcut": shortcut.make_tables,
    "probes": probes.make_tables,
}
# {name: function (paths, options) -> what networks see}, of those that change
# the images.
EXAMPLES = {"shortcut": shortcut.examples}


def run(paths, options):
    """The tables of a view, {stem of a CSV file: DataFrame}.

    Args:
      paths: run directories, or patterns (globs) of them.
      options: options.InterventionOptions.

    Raises:
      FileNotFoundError: a run, or weights of it, are not there.
      ValueError: the runs do not go together, or not with the view.
    """
    return VIEWS[options.view](paths, options)


def examples(paths, options):
    """What the networks see in a view, see shortcut.Examples; or None.

    Args:
      paths, options: as of `run`.
    """
    find = EXAMPLES.get(options.view)
    return find and find(paths, options)
