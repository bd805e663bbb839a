"""What a conversion logs for the user, besides what the data card says."""

import pandas as pd
from absl import logging

from transfusion_tf import paths, tables
from transfusion_tf.conversion import quarantine
from transfusion_tf.data import records


def log_findings(card, bad):
    """Logs one line for each thing that a user should know.

    Args:
        card: the DataCard.
        bad: list of quarantine.Bad.
    """
    quarantine.warn(bad)
    if len(card.images_by_channels) > 1:
        logging.warning(
            "%s images are grey and %s have colours; all are decoded to three "
            "channels.",
            *(f"{card.images_by_channels[n]:,}" for n in ("1", "3")),
        )
    if card.notes:
        found = ", ".join(f"{n} {count:,}" for n, count in card.notes.items())
        logging.warning("Images to look at, see %s: %s.", records.NOTES, found)
    for sentence in card.tells_label.values():
        logging.warning("%s", sentence)
    _log_leaks(card.audit)


def write_notes(folder, notes):
    """Writes the notes.csv of a records directory if there are notes.

    Args:
        folder: the directory.
        notes: pairs (id, note).
    """
    if notes:
        tables.write(
            paths.path(folder) / records.NOTES,
            pd.DataFrame(notes, columns=["id", "note"]),
        )


def _log_leaks(audit):
    for dropped, are in (
        ("dropped", "have the pixels"),
        ("near_dropped", "are near-duplicates"),
    ):
        for split, count in audit[dropped].items():
            logging.warning(
                "%s %s images %s of images in later splits and are left out, "
                "see audit.csv.",
                f"{count:,}",
                split,
                are,
            )
    across = {
        pair: count
        for pair, count in audit["exact_pairs"].items()
        if len(set(pair.split("-"))) > 1
    }
    if across and audit["on_leak"] == "report":
        pairs = ", ".join(f"{pair} {n:,}" for pair, n in across.items())
        logging.warning(
            "Pairs of images with the same pixels in different splits, which "
            "are kept, see audit.csv: %s.",
            pairs,
        )
    conflicts = audit["label_conflicts"]
    if conflicts["groups"]:
        logging.warning(
            "%s images with the same pixels as others have another label "
            "(%s groups), see audit.csv.",
            f"{conflicts['images']:,}",
            f"{conflicts['groups']:,}",
        )
