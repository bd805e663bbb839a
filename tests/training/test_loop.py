"""When things happen in a run."""

import keras
import numpy as np

from tests import idle_steps
from transfusion_tf import experiment
from transfusion_tf.config.run import RunConfig, TrainConfig
from transfusion_tf.runs import state
from transfusion_tf.training import loop, run_files
from transfusion_tf.training.plan import TrainingPlan


def plan(num_train=100, **settings):
    return TrainingPlan.of(TrainConfig(batch_size=10, **settings), num_train)


def test_epochs_and_steps():
    assert plan(epochs=3).total_steps == 30
    assert plan(steps=7).total_steps == 7
    # Rounded up: 109 images, twice, and 2 of them once more.
    assert plan(num_train=109, epochs=2).total_steps == 22
    assert plan(num_train=9, epochs=3).total_steps == 3


def test_an_epoch_is_a_pass_over_all_images():
    made = TrainingPlan.of(TrainConfig(batch_size=32, epochs=20), 40)
    assert made.total_steps == 25
    assert [made.epochs(step) for step in (0, 1, 5, 25)] == [0, 0.8, 4, 20]


def evaluations(made):
    return [s for s in range(1, made.total_steps + 1) if made.evaluates(s)]


def test_evaluations_come_once_an_epoch_or_as_asked_and_at_the_end():
    assert evaluations(plan(epochs=2)) == [10, 20]
    assert evaluations(plan(steps=25)) == [10, 20, 25]
    assert evaluations(plan(steps=9, eval_every=4)) == [4, 8, 9]


def test_an_evaluation_follows_the_step_that_completes_an_epoch():
    # After 25, 50, 75 images: in the 3rd, at the end of the 5th, in the 8th.
    assert evaluations(plan(num_train=25, epochs=3)) == [3, 5, 8]
    # Every step completes two epochs.
    assert evaluations(plan(num_train=5, epochs=6)) == [1, 2, 3]


def test_snapshots_are_log_spaced_with_the_start_and_the_end():
    assert sorted(plan(steps=1000, snapshots=4).snapshots) == [
        0,
        1,
        10,
        100,
        1000,
    ]
    assert sorted(plan(steps=1000, snapshots=0).snapshots) == [0, 1000]


def test_weights_of_a_step_are_written_once(
    tiny_dataset, tmp_path, monkeypatch
):
    """The last step is a snapshot, and the best if no other is evaluated."""
    idle_steps.replace_steps(monkeypatch)
    save, written = keras.Model.save_weights, []

    def recorded(model, path):
        written.append(path.name.partition("step-")[2])
        save(model, path)

    monkeypatch.setattr(keras.Model, "save_weights", recorded)
    for eval_every in (3, 2):
        settings = {
            "dataset": str(tiny_dataset),
            "model": "cbr_tiny",
            "steps": 3,
            "eval_every": eval_every,
            "snapshots": 0,
        }
        config = RunConfig.from_flags_dict(settings)
        experiment.train(config, run_dir=tmp_path / str(eval_every))
    steps = (0, 3, 0, 2, 3)
    assert written == [f"{step:07d}.weights.h5" for step in steps]


def test_losses_are_summed_in_their_order_and_few_of_them_kept():
    losses = np.random.default_rng(0).lognormal(size=5000)
    made = object.__new__(loop.Loop)
    made._pending, made._progress = [], state.Progress()
    kept = []
    for loss in losses:
        made._add_loss(loss)
        kept.append(len(made._pending))
    made._collect_losses()
    assert max(kept) < 2 * loop.MAX_PENDING
    assert not made._pending
    # Bit for bit: another order of the sum gives another number.
    assert made._progress.loss_sum == sum(losses.tolist(), 0.0)
    assert made._progress.loss_sum != sum(losses[::-1].tolist(), 0.0)
    assert made._progress.loss_steps == 5000


def test_size_of_weights_follows_from_their_shapes():
    layers = [keras.Input((3,)), keras.layers.Dense(2, dtype="float64")]
    assert run_files._size(keras.Sequential(layers)) == 8 * (3 * 2 + 2)
