"""Does transfer learning help on your medical images, where, and how much?"""

import os

__version__ = "0.1.0"

# Read when the GPUs start: their memory is taken as it is needed, not all of
# it at once, so that several processes and notebooks can share one.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
