"""What a study would have to add for its runs to ask a claim.

Functions of a StudyConfig and the Arms of its study that return {value of
StudyConfig: what it must be}, or {} where no runs would do.
"""

from transfusion_tf import names
from transfusion_tf.statistics import clustered_correlation
from transfusion_tf.study import spec

_MADE = ("synthetic_textures",)
_FEWEST = 20
_SHARE = 10


def inits(*schemes):
    """Adds starts to the networks that there are."""

    def adds(config, arms):
        del arms
        return {"inits": _joined(config.inits, *schemes), **_source(config)}

    return adds


def seeds(config, arms):
    """Adds seeds, of which a correlation needs MIN_CLUSTERS."""
    number = max(clustered_correlation.MIN_CLUSTERS, config.seeds)
    return {**inits("random", "pretrained")(config, arms), "seeds": number}


def models(*added, weights=("imagenet",)):
    """Adds networks, from random weights and published ones."""

    def adds(config, arms):
        """The networks, and sources for those that have none yet."""
        del arms
        own = [f"{model}:{weight}" for model in added for weight in weights]
        if set(weights) <= set(config.weights):
            own = []
        return {
            "models": _joined(config.models, *added),
            "inits": _joined(config.inits, "random", "pretrained"),
            "weights": _joined(_weights(config), *own),
        }

    return adds


def radimagenet(config, arms):
    """Adds ResNet-50 from ImageNet and from RadImageNet."""
    sources = ("imagenet", "radimagenet")
    return models("resnet50", weights=sources)(config, arms)


def small_network(config, arms):
    """Adds a CBR network, and data to pretrain it on where there are none."""
    del arms
    return {
        "models": _joined(config.models, "cbr_small"),
        "inits": _joined(config.inits, "random", "pretrained"),
        "weights": _weights(config),
        "source_dataset": config.source_dataset or _MADE,
    }


def small_and_large(config, arms):
    """Adds a large network, and a small one where there is none."""
    added = ["resnet50"]
    if not any(arm.is_small for arm in arms):
        added.append("cbr_small")
    changes = models("resnet50")(config, arms)
    return {**changes, "models": _joined(config.models, *added)}


def fewer_images(config, arms):
    """Adds runs with a tenth of the training images."""
    counts = [arm.num_images for arm in arms if arm.num_images]
    few = max(_FEWEST, min(counts, default=5000) // _SHARE)
    return {
        "train_sizes": _joined((str(few),), *config.train_sizes),
        "inits": _joined(config.inits, "random", "pretrained"),
        **_source(config),
    }


def stages(config, arms):
    """Adds weight transfusion up to each stage of the first network."""
    below = arms[0].stages[:-1] if arms else ()
    taken = [f"transfusion:{stage}" for stage in below]
    return inits("random", *taken, "pretrained")(config, arms)


def first_stage(config, arms):
    """Adds Gabor filters, and the lowest stage of a source."""
    lowest = arms[0].stages[:1] if arms else ()
    taken = [f"transfusion:{stage}" for stage in lowest]
    return inits(*taken, "gabor")(config, arms)


def slim(config, arms):
    """Adds the slim form of a network of the study, or of ResNet-50."""
    for arm in arms:
        name = f"{arm.model}_slim"
        if name in names.MODELS and arm.truncate_at is None:
            return _network(config, name)
    return models("resnet50", "resnet50_slim")(config, arms)


def truncated(config, arms):
    """Adds a network of the study that is cut off at half its stages."""
    for arm in arms:
        if arm.truncate_at is None and len(arm.stages) > 1:
            stage = arm.stages[(len(arm.stages) - 1) // 2]
            return _network(config, f"{arm.model}@{stage}")
    return {}


def _network(config, name):
    """Adds a network that takes the sources of those that there are."""
    return {
        "models": _joined(config.models, name),
        "inits": _joined(config.inits, "pretrained"),
        **_source(config),
    }


def _source(config):
    """A source, for a study that has none."""
    if config.weights or config.source_dataset:
        return {}
    return {"source_dataset": _MADE}


def _weights(config):
    """The sources of a study, each for the networks that there are.

    A file or a run has the weights of one network: a network that is added
    must not try it.
    """
    owned = {name for name, source in map(_parts, config.weights) if name}
    networks = dict.fromkeys(spec.parse_model(m)[0] for m in config.models)
    found = []
    for text in config.weights:
        name, source = _parts(text)
        if name or source in names.PUBLISHED_WEIGHTS:
            found.append(text)
        else:
            found += [f"{n}:{text}" for n in networks if n not in owned]
    return tuple(found)


def _parts(text):
    """(network or None, source) of MODEL:SOURCE or SOURCE."""
    name, _, source = text.partition(":")
    return (name, source) if name in names.MODELS and source else (None, text)


def _joined(values, *more):
    """Values, and those of `more` that are not among them."""
    return tuple(dict.fromkeys((*values, *more)))
