"""What runs, and what they started from, are called in tables."""

from transfusion_tf.config.init import MEAN_VAR
from transfusion_tf.config.run import RunConfig


def init_label(record):
    """How a run started, in a few words: "pretrained imagenet".

    Runs of one label are one group, so seeds and paths of sources are left out.
    """
    init, source = record["config"]["init"], record["source"]
    label = init["scheme"]
    if source:
        label += f" {source_label(source)}"
    if init["through"]:
        label += f" through {init['through']}"
    # Of a run of an earlier version, neither is there.
    if init.get("rest") == MEAN_VAR:
        label += f", {MEAN_VAR} above"
    if init.get("mean_var_biases"):
        label += ", biases too"
    train = record["config"]["train"]
    if train["freeze_through"]:
        label += f", frozen through {train['freeze_through']}"
    if train["unfreeze_at"]:
        label += f" until step {train['unfreeze_at']}"
    return label


def is_random(label):
    """Whether an `init_label` is of a start from random weights."""
    return label.partition(",")[0] == "random"


def source_label(source):
    """What a source of weights is called, of its identity in config.json."""
    # A run is known by what it was trained on, a file by its name.
    of_kind = {"run": "dataset", "file": "file"}.get(source["kind"], "kind")
    return source[of_kind]


def dataset_names(data):
    """{fingerprint: name}; one name of two data sets gets the fingerprint."""
    known = {of["fingerprint"]: of["name"] for of in data}
    taken = list(known.values())
    return {
        fingerprint: name
        if taken.count(name) == 1
        else f"{name} {fingerprint[:6]}"
        for fingerprint, name in known.items()
    }


def setting(record, datasets):
    """What a run and its baseline share, in words."""
    # Runs of earlier versions have null for some defaults.
    config, data = RunConfig.from_json(record["config"]), record["data"]
    parts = [datasets[data["fingerprint"]]]
    if config.data.train_size:
        parts.append(
            f"{config.data.train_size} training images of subset seed "
            f"{config.data.subset_seed}"
        )
    if config.data.num_folds:
        parts.append(f"fold {config.data.fold} of {config.data.num_folds}")
    model = config.model
    parts.append(model.label)
    if model.slim_from or model.slim_width:
        parts.append(f"slim {model.slim_from} {model.slim_width}")
    parts.append(f"{data['image_size']} px")
    return ", ".join(parts)
