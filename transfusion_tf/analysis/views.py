"""Views: which networks are compared, and the rows that say what came out.

A view is a function from the trained networks of the runs to pairs of networks.
The rows are those of the CSV, one measure of one stage of one pair each.
"""

import typing

from transfusion_tf.analysis import similarity


class Network(typing.NamedTuple):
    """One network of a comparison: the name of a run, and one of its steps."""

    run: str
    step: int

    def __str__(self):
        return f"{self.run} at step {self.step}"


COLUMNS = (
    "run",
    "step",
    "other_run",
    "other_step",
    "view",
    "stage",
    "stage_index",
    "measure",
    "value",
    "chance",
    "layout",
    "dropped_x",
    "dropped_y",
    "kept_x",
    "kept_y",
    "num_datapoints",
    "num_images",
    "tolerance",
    "note",
)


def before_after(trained):
    """Each run's trained network against its own start."""
    return [(Network(network.run, 0), network) for network in trained]


def between(trained):
    """Every two runs' trained networks.

    Raises:
      ValueError: fewer than two runs.
    """
    if len(trained) < 2:
        raise ValueError(
            "The view 'between' compares runs; give at least two. "
            f"Received: {', '.join(network.run for network in trained)}"
        )
    return [
        (first, second)
        for index, first in enumerate(trained)
        for second in trained[index + 1 :]
    ]


VIEWS = {"before_after": before_after, "between": between}


def rows(view, compared, *, measures):
    """Returns the rows (dicts of COLUMNS) of a view.

    Where a measure is not defined, its value is None and `note` gives the
    reason; `note` also warns of stages with fewer images than directions, and
    of networks compared with themselves.

    Args:
      view: one of VIEWS.
      compared: {(Network, Network): {stage name: StageMoments}}, as
        `moments.stream` returns it.
      measures: names, out of similarity.MEASURES.
    """
    return [
        {
            "run": first.run,
            "step": first.step,
            "other_run": second.run,
            "other_step": second.step,
            "view": view,
            "stage": stage,
            "stage_index": index,
            "measure": measure,
            **_observation(found, similarity.MEASURES[measure]),
            **_same_weights(first, second),
        }
        for (first, second), stages in compared.items()
        for index, (stage, found) in enumerate(stages.items())
        for measure in measures
    ]


def _observation(found, measure):
    """The columns from `value` on, for the StageMoments of one stage."""
    result, note = _measured(measure, found.measured)
    return {
        "value": result and result.mean,
        "chance": _floor(measure, found.chance),
        "layout": _floor(measure, found.layout),
        "dropped_x": result and result.dropped_x,
        "dropped_y": result and result.dropped_y,
        "kept_x": result and result.kept_x,
        "kept_y": result and result.kept_y,
        "num_datapoints": found.measured.num_datapoints,
        "num_images": found.measured.num_images,
        "tolerance": result.tolerance if result else similarity.TOLERANCE,
        "note": note or _warning(result, found),
    }


def _same_weights(first, second):
    """Overrides `note` where a network is compared with itself."""
    if first != second:
        return {}
    return {"note": "Both sides are the same weights; their similarity is 1."}


def _measured(measure, moments):
    """(result, "") or (None, the reason why there is none)."""
    try:
        result = measure(moments)
    except similarity.TooFewDatapoints as error:
        return None, str(error)
    if not len(result.coefficients):
        return None, "A side is constant: all its channels are dead."
    return result, ""


def _floor(measure, moments):
    """The mean of a null floor; None where it cannot be had."""
    if moments is None:
        return None
    result, _ = _measured(measure, moments)
    return result and result.mean


def _warning(result, found):
    """What a reader of the value should know."""
    directions = max(result.kept_x, result.kept_y)
    if found.chance is None:
        return "No floors: no image had a partner of another patient."
    if found.measured.num_images < directions:
        return (
            f"Fewer images ({found.measured.num_images}) than directions "
            f"({directions}): positions of one image are not independent."
        )
    return ""
