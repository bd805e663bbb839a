"""The table of pairs that an audit lists."""

import itertools

import numpy as np
import pandas as pd

from transfusion_tf.audit import pairs as image_pairs

COLUMNS = (
    "kind",  # "exact": identical pixels; "near": near-duplicates.
    "distance",  # Bits in which the perceptual hashes differ.
    "id_a",
    "split_a",
    "label_a",
    "id_b",
    "split_b",
    "label_b",
    "same_label",
    "same_patient",
    "action",  # "dropped": image a; "listed": nothing.
)


def listed(images, found, searched, *, most, drops):
    """Returns the pandas.DataFrame of COLUMNS of the first pairs.

    Exact before near, across splits before inside, small distances first, then
    by id. Image a is in the earlier split (train, val, test), or has the
    smaller id. Where not all pairs of a kind and distance have a place, which
    of them have depends on ids and hashes alone.

    Args:
        images: image_groups.Images.
        found: image_pairs.CellPairs.
        searched: the distance up to which pairs were searched.
        most: number of pairs to list.
        drops: whether image a of a pair across splits is dropped, if the two
            are identical and if they are not.
    """
    kinds = []
    for across in (True, False):
        kinds.append((0, image_pairs.exact(images.groups, across=across)))
    for across in (True, False):
        same = image_pairs.same_hash(
            images.groups, images.cells, images.group_of, across=across
        )
        kinds.append((0, same))
        for bits in range(1, searched + 1):
            cells = found.nearest(bits, across=across)
            pairs = image_pairs.between_cells(
                images.cells, cells, across=across
            )
            kinds.append((bits, pairs))
    parts, left = [], most
    for bits, pairs in kinds:
        part = np.array(list(itertools.islice(pairs, left)), int).reshape(-1, 2)
        parts.append(_in_order(images, part, bits))
        left -= len(part)
    table = pd.concat(parts, ignore_index=True)
    is_exact = table.index < len(parts[0]) + len(parts[1])
    table.insert(0, "kind", np.where(is_exact, "exact", "near"))
    is_across = table["split_a"] != table["split_b"]
    is_dropped = is_across & np.where(is_exact, *drops)
    table["action"] = np.where(is_dropped, "dropped", "listed")
    return table[list(COLUMNS)]


def _in_order(images, pairs, bits):
    """Returns pairs (n, 2) of images as a DataFrame, sorted by their ids."""
    place = images.table["place"].to_numpy()
    swap = (place[pairs[:, 0]] > place[pairs[:, 1]]) | (
        (place[pairs[:, 0]] == place[pairs[:, 1]]) & (pairs[:, 0] > pairs[:, 1])
    )
    pairs = np.where(swap[:, None], pairs[:, ::-1], pairs)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    columns = {"distance": bits}
    for side, rows in zip("ab", pairs.T, strict=True):
        for column in ("id", "split", "label"):
            columns[f"{column}_{side}"] = images.table[column].to_numpy(object)[
                rows
            ]
    table = pd.DataFrame(columns, index=range(len(pairs)))
    table["same_label"] = table["label_a"] == table["label_b"]
    table["same_patient"] = None
    if "patient" in images.table:
        patient = images.table["patient"].to_numpy(object)[pairs]
        table["same_patient"] = patient[:, 0] == patient[:, 1]
    return table.astype({"same_patient": object})
