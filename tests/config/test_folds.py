"""The fold of a run."""

import pytest

from transfusion_tf.config.run import RunConfig


def test_json_has_folds_only_where_there_are_some():
    made = RunConfig.from_flags_dict({"num_folds": 5, "fold": 2})
    data = made.to_json()["data"]
    assert (data["num_folds"], data["fold"]) == (5, 2)
    assert made.run_name == f"{RunConfig().run_name}-fold2of5"
    assert RunConfig.from_json(made.to_json()) == made
    assert not {"num_folds", "fold"} & RunConfig().to_json()["data"].keys()


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"num_folds": 1, "fold": 1}, "--num_folds must be in"),
        (
            {"num_folds": 5},
            "--num_folds=5 needs --fold, 1 to 5. Received: none",
        ),
        ({"num_folds": 5, "fold": 6}, "needs --fold, 1 to 5. Received: 6"),
        ({"num_folds": 5, "fold": 0}, "--fold must be at least 1. Received: 0"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flags_dict(settings)
