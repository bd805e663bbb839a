"""Writes states while the training goes on."""

import concurrent.futures

from transfusion_tf.runs import state


class StateWriter:
    """Writes states of a run in a thread of its own, one after the other.

    What is written is copied first, so that a state is of one step, whatever
    the training does meanwhile. To be used in a `with` statement, which ends
    when the last state is on the disk.

    Args:
      paths: of the newest state and the one before, see RunDir.states.
    """

    def __init__(self, paths):
        self._paths = paths
        self._pool = concurrent.futures.ThreadPoolExecutor(
            1, thread_name_prefix="state"
        )
        self._last = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        # In any case: when it ends, the directory is another process's.
        self._pool.shutdown()
        if kind is None:
            self.wait()

    def save(self, progress, variables):
        """Begins to write a state, once the one before is written.

        Args:
          progress: Progress.
          variables: Keras variables, see `state.copied`.

        Raises:
          OSError: the one before could not be written.
        """
        # Two copies at a time would be one too many where networks are large.
        self.wait()
        arrays = state.copied(progress, variables)
        self._last = self._pool.submit(state.write, self._paths, arrays)

    def wait(self):
        """Waits until the last state is written; OSError if it could not be."""
        last, self._last = self._last, None
        if last is not None:
            last.result()
