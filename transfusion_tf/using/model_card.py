"""What the user of an exported network has to know, as JSON."""

import importlib.metadata

from transfusion_tf import __version__, files
from transfusion_tf.data import parsing
from transfusion_tf.metrics import decision
from transfusion_tf.runs import decisions, record

FILE = "model_card.json"


def build(network, preparation, exported):
    """Returns the model card, a dict for JSON.

    It names no path, no image and nobody.

    Args:
        network: a TrainedRun.
        preparation: the Preparation of its images.
        exported: a list of export.Exported.
    """
    task, classes = network.task, network.classes
    size = network.image_size
    return {
        "network": network.config.model.name,
        "step": network.step,
        "task": task,
        "classes": list(classes),
        "decision": {
            "rule": decision.rule(task, len(classes)),
            "thresholds": list(
                decisions.thresholds(network.run, task, classes)
            ),
        },
        "input": {
            "name": "image",
            "shape": [None, size, size, 3],
            "dtype": "float32",
            "channels": "RGB; grey images repeated",
            "range": [0, 255],
            "sixteen_bit_divisor": parsing.SIXTEEN_BIT_STEP,
            "scaling_inside": network.backbone.scaling,
        },
        "output": {
            "name": "scores",
            "activation": "sigmoid" if task == "multilabel" else "softmax",
        },
        "preparation": preparation.to_json(),
        "data": {
            "name": network.data["name"],
            "fingerprint": network.data["fingerprint"],
        },
        "packages": {
            "transfusion_tf": __version__,
            **{
                name: importlib.metadata.version(name)
                for name in record.PACKAGES
            },
        },
        "files": list(map(_file, exported)),
    }


def _file(exported):
    """What is said of an export.Exported; directories have no checksum."""
    path = exported.path
    return {
        "format": exported.format,
        "file": path.name,
        "sha256": files.file_sha256(path) if path.is_file() else None,
        "largest_difference": exported.difference,
        "num_images": exported.num_images,
    }
