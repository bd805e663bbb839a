"""The data of a study: what its records hold, and how they were made."""

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.runs import record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import cells, commands

NAME = "data.csv"
COLUMNS = ("split", "class", "num_images")
ALL = "all"
_FUNDUS = {
    "crop": "cut to the visible field of the retina",
    "graham": "cut to the visible field and evened out as by Graham (2015)",
}


def section(context):
    """The page.Section of the data."""
    card = context.card
    if card is None:
        blocks = (missing(context, "The data card"),)
    else:
        blocks = (
            page.Text(text=_about(card)),
            _counts(context, card),
            page.Bullets(items=tuple(_facts(context, card))),
            *_columns_that_tell(card),
        )
    return page.Section(anchor="data", title="Data", blocks=blocks)


def missing(context, title):
    """A page.Missing of what needs the records of the data set."""
    return page.Missing(
        title=title,
        why=(
            f"{context.records_gone} Once they are in their place again this "
            "command adds it."
        ),
        command=commands.command("report.py", {}, study_dir=context.study.root),
    )


def rows_of(card):
    """Rows of COLUMNS: images of each class in each split, and of all.

    Args:
      card: DataCard.
    """
    return [
        {"split": split, "class": name, "num_images": count}
        for split, counts in card.counts.items()
        for name, count in {**counts, ALL: card.num_examples[split]}.items()
    ]


def _about(card):
    kinds = {
        "multiclass": "one class an image",
        "ordinal": "grades, from the lowest to the highest",
        "multilabel": "labels, of which an image can have several",
    }
    text = f"{card.name}: {kinds[card.task]} ({', '.join(card.classes)})."
    if card.positive:
        text += f" AUCs take {card.positive} as the finding."
    return text


def _counts(context, card):
    rows = rows_of(card)
    tables.write(context.output_dir / NAME, rows, columns=COLUMNS)
    count = {(row["split"], row["class"]): row["num_images"] for row in rows}
    what = (
        "images that have each label"
        if card.task == "multilabel"
        else "images of each class"
    )
    splits = [
        cells.Column(split, lambda row, s=split: f"{count[s, row]:,}", True)
        for split in card.num_examples
    ]
    return cells.table(
        (*card.classes, ALL),
        (cells.Column("class", str), *splits),
        caption=f"Number of {what}, by split.",
        files=(NAME,),
    )


def _facts(context, card):
    """How the images were split, what was done to them, what is left out."""
    yield from _splits(context, card)
    yield from _patients(context, card)
    yield from _left_out(card)
    yield _preprocessing(context, card)
    for note, number in card.notes.items():
        yield f"To look at, {note} (notes.csv of the records): {number:,}."
    yield page.joined(
        "Fingerprint of the records: ", page.code(card.fingerprint), "."
    )


def _splits(context, card):
    made = ", ".join(f"{split} {how}" for split, how in card.splits.items())
    yield f"Splits of the records: {made}."
    if context.config.num_folds:
        yield (
            f"The study does not use them: it cuts all images into "
            f"{context.config.num_folds} folds, and each is the test of a run "
            "in its turn."
        )
    sizes = [s for s in context.config.train_sizes if s != ALL]
    if sizes:
        yield (
            "Training images that the study chooses, anew for each seed: "
            f"{', '.join(context.config.train_sizes)}."
        )


def _patients(context, card):
    if not card.has_patients:
        yield (
            "Who the patients are is not known: images of one patient may lie "
            "in several splits, and intervals take images for independent."
        )
        return
    common = card.patients_in_common_by_pair
    shared = {pair: number for pair, number in common.items() if number}
    if shared:
        listed = ", ".join(f"{pair} {n:,}" for pair, n in shared.items())
        yield f"Patients in several splits, who make AUCs too high: {listed}."
    else:
        yield "No patient is in more than one split."
    patients = context.comparisons_or_arms["num_patients"].iloc[0]
    if patients == patients:  # Not NaN.
        yield f"Patients in test: {int(patients):,}."


def _left_out(card):
    number = card.quarantined
    said = f"{number:,} (quarantine.csv of the records)" if number else "none"
    yield f"Images left out because they cannot be used: {said}."
    for key, what in (
        ("dropped", "has the same image"),
        ("near_dropped", "has nearly the same image"),
    ):
        for split, number in card.audit.get(key, {}).items():
            yield f"Left out of {split} as a later split {what}: {number:,}."


def _preprocessing(context, card):
    done = card.preprocessing
    parts = []
    if done.get("image_size"):
        side = done["image_size"]
        how = done.get("resize_mode")
        parts.append(f"resized to {side} by {side} pixels ({how})")
    if done.get("fundus") in _FUNDUS:
        parts.append(_FUNDUS[done["fundus"]])
    if done.get("window") not in (None, "auto", "none"):
        parts.append(f"grey values of DICOM within {done['window']}")
    side = record.read(RunDir(context.runs[0]))["data"]["image_size"]
    parts.append(f"shown to the networks at {side} by {side} pixels")
    return f"Images: {'; '.join(parts)}."


def _columns_that_tell(card):
    if not card.tells_label:
        return []
    return [
        page.Text(
            text=(
                "Columns that tell the label without any image; a network may "
                "learn to recognise them instead of the finding:"
            )
        ),
        page.Bullets(items=tuple(card.tells_label.values()), kind="warning"),
    ]
