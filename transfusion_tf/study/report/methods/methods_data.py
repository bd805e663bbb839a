"""What the methods of a study say of its data."""

from transfusion_tf.reporting import words

_TASKS = {
    "multiclass": "classification into {count} classes ({classes})",
    "ordinal": "grading on an ordered scale of {count} grades ({classes})",
    "multilabel": "detection of {count} findings ({classes})",
}


def paragraph(context, arms):
    """The paragraph; args as of `section.written`."""
    card, data = context.card, arms[0].data
    classes = data["classes"]
    task = _TASKS[data["task"]].format(
        count=len(classes), classes=", ".join(classes)
    )
    text = f"Data. The task on {context.dataset} is {task}."
    if card is not None:
        text += f" {_images(card)} {splits(context, card)}"
        text += f" {preprocessing(card)}"
    fingerprint = data["fingerprint"]
    return (
        f"{text} Networks saw images of {data['image_size']} x "
        f"{data['image_size']} pixels. Fingerprint of the records (SHA-256): "
        f"{fingerprint[: words.SHA_DIGITS]}."
    )


def _images(card):
    counts = [
        f"{card.num_examples[split]} for {word}"
        for split, word in (
            ("train", "training"),
            ("val", "validation"),
            ("test", "test"),
        )
        if split in card.num_examples
    ]
    total = sum(card.num_examples.values())
    text = f"Of {total} images there are {words.listed(counts)}."
    if card.quarantined:
        text += f" {card.quarantined} unreadable or unlabelled images were "
        text += "left out."
    return text


def splits(context, card):
    """How the splits were made, in words."""
    if context.config.num_folds:
        text = (
            f"All images were cut into {context.config.num_folds} folds, "
            "stratified by label; each was the test set once, and a tenth of "
            "the others was for validation."
        )
    else:
        made = "; ".join(
            f"{split}: {how}" for split, how in card.splits.items()
        )
        text = f"The splits are as follows: {made}."
    patients = context.arms["num_patients"].iloc[0]
    if not card.has_patients:
        return f"{text} Patients are not known: images count as independent."
    if card.patients_in_common:
        return (
            f"{text} {card.patients_in_common} patients are in several splits."
        )
    return (
        f"{text} No patient is in two splits; test images are of "
        f"{patients:g} patients."
    )


def preprocessing(card):
    """What was done to the images before they were stored, in words."""
    made = card.preprocessing
    done = []
    if made.get("fundus", "none") != "none":
        done.append(
            f"fundus photographs were cut to the disc ({made['fundus']})"
        )
    if made.get("image_size"):
        done.append(
            f"images were resized to {made['image_size']} pixels a side "
            f"({made['resize_mode']})"
        )
    audit = card.audit
    dropped = sum((audit.get("dropped") or {}).values())
    if dropped:
        done.append(
            f"{dropped} images with the same pixels as one of a later split "
            "were left out"
        )
    if not done:
        return "Images were not resized before they were stored."
    text = words.listed(done)
    return f"{text[0].upper()}{text[1:]}."
