"""What config.json of a run says, and whether it is the same run."""

import importlib.metadata

from transfusion_tf import __version__, files
from transfusion_tf import config as configs

PACKAGES = ("tensorflow", "keras", "numpy")
# Where these lie may change; what they hold is compared by fingerprint.
_PLACES = ("config.data.dataset", "config.init.weights")
_COMPARED = ("config", "data.fingerprint", "source.sha256")


def build(config, *, data, source, plan):
    """The record of a run, JSON-able.

    Args:
      config: RunConfig with everything resolved.
      data: dict on the records: fingerprint, task, classes, image_size, ...
      source: dict on the source of the weights, or None.
      plan: dict on steps: total_steps, steps_per_epoch, eval_every, ...
    """
    return {
        "config": config.to_json(),
        "packages": {
            "transfusion_tf": __version__,
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "data": data,
        "source": source,
        "plan": plan,
    }


def read(run):
    """The record of a RunDir.

    Raises:
      FileNotFoundError: the directory is not that of a run.
    """
    if not run.config.is_file():
        raise FileNotFoundError(
            f"{run.root} is not a run directory (no config.json); give one "
            "that train.py has made."
        )
    return files.read_json(run.config)


def read_config(run):
    """The RunConfig of a RunDir."""
    return configs.RunConfig.from_json(read(run)["config"])


def differences(old, new):
    """Settings that make two records different runs, as lines of text."""
    old, new = _compared(old), _compared(new)
    return [
        f"{key}: {old.get(key)} there, {new.get(key)} here"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _compared(record):
    # Earlier versions wrote some defaults down, and others not.
    config = configs.RunConfig.from_json(record["config"]).to_json()
    flat = _flatten(files.plain({**record, "config": config}))
    return {
        key: value
        for key, value in flat.items()
        if key not in _PLACES and key.startswith(_COMPARED)
    }


def _flatten(value, prefix=""):
    """{"a": {"b": 1}} as {"a.b": 1}."""
    if not isinstance(value, dict):
        return {prefix[:-1]: value}
    flat = {}
    for key, part in value.items():
        flat.update(_flatten(part, f"{prefix}{key}."))
    return flat
