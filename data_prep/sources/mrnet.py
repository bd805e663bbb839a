"""Magnetic resonance images of knees: MRNet v1.0 (Bien et al. 2018).

`{train,valid}/{axial,coronal,sagittal}/<exam>.npy`, volumes (slices, 256,
256), and for each of three findings two tables without header,
`{train,valid}-{abnormal,acl,meniscus}.csv`, with rows `<exam>,<0 or 1>`. The
test split was never published.

A label is that of the exam and not of a slice: which slices show the finding
is not known. Exams are not patients either (1,130 of 1,088 in train), but
patients are not published; the exam stands for the patient. The official
splits share none, new ones may.
"""

from data_prep.sources.common import folds as published_folds
from data_prep.sources.common import knee_folds, members, published_counts
from transfusion_tf import names, progress
from transfusion_tf.data import manifest as manifests
from transfusion_tf.stores import archives
from transfusion_tf.stores import volumes as volume_store

FINDINGS = ("abnormal", "acl", "meniscus")
# Juodelyte et al. 2023 distinguish tears; an exam with both counts as acl.
TEARS = ("normal", "acl", "meniscus")
LABEL_SETS = ("findings", "tears")
PUBLISHED = {"train": 1_130, "val": 120}
_PARTS = {"train": "train", "val": "valid"}


def manifest(
    *,
    input,
    name="mrnet",
    label_set=None,
    plane=None,
    slices=None,
    folds=None,
    fold=None,
    first_slice=None,
):
    """Returns the manifest of the directory or archive `input`.

    Reads all volumes of the plane, for the number of their slices.

    Args:
        input: path of a directory, .zip or .tar, read in place, with the
            folders and tables at any depth.
        name: of the data set.
        label_set: "findings" (default): the three of them, multilabel;
            "tears": normal, acl or meniscus, multiclass.
        plane: one of names.PLANES; None: "sagittal", as Juodelyte et al. 2023.
        slices: which slices of a volume: "middle" (default), "all", or a
            number of slices around the middle.
        folds: directory of published folds, see knee_folds.py, which say the
            slices and are about tears.
        fold: number of the fold; goes with `folds`.
        first_slice: 0 (default) or 1, the number of the first slice in the
            folds' names, which their authors do not say.

    Raises:
        FileNotFoundError: there is nothing at `input`, or no such fold.
        ValueError: a table is missing or not as this module describes, or no
            volume can be read.
    """
    published_folds.check_given(folds, fold)
    _check_options(label_set, plane, slices, folds, first_slice)
    label_set = label_set or ("tears" if folds else "findings")
    store = archives.open_files(input)
    volumes = volume_store.VolumeStore(store)
    exams, bad = _exams(store, plane or "sagittal", input)
    exams, damaged = _with_lengths(exams, volumes, input)
    _check_counts(exams)
    source = members.source("mrnet", store)
    if folds:
        fold = published_folds.read(folds, fold, "knee", knee_folds.PATTERN)
        table, absent = knee_folds.assigned(
            exams, fold, first_slice or 0, input
        )
        bad, source = (*bad, *absent), source | fold.source
    else:
        table = _slices(exams, slices or "middle").assign(label=tears)
    bad += damaged
    return _manifest(name, label_set, table, volumes, source=source, bad=bad)


def _manifest(name, label_set, table, volumes, *, source, bad):
    task, classes, columns = {
        "findings": ("multilabel", FINDINGS, FINDINGS),
        "tears": ("multiclass", TEARS, ("label",)),
    }[label_set]
    table = table[["image", "patient", "split", *columns]]
    return manifests.Manifest(
        name, task, classes, table, volumes, source=source, bad=bad
    )


def tears(rows):
    """Returns normal, acl or meniscus for rows of findings; acl goes first."""
    pairs = zip(rows["acl"], rows["meniscus"], strict=True)
    return [
        "acl" if acl else "meniscus" if meniscus else "normal"
        for acl, meniscus in pairs
    ]


def _check_options(label_set, plane, slices, folds, first_slice):
    if label_set is not None:
        names.check("--label_set", label_set, LABEL_SETS)
    if plane is not None:
        names.check("--plane", plane, names.PLANES)
    if slices not in (None, "middle", "all") and not (
        str(slices).isascii() and str(slices).isdigit() and int(slices)
    ):
        raise ValueError(
            "--slices must be middle, all or a number from 1 up. Received: "
            f"{slices}."
        )
    if folds and (slices or plane or label_set == "findings"):
        raise ValueError(
            "--folds gives plane, slices and tears itself, and does not go "
            "with --plane, --slices or --label_set=findings."
        )
    if first_slice is not None:
        names.check("--first_slice", first_slice, (0, 1))
        if not folds:
            raise ValueError("--first_slice goes with --folds.")


def _exams(store, plane, place):
    """Returns a row for each volume that has labels, and the others.

    Returns:
        pandas.DataFrame with the columns key (<exam>), patient, image (the
        volume), split and FINDINGS; pairs (volume, why it cannot be used).
    """
    import pandas as pd

    found = members.names_in(store)
    parts, bad = [], []
    for split, part in _PARTS.items():
        rows = _labels(store, found, part, place)
        middle = f"/{part}/{plane}/"
        volumes = {
            n.rpartition("/")[2].removesuffix(".npy"): n
            for n in found
            if middle in f"/{n}" and n.endswith(".npy")
        }
        rows, unusable = members.located(rows, volumes, place)
        parts.append(rows.assign(split=split))
        bad += unusable
    exams = pd.concat(parts, ignore_index=True)
    members.refuse(
        exams[["key"]], exams["key"].duplicated(), place, "of one exam twice"
    )
    return exams.assign(patient=exams["key"]), tuple(bad)


def _labels(store, found, part, place):
    """Returns key and FINDINGS (0 or 1) of the exams of one part."""
    import pandas as pd

    columns = {}
    for finding in FINDINGS:
        # Each finding's own table: Juodelyte et al. read valid-abnormal.csv
        # for the meniscus of the validation exams.
        table = members.need(found, f"{part}-{finding}.csv", place)
        rows = members.read_table(
            store, table, ("key", "label"), header="key,label\n"
        )
        members.refuse(
            rows, ~rows["label"].isin(("0", "1")), table, "without 0 or 1"
        )
        members.refuse(
            rows,
            rows["key"].duplicated(),
            table,
            "of an exam that stood before",
        )
        columns[finding] = rows.set_index("key")["label"].astype(int)
        other = columns[finding].index.symmetric_difference(
            columns[FINDINGS[0]].index
        )
        if len(other):
            raise ValueError(
                f"{table} and that of {FINDINGS[0]} do not have the same "
                f"exams: {manifests.examples(other)} are in one of them only."
            )
    return pd.DataFrame(columns).rename_axis("key").reset_index()


def _with_lengths(exams, volumes, place):
    """Returns `exams` with the column length, and those that are damaged."""
    lengths, bad = [], []
    with progress.bar("Reading volumes", len(exams), unit="volumes") as bar:
        for image in exams["image"]:
            try:
                lengths.append(len(volumes.volume(image)))
            except archives.ReadError as error:
                lengths.append(0)
                bad.append((image, str(error)))
            bar.update()
    exams = exams.assign(length=lengths)
    usable = exams[exams["length"] > 0].reset_index(drop=True)
    if usable.empty:
        raise ValueError(
            f"None of the {len(exams):,} volumes of {place} can be read. "
            f"{bad[0][0]!r}: {bad[0][1]}."
        )
    return usable, tuple(bad)


def _check_counts(exams):
    found = published_counts.by_split(exams)
    published_counts.check("mrnet (exams)", found, PUBLISHED)


def _slices(exams, slices):
    """Returns a row for each chosen slice, instead of one for each exam."""
    chosen = [_chosen(length, slices) for length in exams["length"]]
    table = exams.assign(number=chosen).explode("number", ignore_index=True)
    table["image"] = table["image"] + "/" + table["number"].astype(str)
    return table


def _chosen(length, slices):
    """Returns the indices of the slices to be taken, as a list."""
    if slices == "all":
        return list(range(length))
    if slices == "middle":
        return [length // 2]
    number = min(int(slices), length)
    start = (length - number) // 2
    return list(range(start, start + number))
