"""The views by name: from run directories to tables."""

from transfusion_tf.analysis.interventions import barrier, resilience

# {name, of names.INTERVENTIONS: function (paths, options) -> {stem: table}}
VIEWS = {
    "resilience": resilience.make_tables,
    "barrier": barrier.make_tables,
}


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
