"""Runs one binary many times in one process, which is started once.

    python tests/many_runs.py run_scripts.train REQUESTS REPLIES

REQUESTS is a JSON file of lists of flags; REPLIES gets for each a list of exit
status and what was written to stderr. TensorFlow starts once for all of them,
and so do the imports.
"""

import contextlib
import importlib
import io
import json
import pathlib
import sys

from absl.testing import flagsaver

from transfusion_tf import cli


def main(module, requests, replies):
    """Runs the `main` of `module` for each list of flags in `requests`."""
    binary = importlib.import_module(module)
    sys.modules["__main__"] = binary  # Whose flags are those of the program.
    found = []
    for arguments in json.loads(pathlib.Path(requests).read_text()):
        errors = io.StringIO()
        with flagsaver.flagsaver(), contextlib.redirect_stderr(errors):
            code = cli._guarded(binary.main, [module, *arguments])
        found.append((code, errors.getvalue()))
    pathlib.Path(replies).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
