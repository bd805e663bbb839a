"""Starting TensorFlow without its start-up notes."""

import contextlib
import os
import sys


def start_tensorflow():
    """Imports TensorFlow without what its C++ code then writes to stderr.

    Those notes come before any log level can hold them back. To be called
    before anything else imports TensorFlow; does nothing later on.
    """
    if "tensorflow" in sys.modules:
        return
    # Errors still arrive, as exceptions; set it to 0 to see everything.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0":
        return
    with _silent_stderr():
        import tensorflow  # noqa: F401


@contextlib.contextmanager
def _silent_stderr():
    """Sends file descriptor 2 nowhere, also for C++."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
