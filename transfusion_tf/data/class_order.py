"""The order of two classes, which says which of them is the positive one."""

import dataclasses

from transfusion_tf import names
from transfusion_tf.data import card
from transfusion_tf.data import manifest as manifests


def with_positive(manifest, positive):
    """Returns `manifest` with the class `positive` as the last of two.

    Its index is then 1, and it is the one that AUCs take as positive.

    Args:
        manifest: a Manifest.
        positive: name of one of its classes.

    Raises:
        ValueError: its task is another than multiclass, it has not just two
            classes, or none of this name.
    """
    classes = manifest.classes
    if card.positive_class(manifest.task, classes) is None:
        raise ValueError(
            f"--positive_class={positive} is for two classes. Received task "
            f"{manifest.task!r} with {len(classes)}: "
            f"{manifests.examples(classes)}. Leave it out; --classes gives the "
            "order of more classes."
        )
    names.check("class for --positive_class", positive, classes)
    others = tuple(name for name in classes if name != positive)
    return dataclasses.replace(manifest, classes=(*others, positive))
