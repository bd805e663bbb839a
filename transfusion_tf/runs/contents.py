"""What in a directory a run has made, and what is somebody else's."""

import fnmatch
import re

_LEFTOVER = "left by a process that was killed while it wrote"
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]+-.+")
# All that is ever written into a run's directory, evaluations of it included,
# in the order in which it is deleted: weights without a state are a run that
# cannot be continued, and config.json says until the end whose they are.
_FILES = (
    _LEFTOVER,
    "state/lock",
    "state/before.npz",
    "state/newest.npz",
    "status.json",
    "history.csv",
    "profile/profile.csv",
    "profile/plugins/profile/*/*",
    "init_report.json",
    "metrics.json",
    "checksums.json",
    "predictions/val.csv",
    "predictions/test.csv",
    "tensorboard/events.out.tfevents.*",
    "evaluations/*/predictions.csv",
    "evaluations/*/metrics.json",
    "weights/best.json",
    "weights/step-" + 7 * "[0-9]" + "*.weights.h5",
    "config.json",
)
# What there may be before there is a config.json.
_BEFORE_CONFIG = (
    _LEFTOVER,
    "state/lock",
    "profile/profile.csv",
    "profile/plugins/profile/*/*",
)


def own(root):
    """Returns the files in the directory `root` that a run makes.

    They are ordered so that, when some have been deleted from the first on,
    the rest is not taken for a whole run.
    """
    found = {path: place for path, place in _places(root) if place}
    return sorted(found, key=lambda path: (_FILES.index(found[path]), path))


def foreign(root):
    """Returns what is in the directory `root` and was made by no run."""
    return [path for path, place in _places(root) if place is None]


def is_unbegun(root):
    """Whether `root` has at most what a run makes before its config.json."""
    return all(place in _BEFORE_CONFIG for _, place in _places(root))


def leftovers(root):
    """Returns temporary files of processes that were killed."""
    return [path for path, place in _places(root) if place == _LEFTOVER]


def _places(root):
    """Yields (file, its place in _FILES), and (anything else, None)."""
    if root.is_dir():
        yield from _below(root, [(n.split("/"), n) for n in _FILES[1:]])


def _below(folder, known):
    """As `_places`; `known` are pairs (names from `folder` on, place).

    Only directories that a run has are looked into.
    """
    for path in folder.iterdir():
        fitting = [
            (names[1:], place)
            for names, place in known
            if fnmatch.fnmatchcase(path.name, names[0])
        ]
        if path.is_dir():
            below = [pair for pair in fitting if pair[0]]
            yield from _below(path, below) if below else [(path, None)]
        elif _TEMPORARY.fullmatch(path.name):
            yield path, _LEFTOVER
        else:
            places = [place for names, place in fitting if not names]
            yield path, places[0] if places else None
