"""The methods of a study as a paragraph that is ready to paste."""

from transfusion_tf import files
from transfusion_tf.reporting.html import page
from transfusion_tf.runs import labels
from transfusion_tf.study import spec
from transfusion_tf.study.report import arm_facts, settings

NAME = "methods"
SHA_DIGITS = 12  # Digits of a checksum that are shown.
_TASKS = {
    "multiclass": "classification into {count} classes ({classes})",
    "ordinal": "grading on an ordered scale of {count} grades ({classes})",
    "multilabel": "detection of {count} findings ({classes})",
}
_PARTS = {
    "multiclass": "classes against the rest",
    "ordinal": "thresholds of grade",
    "multilabel": "labels",
}
_SCHEMES = {
    "random": "random weights",
    "pretrained": "all weights of a pretrained network but its head's",
    "mean_var": "random weights, each tensor drawn with the mean and variance "
    "of the pretrained one",
    "transfusion": "pretrained weights up to a stage and random ones above",
    "gabor": "synthetic Gabor filters in the first layer and random weights "
    "above",
}


def section(context):
    """The page.Section of the methods; writes methods.txt."""
    paragraphs = written(context)
    text = "\n\n".join(paragraphs) + "\n"
    files.write_text(context.output_dir / f"{NAME}.txt", text)
    return page.Section(
        anchor=NAME,
        title="Methods, ready to paste",
        blocks=(
            page.Text(
                text=page.joined(
                    "Written from the settings, the data card and the runs. "
                    "What a program cannot know, such as where the patients "
                    "come from and who labelled the images, is for the "
                    "authors to add. The same text is in ",
                    page.link(f"{NAME}.txt", f"{NAME}.txt"),
                    ".",
                )
            ),
            page.Code(text=text, label="Methods of the study"),
        ),
    )


def written(context):
    """The paragraphs, as a list of texts.

    Args:
      context: study.report.context.Context.
    """
    arms = arm_facts.of_context(context)
    return [
        _data(context, arms),
        _networks(context, arms),
        _training(context, arms),
        _statistics(context, arms),
        _software(context, arms),
    ]


def _data(context, arms):
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
        f"{fingerprint[:SHA_DIGITS]}."
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
    text = f"Of {total} images there are {_listed(counts)}."
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
    text = _listed(done)
    return f"{text[0].upper()}{text[1:]}."


def _networks(context, arms):
    networks = [
        f"{arm.network} ({arm.parameters:,} parameters)"
        for arm in {arm.network: arm for arm in arms}.values()
    ]
    schemes = dict.fromkeys(arm.scheme for arm in arms)
    starts = [f"{name}: {_SCHEMES[name]}" for name in schemes]
    text = (
        f"Networks and their initialisation. Networks were {_listed(networks)}."
        f" They started from: {'; '.join(starts)}."
    )
    sources = {arm.source["sha256"]: arm for arm in arms if arm.source}
    if sources:
        listed = [
            f"{labels.source_label(arm.source)} for {arm.network} "
            f"({arm.source['kind']}, file {arm.source['file']}, SHA-256 "
            f"{sha[:SHA_DIGITS]})"
            for sha, arm in sources.items()
        ]
        text += f" Pretrained weights were those of {_listed(listed)}."
    if context.config.source_dataset:
        text += (
            " Networks were pretrained on "
            f"{_listed(context.config.source_dataset)} from random weights, "
            "and the weights that were best on validation were taken."
        )
    scalings = {arm.config.model.input_scaling for arm in arms}
    return f"{text} Inputs were scaled as {_listed(sorted(scalings))}."


def _training(context, arms):
    config, train = context.config, arms[0].config.train
    steps = sorted({arm.plan["total_steps"] for arm in arms if arm.plan})
    shown = f" for {_listed(map(str, steps))} steps" if steps else ""
    schedule = train.schedule
    if train.warmup_steps:
        schedule += f" after {train.warmup_steps} steps of warm-up"
    text = (
        f"Training. Networks were trained with {train.optimizer} (schedule "
        f"{schedule}, {train.batch_size} images a step){shown}. "
        f"{_rates(config)} The weights with the highest AUC on validation were "
        f"tested. Each arm was trained with {config.seeds} seeds"
    )
    if config.num_folds:
        text += f" in each of {config.num_folds} folds"
    sizes = [size for size in config.train_sizes if size != spec.ALL_IMAGES]
    if sizes:
        text += (
            f"; numbers of training images were {_listed(config.train_sizes)}, "
            "nested and stratified subsets"
        )
    augment = arms[0].config.data.augment
    done = _listed(augment) if augment else "none"
    frozen = {arm.config.train.freeze_through for arm in arms} - {None}
    text += f". Augmentation: {done}."
    if frozen:
        text += f" Stages up to {_listed(sorted(frozen))} were frozen"
        if train.unfreeze_at:
            text += f" until step {train.unfreeze_at}"
        text += "."
    return text


def _rates(config):
    rates = [f"{rate:g}" for rate in config.learning_rates]
    if len(rates) == 1:
        return f"The learning rate was {rates[0]} for all arms."
    where = " in each fold" if config.num_folds else ""
    return (
        f"Learning rates of {_listed(rates)} were tried; for each arm{where} "
        "the one with the highest AUC on validation, in the mean over seeds, "
        "was chosen."
    )


def _statistics(context, arms):
    metric = context.comparisons_or_arms["metric"].iloc[0]
    if metric.startswith("mean AUC of"):
        of = _PARTS[arms[0].data["task"]]
        mean, comma, folds = metric.partition(",")
        metric = f"{mean} {of}{comma}{folds}"
    unit = (
        "patients" if context.arms["num_patients"].notna().all() else "images"
    )
    text = (
        f"Statistics. The primary metric is the {metric} on test, exact, as "
        f"the mean over seeds. Its variance over {unit} is that of "
        + (
            "Obuchowski (1997), which lets images of a patient resemble each "
            "other"
            if unit == "patients"
            else "DeLong et al. (1988)"
        )
        + "; intervals of 95% allow for other seeds as well (Obuchowski and "
        "Rockette 1995) and have degrees of freedom after Banerjee (1960)."
    )
    if context.config.num_folds:
        text += (
            " With folds the AUC is the mean over them (LeDell et al. 2015)."
        )
    count = len(context.comparisons)
    if not count:
        return f"{text} No arms were compared."
    margin = context.config.margin
    adjusted = (
        f"p values were adjusted for {count} planned comparisons (Holm 1979)."
        if count > 1
        else "There was one planned comparison."
    )
    return (
        f"{text} Arms were compared in pairs on the same images. {adjusted} "
        f"Two arms are called equivalent where the 90% interval of their "
        f"difference lies within a margin of {margin:g} (two one-sided tests "
        "at 5%, Schuirmann 1987); that a difference is not significant is "
        "taken for no equivalence."
    )


def _software(context, arms):
    parts = [part for arm in arms for part in arm.parts]
    versions = [
        f"{name} {value}" for name, value in settings.versions(parts).items()
    ]
    devices = settings.devices(parts)
    threads = context.config.num_threads
    text = f"Software. {_listed(versions)}; devices: {devices}"
    if threads:
        word = "thread" if threads == 1 else "threads"
        text += f", {threads} {word} a run"
    return f"{text}; deterministic operations."


def _listed(words):
    """a, b and c."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
