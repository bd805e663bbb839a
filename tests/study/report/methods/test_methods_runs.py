"""What the paragraph on training says of options."""

import types

from transfusion_tf.config.run import RunConfig
from transfusion_tf.study.report.methods import methods_runs


def paragraph(**settings):
    config = RunConfig.from_flags_dict(settings)
    arm = types.SimpleNamespace(config=config, plan={"total_steps": 9})
    study = types.SimpleNamespace(
        learning_rates=(0.001,), seeds=3, num_folds=None, train_sizes=("all",)
    )
    context = types.SimpleNamespace(config=study)
    return methods_runs.training(context, [arm])


def test_options_that_most_trainings_go_without_are_named():
    text = paragraph(
        optimizer="adamw",
        weight_decay=0.01,
        clip_norm=2.0,
        ema_momentum=0.99,
        class_weights=["1", "4"],
        head_bias="prior",
    )
    for words in (
        "trained with adamw",
        "a weight decay of 0.01, gradients of a norm of at most 2.0",
        "average of the weights with the momentum 0.99",
        "the class weights 1, 4 and the shares of the training images",
    ):
        assert words in text
    assert "The training had" not in paragraph(optimizer="adam")
