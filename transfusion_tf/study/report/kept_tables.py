"""Tables that take long: made once, and again only when the runs are others."""

import hashlib
import json

from transfusion_tf import __version__, files, tables
from transfusion_tf.runs.directory import RunDir

_FOLDER = ".kept"


def get(context, key, runs, options, make):
    """Returns {stem: DataFrame}, as read from <output_dir>/<stem>.csv.

    They are made if the runs, the data, the options or the release are others
    than when they were, or if a table has been changed or is gone.

    Args:
      context: context.Context.
      key: name of these tables among all that are kept.
      runs: paths of the runs that they rest on.
      options: what else they rest on, JSON-able.
      make: function without arguments that returns {stem: DataFrame}.
    """
    record = context.output_dir / _FOLDER / f"{key}.json"
    identity = {
        "version": __version__,
        "data": context.card.fingerprint if context.card else None,
        "runs": {path.name: _identity(path) for path in runs},
        "options": files.plain(options),
    }
    paths = _kept(context.output_dir, record, identity)
    if paths is None:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.unlink(missing_ok=True)
        paths = tables.write_all(context.output_dir, make())
        sums = {path.name: files.file_sha256(path) for path in paths}
        files.write_json(record, {"identity": identity, "tables": sums})
    return {path.stem: tables.read(path) for path in paths}


def _kept(output_dir, record, identity):
    """Paths of the tables, or None where they are not to be used."""
    try:
        found = files.read_json(record)
        sums = found["tables"]
        if found["identity"] != identity:
            return None
        paths = [output_dir / name for name in sums]
        same = all(files.file_sha256(p) == sums[p.name] for p in paths)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # Made by hand or damaged: made again.
    return paths if same else None


def _identity(path):
    """What changes with the weights and predictions of a run."""
    run = RunDir(path)
    if run.checksums.is_file():
        known = files.read_json(run.checksums)
    else:
        known = {
            str(step): files.file_sha256(run.weights(step))
            for step in run.weight_steps()
        }
    text = json.dumps([known, files.file_sha256(run.config)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
