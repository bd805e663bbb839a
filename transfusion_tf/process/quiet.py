"""How TensorFlow starts: without its start-up notes, and with oneDNN or not."""

import os
import sys

from transfusion_tf.process import silence


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
    with silence.of_stderr:
        import tensorflow  # noqa: F401


def onednn_setting():
    """Whether TensorFlow computes with oneDNN here: "on", "off" or "default".

    Sums of floats depend on it. Where TensorFlow is imported, what it found
    then counts, and not what the environment says now. "default": it is left
    to TensorFlow, which has not been asked.
    """
    if "tensorflow" in sys.modules:
        try:
            # No public function tells; this one backs TensorFlow's own tests.
            from tensorflow.python.util import _pywrap_util_port as port

            return "on" if port.IsMklEnabled() else "off"
        except (ImportError, AttributeError):
            pass  # Another TensorFlow: the environment is the next best.
    asked = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower()
    words = {"1": "on", "true": "on", "0": "off", "false": "off"}
    return words.get(asked, "default")
