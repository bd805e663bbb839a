"""What TensorBoard shows of a run: its settings, and each evaluation."""

import contextlib

import tensorflow as tf

_VAL, _TRAIN = "val", "train"


class Board:
    """Writes event files for TensorBoard.

    Args:
      folder: directory of the event files, made if need be.
    """

    def __init__(self, folder):
        self._folder = folder
        with self._reporting():
            self._writer = tf.summary.create_file_writer(str(folder))

    def settings(self, config):
        """Writes the settings of a run as a table of text.

        Args:
          config: nested dict of plain values, as in config.json.
        """
        lines = [f"| {name} | {value} |" for name, value in _flat(config)]
        table = "\n".join(["| setting | value |", "|---|---|", *lines])
        with self._writing(0):
            tf.summary.text("settings", table)

    def evaluation(self, row):
        """Writes a row of history.csv, what is undefined left out."""
        with self._writing(row["step"]):
            for name, value in row.items():
                if name != "step" and value is not None:
                    tf.summary.scalar(tag(name), value)

    @contextlib.contextmanager
    def _writing(self, step):
        """A context in which summaries are written, of this step."""
        with self._reporting():
            with self._writer.as_default(step=step):
                yield
            self._writer.flush()

    @contextlib.contextmanager
    def _reporting(self):
        """Says what cannot be written, where TensorFlow names no file."""
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(
                f"Cannot write {self._folder}: {error.message}"
            ) from None


def tag(column):
    """What TensorBoard calls a column of history.csv: `val_auc` is val/auc."""
    kind, _, rest = column.partition("_")
    if rest and kind in (_VAL, _TRAIN):
        return f"{kind}/{rest}"
    return f"{_TRAIN}/{column}"


def _flat(config, prefix=""):
    """Yields ("train.steps", 9) for {"train": {"steps": 9}}."""
    for name, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
