"""One raw image: decoded, checked, resized and encoded, without TensorFlow."""
