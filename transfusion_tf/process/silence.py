"""Keeping what libraries in C write to stderr from the terminal."""

import os
import sys
import threading


class _Silence:
    """Sends file descriptor 2 nowhere while any thread asks for it."""

    def __init__(self):
        self._lock, self._count, self._kept = threading.Lock(), 0, None

    def __enter__(self):
        with self._lock:
            if not self._count:
                sys.stderr.flush()
                self._kept = os.dup(2)
                with open(os.devnull, "w") as nowhere:
                    os.dup2(nowhere.fileno(), 2)
            self._count += 1

    def __exit__(self, *_):
        with self._lock:
            self._count -= 1
            if not self._count:
                os.dup2(self._kept, 2)
                os.close(self._kept)


# A context in which nothing reaches stderr, not even from C; of threads that
# are in it, the last to leave ends it for all.
of_stderr = _Silence()
