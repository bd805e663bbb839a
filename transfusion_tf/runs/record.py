"""What config.json of a run says, and whether it is the same run."""

import importlib.metadata

from transfusion_tf import __version__, files
from transfusion_tf.config import run as configs

# Goes up when the same settings give other weights: another order of images,
# other draws or subsets. Absent from config.json: 1.
FORMAT = 2
PACKAGES = ("tensorflow", "keras", "numpy")
# Where these lie may change; what they hold is compared by fingerprint.
_PLACES = ("config.data.dataset", "config.init.weights")
# Nothing that a run gives depends on these.
_FREE = ("config.data.cache",)
_COMPARED = ("config", "data.fingerprint", "source.sha256")
_DATA = {
    "name": str,
    "fingerprint": str,
    "task": str,
    "classes": list,
    "image_size": int,
}
_ADVICE = (
    "Restore it from a copy, or repeat the run with its settings and "
    "--overwrite."
)


def build(config, *, data, source, plan, machine=None):
    """The record of a run, JSON-able.

    Args:
      config: RunConfig with everything resolved.
      data: dict on the records: fingerprint, task, classes, image_size, ...
      source: dict on the source of the weights, or None.
      plan: dict on steps: total_steps, steps_per_epoch, eval_every, ...
      machine: dict on where it is computed: `devices`, `onednn`.

    Returns:
      A dict; `parts` has one dict for each process that has worked on the
      run, here for this one.
    """
    packages = {
        "transfusion_tf": __version__,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }
    return {
        "format": FORMAT,
        "config": config.to_json(),
        "data": data,
        "source": source,
        "plan": plan,
        "parts": [{"packages": packages, **(machine or {})}],
    }


def read(run):
    """The record of a RunDir.

    Raises:
      FileNotFoundError: the directory is not that of a run.
      ValueError: config.json is damaged, or not that of a run.
    """
    if not run.config.is_file():
        raise FileNotFoundError(
            f"{run.root} is not a run directory (no config.json); give one "
            "that train.py has made."
        )
    record = files.read_object(run.config, _ADVICE, config=dict, data=dict)
    sections = dict.fromkeys(configs.PARTS, dict)
    wrong = [
        f"{place}.{key}"
        for place, kinds in (
            ("config", {**sections, "seed": int}),
            ("data", _DATA),
        )
        for key, kind in kinds.items()
        if type(record[place].get(key)) is not kind
    ]
    if not isinstance(record.get("source"), dict | None):
        wrong.append("source")
    parts = record.setdefault("parts", [])
    is_known = isinstance(parts, list) and all(type(p) is dict for p in parts)
    if not is_known or ("format" in record and not parts):
        wrong.append("parts")
    if wrong:
        raise ValueError(
            f"{run.config} is damaged, or not that of a run (wrong: "
            f"{', '.join(wrong)}). {_ADVICE}"
        )
    return record


def is_there(run):
    """Whether a RunDir has a config.json that `read` takes."""
    try:
        read(run)
    except (FileNotFoundError, ValueError):
        return False
    return True


def read_config(run):
    """The RunConfig of a RunDir; raises as `read`."""
    record = read(run)
    try:
        return configs.RunConfig.from_json(record["config"])
    except ValueError as error:
        raise ValueError(f"{run.config}: {error} {_ADVICE}") from None


def checkpoint_step(run, checkpoint):
    """The step that "best", "last" or a number stands for, to compare runs at.

    As `RunDir.checkpoint_step`, but "last" is the step that training ends with,
    and not any earlier one that happens to be the last that is there.

    Raises:
      FileNotFoundError: the run has no such weights, or is no run.
      ValueError: an unknown checkpoint.
    """
    step = run.checkpoint_step(checkpoint)
    end = last_step(run) if checkpoint == "last" else step
    if end not in (None, step):
        steps = ", ".join(map(str, run.weight_steps()))
        raise FileNotFoundError(
            f"{run.root} has no weights of its last step, {end} (saved are "
            f"steps {steps}); let train.py finish the run, leave it out, or "
            "compare the best weights with --checkpoint=best."
        )
    return step


def last_step(run):
    """The step that training of a RunDir ends with; None where not known.

    Of a finished run that may end early, it is the one with which it did.
    """
    record = read(run)
    planned = (record.get("plan") or {}).get("total_steps")
    if not may_end_early(record) or not run.metrics.is_file():
        return planned
    return run.read_metrics().get("last_step", planned)


def may_end_early(record):
    """Whether a run's record says that its validation AUC could end it."""
    return record["config"]["train"].get("early_stopping") is not None


def differences(old, new):
    """Settings that make two records different runs, as lines of text."""
    return _differences(old, new, _COMPARED)


def other_format(old, new):
    """That a run `old` has another format, and the way out; None if not."""
    formats = [record.get("format", 1) for record in (old, new)]
    if formats[0] != formats[1]:
        return (
            f"it has the format {formats[0]!r} and this release continues "
            f"{formats[1]}, which orders and draws otherwise; finish it with "
            "the release that began it"
        )
    return None


def obstacle(old, new):
    """Why a run `old` cannot go on as `new`, and the way out; None if it can.

    They have the same settings: this is what changes the numbers besides.
    """
    is_on = [record["parts"][-1].get("onednn") for record in (old, new)]
    if is_on[0] != is_on[1]:
        return (
            f"it was begun with oneDNN {'on' if is_on[0] else 'off'}, which "
            "rounds differently; set "
            f"TF_ENABLE_ONEDNN_OPTS={int(bool(is_on[0]))} in the environment"
        )
    data = old["config"]["data"]
    if "shift" in data.get("augment", ()) and "shift_range" not in data:
        return (
            "its shift was that of an earlier release, which reflected the "
            "image at its edges; finish it with the release that began it"
        )
    if different := _differences(old, new, ("plan.devices", "plan.workers")):
        return (
            "the number of devices changes its sums "
            f"({'; '.join(different)}); make as many visible to it, of as many "
            "workers"
        )
    if different := _differences(old, new, ("plan",)):
        return (
            f"its steps are planned otherwise ({'; '.join(different)}); finish "
            "it with the release that began it"
        )
    return None


def _differences(old, new, compared):
    old, new = _compared(old, compared), _compared(new, compared)
    return [
        f"{key}: {old.get(key)} there, {new.get(key)} here"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _compared(record, compared):
    # Earlier versions wrote some defaults down, and others not.
    config = configs.RunConfig.from_json(record["config"]).to_json()
    flat = _flatten(files.plain({**record, "config": config}))
    return {
        key: value
        for key, value in flat.items()
        if key not in (*_PLACES, *_FREE) and key.startswith(compared)
    }


def _flatten(value, prefix=""):
    """{"a": {"b": 1}} as {"a.b": 1}."""
    if not isinstance(value, dict):
        return {prefix[:-1]: value}
    flat = {}
    for key, part in value.items():
        flat.update(_flatten(part, f"{prefix}{key}."))
    return flat
