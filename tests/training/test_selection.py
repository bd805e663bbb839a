"""Which weights are the best ones."""

import pytest

from tests import idle_steps, short_trainings
from transfusion_tf import files
from transfusion_tf.training import scoring, selection


def row(auc, loss, step=0):
    return {"step": step, "val_auc": auc, "val_loss": loss}


@pytest.mark.parametrize(
    ("new", "best", "expected"),
    [
        (row(0.5, 9.0), None, True),
        (row(0.8, 9.0), row(0.7, 0.1), True),
        (row(0.7, 0.1), row(0.8, 9.0), False),
        # Ties go to the lower loss, and of equal ones to the earlier.
        (row(0.8, 0.3), row(0.8, 0.4), True),
        (row(0.8, 0.5), row(0.8, 0.4), False),
        (row(0.8, 0.4), row(0.8, 0.4), False),
        # Undefined: the latest while it has been so throughout.
        (row(None, 0.4), row(None, 0.1), True),
        (row(0.1, 0.4), row(None, 0.1), True),
        (row(None, 0.1), row(0.1, 0.4), False),
    ],
)
def test_the_higher_auc_is_better_and_then_the_lower_loss(new, best, expected):
    assert selection.is_better(new, best) is expected


def test_a_run_keeps_the_weights_of_the_lowest_loss_among_equal_aucs(
    tiny_dataset, tmp_path, monkeypatch
):
    idle_steps.replace_steps(monkeypatch)
    plain, losses = scoring.score, iter([0.9, 0.4, 0.6, 0.4, 0.5, 0.5])

    def score(*arguments, **options):
        return {**plain(*arguments, **options), "loss": next(losses)}

    monkeypatch.setattr(scoring, "score", score)
    train = short_trainings.starter(tiny_dataset, tmp_path)
    run = train(steps=4, eval_every=1)
    assert files.read_json(run.best) == {"step": 2, "val_auc": 0.5}
    assert run.weight_steps() == [0, 2, 4]
    assert run.read_metrics()["best_step"] == 2
