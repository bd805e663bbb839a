"""Which arms differ in nothing but their start."""

import types

from transfusion_tf.analysis.comparing import arms
from transfusion_tf.config.run import RunConfig
from transfusion_tf.study.report.claims import evidence, gather


def arm(name, **settings):
    """The evidence.Arm of runs of cbr_tiny."""
    config = RunConfig.from_flags_dict({"model": "cbr_tiny", **settings})
    source = {"kind": "imagenet", "sha256": "5" * 64}
    source = source if settings.get("weights") else None
    facts = types.SimpleNamespace(
        name=name,
        config=config,
        settings=arms.settings_of(config, source),
        stages=lambda: {"stage": ["conv1", "conv2", "head"]},
        parameters=1,
        scheme=config.init.scheme,
        source=source,
        train_size=None,
        runs=(),
        num_images=100,
    )
    return gather._arm(facts)


def test_all_starts_have_random_weights_as_their_partner():
    taken = {"weights": "imagenet", "through": "conv1", "init": "transfusion"}
    random = arm("random")
    starts = [
        arm("mean_var", init="mean_var", weights="imagenet"),
        arm("shuffled", init="shuffled", weights="imagenet"),
        arm("drawn", init="mean_var", weights="w", mean_var_biases=True),
        arm("over random", **taken),
        arm("over mean_var", **taken, rest="mean_var"),
    ]
    for start in starts:
        found = evidence.partners(
            (random, *starts), start, but=evidence.START, scheme="random"
        )
        assert found == [random]
    # And yet each is an arm of its own.
    assert len(set(starts)) == len(starts)


def test_gabor_filters_are_compared_with_a_first_stage_below_random_weights():
    taken = {"weights": "imagenet", "through": "conv1", "init": "transfusion"}
    gabor = arm("gabor", init="gabor")
    compared = evidence.is_gabor_and_first_stage
    assert compared(gabor, arm("over random", **taken))
    assert not compared(gabor, arm("over mean_var", **taken, rest="mean_var"))
