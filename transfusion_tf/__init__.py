"""Does transfer learning help on your medical images, where, and how much?"""

__version__ = "0.1.0"
