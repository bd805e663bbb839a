"""What a study can say to items of reporting checklists.

ANSWERS maps what published.checklists calls it to (function of a Context and
its ArmFacts, section of the page that says more); the function returns "" where
this study says nothing.
"""

from transfusion_tf.reporting import words
from transfusion_tf.study.report.methods import methods_data, methods_runs
from transfusion_tf.study.report.methods import section as methods

_VERDICTS, _METHODS = "Verdicts", "Methods, ready to paste"
_DATA, _SETTINGS = "Data", "Settings and versions"


def _fixed(text):
    return lambda context, arms: text


def _paragraph(place):
    """A paragraph of the methods, without its heading."""

    def answer(context, arms):
        _, _, text = methods.written(context, arms)[place].partition(". ")
        return text

    return answer


def _with_card(answer):
    """An answer of the data card; "" where the records are gone."""
    return lambda context, arms: answer(context.card) if context.card else ""


def _source(card):
    kind = card.source.get("kind", "not known")
    sha = str(card.source.get("sha256", ""))[: words.SHA_DIGITS]
    checksum = f", SHA-256 {sha}" if sha else ""
    return (
        f"Records {card.name}, made of a source of the kind {kind}{checksum}. "
        "Authors: what these images are."
    )


def _disjoint(card):
    if not card.has_patients:
        return "Images: patients are not known."
    return (
        "Patients. Patients that are in several splits: "
        f"{card.patients_in_common}."
    )


def _missing(card):
    text = f"Images that were left out: {card.quarantined} (quarantine.csv)."
    if card.task == "multilabel":
        text += " Missing labels add nothing to the loss and to AUCs."
    return text


def _flow(context, arms):
    del arms
    if context.card is None:
        return ""
    card = context.card
    return "; ".join(
        f"{split}: {card.num_examples[split]} images ("
        + ", ".join(f"{name} {n}" for name, n in counts.items())
        + ")"
        for split, counts in card.counts.items()
    ) + (f"; left out: {card.quarantined}" if card.quarantined else "")


def _characteristics(context, arms):
    counts = _flow(context, arms)
    return f"{counts}. Authors: age, sex and the like." if counts else ""


def _sample_size(context, arms):
    del arms
    open_ones = [
        row
        for row in context.verdict["comparisons"]
        if any(value for ends in row["would_settle"].values() for value in ends)
    ]
    text = f"Test images: {context.arms['num_images'].iloc[0]}."
    if open_ones:
        text += (
            f" Comparisons that more seeds or patients would settle: "
            f"{len(open_ones)} of {len(context.comparisons)}."
        )
    return f"{text} Authors: how the number came about."


def _performance(context, arms):
    del arms
    return "; ".join(
        f"{row['arm']}: {row['metric']} {row['value']:.3f} "
        f"[{row['low']:.3f}, {row['high']:.3f}]"
        for row in context.arms[context.arms["value"].notna()].to_dict(
            "records"
        )
    )


def _initialisation(context, arms):
    del context
    return "; ".join(dict.fromkeys(arm.name for arm in arms))


def _limitations(context, arms):
    del arms
    lines = [*context.verdict["warnings"], *context.verdict["left_out"]]
    return " ".join(lines)


def _subsets(context, arms):
    sizes = dict.fromkeys(arm.num_images for arm in arms if arm.num_images)
    del context
    return f"Training images: {', '.join(map(str, sizes))}." if sizes else ""


def _outcome(context, arms):
    data = arms[0].data
    del context
    return (
        f"Labels: {', '.join(data['classes'])} ({data['task']}). Authors: how "
        "and when they were assessed."
    )


def _identities(card):
    kind = "as digests of images" if card.has_patients else "not"
    return (
        "Records hold no names, dates or identifiers of the raw data; patients "
        f"are in them {kind}. Authors: what was done to the images before."
    )


ANSWERS = {
    "methods_kind": (
        _fixed("Convolutional neural networks with transfer learning."),
        _METHODS,
    ),
    "aims": (
        lambda context, arms: (
            "To tell whether the following differ by more than noise, within "
            f"a margin of {context.config.margin:g}: "
            f"{'; '.join(arm.name for arm in arms)}."
        ),
        _VERDICTS,
    ),
    "goal": (
        _fixed(
            "Comparison of ways to initialise networks, by equivalence and "
            "superiority."
        ),
        _VERDICTS,
    ),
    "data_source": (_with_card(_source), _DATA),
    "preprocessing": (
        _with_card(methods_data.preprocessing),
        _METHODS,
    ),
    "subsets": (_subsets, _METHODS),
    "identities": (_with_card(_identities), _DATA),
    "missing": (_with_card(_missing), _DATA),
    "splits": (
        lambda context, arms: (
            methods_data.splits(context, context.card) if context.card else ""
        ),
        _DATA,
    ),
    "disjoint": (_with_card(_disjoint), _DATA),
    "sample_size": (_sample_size, _VERDICTS),
    "networks": (_paragraph(1), _METHODS),
    "initialisation": (_initialisation, _METHODS),
    "software": (_paragraph(4), _SETTINGS),
    "training": (_paragraph(2), _METHODS),
    "selection": (
        _fixed("Of each run the weights with the highest AUC on validation."),
        _METHODS,
    ),
    "ensembles": (_fixed("None: seeds are averaged in AUC only."), _METHODS),
    "metrics": (
        lambda context, arms: (
            f"Primary: {methods_runs.metric(context, arms)} on test. Beside it "
            "average precision, Brier score, calibration, and sensitivity at "
            "given specificities."
        ),
        "Calibration and operating points",
    ),
    "statistics": (_paragraph(3), _METHODS),
    "robustness": (
        lambda context, arms: (
            f"Seeds: {context.config.seeds}. Learning rates: "
            f"{', '.join(f'{x:g}' for x in context.config.learning_rates)}."
        ),
        _METHODS,
    ),
    "representations": (
        _fixed("Similarity of stages before and after training, and filters."),
        "Where features stay and change",
    ),
    "internal": (
        lambda context, arms: (
            f"Test split of {context.dataset}, of the same source as the "
            "training images."
        ),
        _VERDICTS,
    ),
    "flow": (_flow, _DATA),
    "characteristics": (_characteristics, _DATA),
    "performance": (_performance, _VERDICTS),
    "diagnostic": (_performance, _VERDICTS),
    "failures": (
        _fixed("Images on which networks err alike."),
        "Where networks err alike",
    ),
    "limitations": (_limitations, "Warnings"),
    "repeat": (
        _fixed("The command, settings and versions that make the study again."),
        _SETTINGS,
    ),
    "outcome": (_outcome, _DATA),
    "images_only": (_fixed("Images alone."), _METHODS),
    "predictions": (
        _fixed(
            "Softmax, or a sigmoid for each label, of the network's output."
        ),
        _METHODS,
    ),
    "updating": (_fixed("None."), _METHODS),
    "imbalance": (_fixed("No weighting and no resampling."), _METHODS),
    "output": (
        _fixed("Probabilities; AUCs need no threshold."),
        _METHODS,
    ),
    "model_files": (
        _fixed("Weights and settings of all runs, in runs/."),
        _SETTINGS,
    ),
}
