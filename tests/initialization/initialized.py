"""Networks of cbr_tiny that a scheme has initialized, for tests."""

from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import schemes
from transfusion_tf.models import zoo

STAGES = ("conv1", "conv2", "conv3", "conv4")
OVER_MEAN_VAR = {"rest": "mean_var"}


def build(num_outputs=3, name="cbr_tiny", image_size=16):
    return zoo.build(name, num_outputs=num_outputs, image_size=image_size)


def settings_of(scheme, **given):
    """An InitConfig of `scheme` with what it needs."""
    needs = {"transfusion": {"through": "conv2"}}.get(scheme, {})
    weights = None if scheme == "random" else "a run"
    return InitConfig(scheme=scheme, weights=weights, **{**needs, **given})


def values(backbone):
    return {v.path: v.numpy() for v in backbone.weights}


def initialized(scheme, source, seed, **given):
    """(values, report) of a fresh cbr_tiny."""
    backbone = build()
    settings = settings_of(scheme, **given)
    used = source if settings.weights else None
    report = schemes.initialize(backbone, settings, source=used, seed=seed)
    return values(backbone), report


def stage_of(path):
    return path.split("_")[0]
