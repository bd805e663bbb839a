"""Ultrasound of the thyroid: DDTI (Pedraza et al. 2015).

In one folder a file `<case>.xml` and images `<case>_<n>.jpg` for each case,
which is a patient. The file has a TIRADS score of the case (2, 3, 4a, 4b, 4c,
5), which may be missing, and a `mark` with the number `<n>` of each image.

As Juodelyte et al. 2023 have it, a score of 4a and above is malignant and the
others are benign. They also call a missing score benign, which is a choice
here (--missing_tirads).
"""

import re
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat as expat

from absl import logging

from data_prep.sources.common import fields, members, published_counts, tables
from data_prep.sources.common import folds as published_folds
from transfusion_tf import files, names
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives

CLASSES = ("benign", "malignant")
PUBLISHED = {"benign": 192, "malignant": 288}  # A missing score as benign.
MISSING = ("benign", "exclude")
_SCORE = re.compile(r"([1-5])(\.0)?|4[abc]")
_MALIGNANT = "4"  # And above.
_SHOWN = 40  # Characters of what is no score.
_CASE = re.compile(r"(?:.*/)?(?P<case>\d+)\.xml")
_IMAGE = re.compile(r"(?:.*/)?(?P<key>(?P<case>\d+)_(?P<number>\d+))\.jpg")
_FOLDS = published_folds.PublishedFolds("thyroid", r"/(?P<key>\d+_\d+)\.jpg$")


def manifest(
    *, input, name="ddti_thyroid", missing_tirads=None, folds=None, fold=None
):
    """Returns the manifest of the directory or archive `input`.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the files
            at any depth.
        name: of the data set.
        missing_tirads: what an image without a score is: "benign", or
            "exclude" (default without `folds`): it is left out with a
            warning.
        folds: directory of published folds, see folds.py; for them a missing
            score is benign.
        fold: number of the fold; goes with `folds`.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: there are no such files, or an XML file is damaged or has a
            score that is not known.
    """
    published_folds.check_given(folds, fold)
    if missing_tirads is not None:
        names.check("--missing_tirads", missing_tirads, MISSING)
    missing = missing_tirads or ("benign" if folds else "exclude")
    if folds and missing != "benign":
        raise ValueError(
            "--folds takes a missing score as benign, which does not go with "
            f"--missing_tirads={missing}."
        )
    store = archives.open_files(input)
    found = members.names_in(store)
    cases = _cases(store, found, input)
    table, bad = _rows(cases, found, input)
    table = _labelled(table, missing, input)
    if missing == "benign":
        counts = table.groupby("label").size().to_dict()
        published_counts.check("ddti_thyroid", counts, PUBLISHED)
    source = members.source("ddti_thyroid", store)
    manifest = manifests.Manifest(
        name, "multiclass", CLASSES, table, store, source=source, bad=bad
    )
    return published_folds.applied(manifest, _FOLDS, input, folds, fold)


def _cases(store, found, place):
    """Returns {case: (score or "", numbers of images)} of all XML files."""
    matches = [m for name in found if (m := _CASE.fullmatch(name))]
    if not matches:
        raise ValueError(
            f"{place} has no files <case>.xml, which have the scores."
        )
    cases, damaged = {}, []
    for match in matches:
        if match["case"] in cases:
            raise ValueError(
                f"{place} has the case {match['case']} twice: {match[0]!r} is "
                "the second. Give the folder of one of them."
            )
        try:
            root = _parsed(tables.data_of(match[0], store))
        # LookupError: it names an encoding that Python does not know.
        except (ElementTree.ParseError, LookupError, ValueError) as error:
            damaged.append(f"{match[0]} ({files.one_line(error)})")
            continue
        cases[match["case"]] = (
            (root.findtext("tirads") or "").strip().lower(),
            {(m.findtext("image") or "").strip() for m in root.iter("mark")},
        )
    if damaged:
        raise ValueError(
            f"{place} has {len(damaged):,} damaged XML files: "
            f"{manifests.examples(damaged)}."
        )
    _check_scores(cases, place)
    return cases


def _check_scores(cases, place):
    wrong = [
        f"{case}.xml: {files.one_line(score, _SHOWN)}"
        for case, (score, _) in cases.items()
        if score and not _SCORE.fullmatch(score)
    ]
    if not wrong:
        return
    raise ValueError(
        f"{place} has {len(wrong):,} cases with a TIRADS score that is not "
        f"known: {manifests.examples(wrong)}. Known: 1, 2, 3, 4, 4a, 4b, 4c, 5."
    )


def _parsed(data):
    """Returns the root of an XML file.

    Raises ParseError if it is damaged, and ValueError if it defines entities
    or refers to other files: a document type is what it takes to do so.
    """

    def refuse(*_):
        raise ValueError("it has a document type, which is not read")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ElementTree.ParseError(str(error)) from None
    return ElementTree.fromstring(data)  # noqa: S314 (no document type)


def _rows(cases, found, place):
    """Returns image, key, patient and score of the images, and the bad ones."""
    import pandas as pd

    rows, bad, seen = [], [], set()
    for match in filter(None, map(_IMAGE.fullmatch, found)):
        if match["key"] in seen:
            raise ValueError(
                f"{place} has an image twice: {match[0]!r} is the second. Give "
                "the folder of one of them."
            )
        seen.add(match["key"])
        if match["case"] in cases:
            score, _ = cases[match["case"]]
            rows.append((match[0], match["key"], match["case"], score))
        else:
            bad.append((match[0], fields.NO_LABEL))
    if not rows:
        raise ValueError(
            f"{place} has no images <case>_<n>.jpg of its {len(cases):,} cases."
        )
    bad += [
        (f"{case}_{number}", archives.ABSENT)
        for case, (_, numbers) in cases.items()
        for number in sorted(numbers)
        if number and f"{case}_{number}" not in seen
    ]
    columns = ["image", "key", "patient", "score"]
    return pd.DataFrame(rows, columns=columns), tuple(bad)


def _labelled(table, missing, place):
    """Returns `table` with the column label instead of score."""
    has_score = table["score"] != ""
    without = (~has_score).sum()
    if without:
        logging.warning(
            "%d of %d images of %s have no TIRADS score, and %s "
            "(--missing_tirads).",
            without,
            len(table),
            place,
            "are left out" if missing == "exclude" else f"count as {missing}",
        )
    is_malignant = table["score"].str[:1] >= _MALIGNANT
    table["label"] = is_malignant.map({True: "malignant", False: "benign"})
    if missing == "exclude":
        table = table[has_score].reset_index(drop=True)
    return table.drop(columns="score")
