"""Columns that tell the label: a site with nearly all of the cases, say.

A network that recognises the site, by the device's brightness or a marker in
the corner, then scores well without looking at the disease.
"""

from transfusion_tf.data import carried
from transfusion_tf.metrics import association, problems, summary


def associations(task, classes, labels, columns, patients=None):
    """Yields (column, what is asked, Association) for each pair of them.

    Args:
        task: one of names.TASKS.
        classes: names of the classes, grades or labels, in order.
        labels: (num_images,) class indices; for "multilabel" (num_images,
            num_labels) of 1, 0 and -1 (missing).
        columns: {column: (num_images,) text}.
        patients: (num_images,) text, or None.
    """
    for column, values in columns.items():
        number = len(set(values))
        for index, keep, positive in problems.questions(
            task, labels, len(classes)
        ):
            asked = summary.name_of(task, classes, index)
            if number > carried.MOST_VALUES:
                found = association.Association(
                    reason=f"{number:,} values, too many to look at"
                )
            else:
                found = association.associate(
                    positive[keep],
                    values[keep],
                    None if patients is None else patients[keep],
                )
            yield column, asked, found


def of_manifest(manifest):
    """Returns {column: sentence} of a Manifest's columns that tell the label.

    Of several classes it is the one that a column tells best.
    """
    if not manifest.extra_columns:
        return {}
    table = manifest.table
    columns = {
        name: table[name].astype(str).to_numpy(str)
        for name in manifest.extra_columns
    }
    patients = None
    if manifest.has_patients:
        patients = table["patient"].astype(str).to_numpy(str)
    return sentences(
        associations(
            manifest.task,
            manifest.classes,
            manifest.label_codes(),
            columns,
            patients,
        ),
        unit="image" if patients is None else "patient",
    )


def sentences(found, *, unit):
    """Returns {column: sentence} of the columns that tell the label.

    Args:
        found: what `associations` yields.
        unit: "patient" or "image".
    """
    best = {}
    for column, asked, one in found:
        if one.tells_label and (
            column not in best or one.auc > best[column][1].auc
        ):
            best[column] = asked, one
    return {
        column: _sentence(column, asked, one, unit)
        for column, (asked, one) in best.items()
    }


def _sentence(column, asked, found, unit):
    p_value = max(found.p_value, 0.0001)
    sign = "=" if p_value == found.p_value else "<"
    return (
        f"The column {column!r} tells the label {asked!r}: it holds for "
        f"{found.positives:,} of {found.units:,} {unit}s with "
        f"{column}={found.value or '(empty)'}, and for "
        f"{found.other_positives:,} of {found.other_units:,} others. "
        f"{column} alone, without any image, has an AUC of {found.auc:.2f} "
        f"({found.by_chance:.2f} by chance, p {sign} {p_value:.2g}). A network "
        f"that recognises {column} in the picture can score as well without "
        f"seeing the disease: look at the AUCs within each group "
        f"(analyze_predictions.py --subgroups={column}), and test on images of "
        "elsewhere."
    )
