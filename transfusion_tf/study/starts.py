"""Where the cells of a study start: networks, inits and sources."""

import itertools
import pathlib

from transfusion_tf import names
from transfusion_tf.config.init import MEAN_VAR, NO_STAGE, TAKING
from transfusion_tf.study import spec


def of_study(config):
    """The starts of the cells of a study, and what is left out.

    Args:
      config: StudyConfig.

    Returns:
      List of (model, init, source or None, source_dataset or None), and list
      of lines on networks without weights.

    Raises:
      ValueError, FileNotFoundError: an init that there is not, or weights.
    """
    for text in config.weights:
        _check_source(_parsed_source(text)[1])
    found, left_out = [], []
    for model, init in itertools.product(config.models, config.inits):
        if not _takes(*parse_init(init)):
            found.append((model, init, None, None))
            continue
        sources = [(source, None) for source in sources_of(config, model)]
        sources += [(dataset, dataset) for dataset in config.source_dataset]
        found += [(model, init, *source) for source in sources]
        if not sources:
            left_out.append(
                f"{model} {init}: no weights; give --weights={model}:SOURCE, "
                "or --source_dataset to train some first"
            )
    return found, left_out


def sources_of(config, model):
    """What --weights offers a model: its own sources, or else those of all.

    Those of a truncated network are those of the whole one.

    Args:
      config: StudyConfig.
      model: one of its `models`.
    """
    network, _ = spec.parse_model(model)
    parsed = [_parsed_source(text) for text in config.weights]
    own = [source for name, source in parsed if name == network]
    common = [source for name, source in parsed if name is None]
    base = network.removesuffix("_slim")
    return own or [
        source
        for source in common
        if base in names.PUBLISHED_WEIGHTS.get(source, (base,))
    ]


def _parsed_source(text):
    """(network or None, source) of an entry of --weights."""
    name, _, source = text.partition(":")
    if name in names.MODELS and source:
        return name, source
    return None, text


def _check_source(source):
    published = names.PUBLISHED_WEIGHTS
    if source not in published and not pathlib.Path(source).exists():
        raise FileNotFoundError(
            f"--weights={source}: there is no such file or directory; give "
            f"MODEL:SOURCE or SOURCE, a file, a run directory, "
            f"{' or '.join(published)}."
        )


def parse_init(text):
    """(scheme, its last stage or None, what is above it or None) of an init.

    Args:
      text: of --inits, as "transfusion:conv2" or "transfusion:conv2:mean_var".

    Raises:
      ValueError: an unknown scheme, or one with or without a stage that does
        not go with it.
    """
    scheme, *further = text.split(":")
    names.check("init", scheme, names.SCHEMES)
    if scheme != "transfusion" and not further:
        return scheme, None, None
    through, *rest = further or [""]
    # Random weights are what is above a stage by itself: one spelling an arm.
    if scheme != "transfusion" or not through or rest not in ([], [MEAN_VAR]):
        raise ValueError(
            "--inits: transfusion, and no other, goes with a stage, as in "
            "transfusion:conv2, and with what is above it if that is mean_var, "
            f"as in transfusion:conv2:mean_var. Received: {text}"
        )
    return scheme, through, (rest or names.RESTS)[0]


def init_text(scheme, through, rest):
    """The inverse of `parse_init`."""
    parts = (scheme, through, rest if rest == MEAN_VAR else None)
    return ":".join(part for part in parts if part)


def _takes(scheme, through, rest):
    """Whether an init takes something from a source."""
    return scheme in TAKING and (through != NO_STAGE or rest == MEAN_VAR)
