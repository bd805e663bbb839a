"""Does transfer learning help on your medical images, where, and how much?"""

import os
import sys

__version__ = "0.1.0"

# TensorFlow reads this once, when it is imported. Left alone it computes with
# oneDNN on processors with AVX-512 only, and takes twice as long on others.
# Set too late it would only mislead: `quiet.onednn_setting` says what holds.
if "tensorflow" not in sys.modules:
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Read when the GPUs start: their memory is taken as it is needed, not all of
# it at once, so that several processes and notebooks can share one.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
