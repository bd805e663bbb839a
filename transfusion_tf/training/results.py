"""What a finished training leaves: predictions and metrics.json."""

from transfusion_tf import files
from transfusion_tf.metrics import cautions
from transfusion_tf.runs import checksums, decisions
from transfusion_tf.training import cluster, scoring

SPLITS = ("val", "test")


def write(prepared, run, predictor, *, best_step, history, cache=None):
    """Writes predictions and metrics.json of the predictor's weights.

    All workers score; the chief writes.

    Args:
      prepared: setup.RunSetup.
      run: RunDir.
      predictor: of the best weights.
      best_step: step of these.
      history: rows of history.csv.
      cache: caching.ImageCache, or None.
    """
    scored = {"config": prepared.config, "cache": cache}
    if not cluster.is_chief(prepared.strategy):
        for split in SPLITS:
            scoring.score(predictor, prepared.records, split, **scored)
        return
    numbers = {}
    for split in SPLITS:
        path = run.predictions(split)
        with checksums.recorded(run, path):
            numbers[split] = scoring.score(
                predictor, prepared.records, split, path=path, **scored
            )
    train = prepared.config.train
    warnings = cautions.of_run(
        numbers,
        best_step=best_step,
        history=history,
        audit=prepared.records.card.audit,
        num_folds=prepared.config.data.num_folds,
        ema_momentum=train.ema_momentum,
        unfreeze_at=train.unfreeze_at,
    )
    about = {
        "best_step": best_step,
        "last_step": history[-1]["step"],
        "warnings": warnings,
        "decision": decisions.on_val(run, prepared.task),
    }
    files.write_json(run.metrics, {**about, **numbers})
