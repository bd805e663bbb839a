"""The folds of knees that Juodelyte et al. 2023 published, for MRNet.

Their paths are `images/{acl,meniscus}/<exam>_sagittal_<slice>.000000.png`: the
folder says which table gave the label, normal or the tear that the folder is
called. For the validation exams (1130 and above) in the folder meniscus they
read valid-abnormal.csv; here all labels are those of the right table, and how
many differ from the published is logged. How the slices were chosen, and
whether the first is 0 or 1, was not published.
"""

import dataclasses

from absl import logging

from data_prep.sources.common import folds as published_folds

ORDER = ("acl", "meniscus", "normal")
PATTERN = (
    r"/(?P<folder>acl|meniscus)/"
    r"(?P<key>(?P<exam>\d+)_sagittal_(?P<number>\d+))\.0*\.?png$"
)


def assigned(exams, published, first_slice, place):
    """Returns the table of the slices of a fold, and the absent ones.

    A slice that is in both folders is one image: with the tear that one of
    them says, and acl if both do.

    Args:
        exams: pandas.DataFrame with key (<exam>), image, length, patient, acl
            and meniscus.
        published: folds.Fold, read with PATTERN.
        first_slice: number of the first slice in the folds.
        place: of the images, for messages.

    Returns:
        As folds.assigned.
    """
    rows = published.table
    by_exam = exams.set_index("key")
    rows = rows[rows["exam"].isin(by_exam.index)]
    own = [
        folder if by_exam.at[exam, folder] else "normal"
        for folder, exam in zip(rows["folder"], rows["exam"], strict=True)
    ]
    is_other = rows["label"] != own
    if is_other.any():
        logging.warning(
            "%d rows of the fold, of %d exams, have another class than the "
            "tables of MRNet, which are taken.",
            is_other.sum(),
            rows.loc[is_other, "exam"].nunique(),
        )
    labels = published.table["label"].copy()
    labels.loc[rows.index] = own
    fold = published_folds.merged(
        dataclasses.replace(
            published, table=published.table.assign(label=labels)
        ),
        ORDER,
    )
    slices = _slices_of(fold.table, by_exam, first_slice)
    return published_folds.assigned(slices, fold, place)


def _slices_of(rows, by_exam, first_slice):
    """Returns image, key, label and patient of the rows that are there."""
    rows = rows[rows["exam"].isin(by_exam.index)]
    exams = by_exam.loc[rows["exam"]].reset_index(drop=True)
    rows = rows.reset_index(drop=True)
    number = rows["number"].astype(int) - first_slice
    table = rows[["key", "label"]].assign(
        image=exams["image"] + "/" + number.astype(str),
        patient=exams["patient"],
    )
    return table[(number >= 0) & (number < exams["length"])]
