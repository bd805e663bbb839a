"""What the log says on a terminal: `warning: ...`, and no library's notes."""

import logging

# Of TensorFlow: functions are traced anew for each network that an analysis
# compares, which is meant to be so.
_MEANT = "tf.function retracing"


def start_logging():
    """Sends the log to stderr, a line each, as binaries show it."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter())
    handler.addFilter(_is_for_users)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Has a handler of its own, with its name in front.
    logging.getLogger("tensorflow").addFilter(_is_for_users)


class _Formatter(logging.Formatter):
    """`warning: message`, as `error: message` is written."""

    def format(self, record):
        """Returns the line of a record."""
        return f"{record.levelname.lower()}: {super().format(record)}"


def _is_for_users(record):
    return _MEANT not in record.getMessage()
