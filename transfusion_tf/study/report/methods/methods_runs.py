"""What the methods of a study say of its runs, and of their comparison."""

from transfusion_tf.config import augmentation
from transfusion_tf.config.init import MEAN_VAR
from transfusion_tf.reporting import words
from transfusion_tf.runs import labels
from transfusion_tf.study import spec
from transfusion_tf.study.report.methods import settings

_PARTS = {
    "multiclass": "classes against the rest",
    "ordinal": "thresholds of grade",
    "multilabel": "labels",
}
_OVER_MEAN_VAR = "transfusion over mean_var"
_SCHEMES = {
    "random": "random weights",
    "pretrained": "all weights of a pretrained network but its head's",
    "mean_var": "random weights, each tensor drawn with the mean and variance "
    "of the pretrained one",
    "shuffled": "random weights, each kernel of the values of the pretrained "
    "one in a random order",
    "transfusion": "pretrained weights up to a stage and random ones above",
    _OVER_MEAN_VAR: "pretrained weights up to a stage, and random ones above, "
    "each tensor drawn with the mean and variance of the pretrained one",
    "gabor": "synthetic Gabor filters in the first layer and random weights "
    "above",
}


def networks(context, arms):
    """The paragraph on networks and starts; args as of `section.written`."""
    built = [
        f"{arm.network} ({arm.parameters:,} parameters)"
        for arm in {arm.network: arm for arm in arms}.values()
    ]
    schemes = dict.fromkeys(map(_scheme, arms))
    starts = [f"{name}: {_SCHEMES[name]}" for name in schemes]
    text = (
        "Networks and their initialisation. Networks were "
        f"{words.listed(built)}. They started from: {'; '.join(starts)}."
    )
    if any(arm.config.init.mean_var_biases for arm in arms):
        text += (
            " Where weights were drawn by the statistics of pretrained ones, "
            "biases were drawn as well."
        )
    sources = {arm.source["sha256"]: arm for arm in arms if arm.source}
    if sources:
        listed = [
            f"{labels.source_label(arm.source)} for {arm.network} "
            f"({arm.source['kind']}, file {arm.source['file']}, SHA-256 "
            f"{sha[: words.SHA_DIGITS]})"
            for sha, arm in sources.items()
        ]
        text += f" Pretrained weights were those of {words.listed(listed)}."
    if context.config.source_dataset:
        text += (
            " Networks were pretrained from random weights on "
            f"{words.listed(context.config.source_dataset)}, and the weights "
            "that were best on validation were taken."
        )
    scalings = {arm.config.model.input_scaling for arm in arms}
    return f"{text} Inputs were scaled as {words.listed(sorted(scalings))}."


def _scheme(arm):
    """The key of _SCHEMES."""
    return _OVER_MEAN_VAR if arm.config.init.rest == MEAN_VAR else arm.scheme


def training(context, arms):
    """The paragraph on training; args as of `section.written`."""
    config, train = context.config, arms[0].config.train
    steps = sorted({arm.plan["total_steps"] for arm in arms if arm.plan})
    shown = f" for {words.listed(map(str, steps))} steps" if steps else ""
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
            "; numbers of training images were "
            f"{words.listed(config.train_sizes)}, nested and stratified subsets"
        )
    done = augmentation.in_words(arms[0].config.data)
    frozen = {arm.config.train.freeze_through for arm in arms} - {None}
    text += f". Augmentation: {words.listed(done) if done else 'none'}."
    if options := _options(train):
        text += f" The training had {words.listed(options)}."
    if frozen:
        text += f" Stages up to {words.listed(sorted(frozen))} were frozen"
        if train.unfreeze_at:
            text += f" until step {train.unfreeze_at}"
        text += "."
    return text


def _options(train):
    """What a TrainConfig has that most trainings go without, in words."""
    named = {
        "a weight decay of {}": train.weight_decay,
        "gradients of a norm of at most {}": train.clip_norm,
        "a moving average of the weights with the momentum {}, which was "
        "tested": train.ema_momentum,
        "the class weights {}": ", ".join(train.class_weights),
        "the weights {} of positive labels": ", ".join(train.positive_weights),
    }
    found = [text.format(value) for text, value in named.items() if value]
    if train.head_bias == "prior":
        found.append("the shares of the training images as the first answer")
    return found


def _rates(config):
    rates = [f"{rate:g}" for rate in config.learning_rates]
    if len(rates) == 1:
        return f"The learning rate was {rates[0]} for all arms."
    where = " in each fold" if config.num_folds else ""
    return (
        f"Learning rates of {words.listed(rates)} were tried; for each "
        f"arm{where} the one with the highest AUC on validation, in the mean "
        "over seeds, was chosen."
    )


def metric(context, arms):
    """Name of the AUC that arms are judged by."""
    name = context.comparisons_or_arms["metric"].iloc[0]
    if not name.startswith("mean AUC of"):
        return name
    mean, comma, folds = name.partition(",")
    return f"{mean} {_PARTS[arms[0].data['task']]}{comma}{folds}"


def statistics(context, arms):
    """The paragraph on statistics; args as of `section.written`."""
    unit = (
        "patients" if context.arms["num_patients"].notna().all() else "images"
    )
    text = (
        f"Statistics. The primary metric is the {metric(context, arms)} on "
        f"test, exact, as the mean over seeds. Its variance over {unit} is "
        "that of "
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


def software(context, arms):
    """The paragraph on software; args as of `section.written`."""
    parts = [part for arm in arms for part in arm.parts]
    versions = [
        f"{name} {value}" for name, value in settings.versions(parts).items()
    ]
    devices = settings.devices(parts)
    threads = context.config.num_threads
    text = f"Software. {words.listed(versions)}; devices: {devices}"
    if threads:
        word = "thread" if threads == 1 else "threads"
        text += f", {threads} {word} a run"
    return f"{text}; deterministic operations."
