"""The images of an audit, grouped by equal pixels and by equal hash.

Images with the same pixels are one group; groups with the same perceptual
hash are one cell.
"""

import numpy as np
import pandas as pd

from transfusion_tf import names

NUM_SPLITS = len(names.SPLITS)


class Members:
    """The images of each group (or cell) and split.

    Attributes:
        counts: int64 (num_groups, NUM_SPLITS).
    """

    def __init__(self, codes, splits):
        """Takes the group and the split of each image, int64 (N,) each."""
        keys = codes * NUM_SPLITS + splits
        num_keys = (int(codes.max(initial=-1)) + 1) * NUM_SPLITS
        counts = np.bincount(keys, minlength=num_keys)
        self.counts = counts.reshape(-1, NUM_SPLITS)
        self._order = np.argsort(keys, kind="stable")
        self._starts = np.append(0, np.cumsum(counts))

    def of(self, code, split):
        """Returns the images (places, ascending) of a group in a split."""
        key = code * NUM_SPLITS + split
        return self._order[self._starts[key] : self._starts[key + 1]].tolist()


class Images:
    """The facts sorted by id, and the groups of identical or like images.

    Attributes:
        table: the facts, and `place`: the split's number.
        group_of: int64 (N,) the group of identical images of each.
        groups, cells: Members, by pixels and perceptual hash.
        cell_of: int64 (N,).
        hashes: uint64 (num_cells,).
    """

    def __init__(self, facts):
        table = facts.sort_values("id", ignore_index=True)
        place = pd.Index(names.SPLITS).get_indexer(table["split"])
        if (place < 0).any():
            raise ValueError(
                f"A split is one of {', '.join(names.SPLITS)}. Received: "
                f"{sorted(set(table['split'][place < 0].astype(str)))}."
            )
        self.table = table.assign(place=place)
        # Sorted, so that the numbers depend on the pixels alone.
        self.group_of, _ = pd.factorize(table["pixels"], sort=True)
        _, first = np.unique(self.group_of, return_index=True)
        # Of each group, so that a group is never in two cells.
        of_group = table["perceptual"].to_numpy(np.uint64)[first]
        self.hashes, cell_of_group = np.unique(of_group, return_inverse=True)
        self.cell_of = cell_of_group[self.group_of]
        self.groups = Members(self.group_of, place)
        self.cells = Members(self.cell_of, place)

    def leaking(self, has_near=None):
        """Returns bool (N,): a later split has an image with these pixels.

        With `has_near` (of image_pairs.CellPairs) one that looks like it is
        enough.
        """
        is_in, code = self.groups.counts > 0, self.group_of
        if has_near is not None:
            is_in, code = (self.cells.counts > 0) | has_near, self.cell_of
        last = is_in.shape[1] - 1 - is_in[:, ::-1].argmax(axis=1)
        return self.table["place"].to_numpy() < last[code]
