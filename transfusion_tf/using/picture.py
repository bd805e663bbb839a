"""The picture of the scores of new images beside those of val."""

import numpy as np

from transfusion_tf.metrics import decision, problems, summary
from transfusion_tf.reporting.figures import score_histograms, style
from transfusion_tf.runs import checksums, predictions
from transfusion_tf.using import predict


def write(predicted):
    """Writes scores.png beside the table of a Predicted; returns its path.

    The scores of val are beside those of new images where they are of the same
    weights and saved.
    """
    network = predicted.network
    task, classes = network.task, network.classes
    # Labels of new images are not known: any that pose the questions will do.
    shape = predicted.scores.shape
    unknown = np.zeros(shape if task == "multilabel" else shape[:1], int)
    asked = problems.split(task, unknown, predicted.scores)
    of_val = _of_val(network)
    has_thresholds = decision.rule(task, len(classes)) == decision.THRESHOLD
    panels = [
        {
            "name": summary.name_of(task, classes, problem.index),
            "threshold": predicted.thresholds[i] if has_thresholds else None,
            "groups": of_val.get(problem.index, {})
            | {score_histograms.NEW: problem.scores},
        }
        for i, problem in enumerate(asked)
    ]
    path = predicted.path.with_name(predict.PICTURE)
    return style.save(score_histograms.draw(panels), path)


def _of_val(network):
    """{index of a question: {kind: scores of its images in val}}."""
    run, path = network.run, network.run.predictions("val")
    if network.step != run.read_metrics()["best_step"] or not path.is_file():
        return {}
    checksums.check(run, path)
    scored, _ = predictions.read(path)
    return {
        asked.index: {
            "val, negative": asked.scores[asked.keep & ~asked.labels],
            "val, positive": asked.scores[asked.keep & asked.labels],
        }
        for asked in problems.split(network.task, scored.labels, scored.scores)
    }
