"""What only TensorFlow knows, found in a process of its own.

    python -m transfusion_tf.doctor.probe SECONDS

Prints a JSON object a line, as soon as it is found: a process that TensorFlow
ends (a processor that lacks instructions) has told all before that. SECONDS is
how long each network of speed.REFERENCE trains; 0: none does.
"""

import io
import json
import sys

from transfusion_tf.process import quiet


def main(seconds):
    """Prints all that `probing.run` reads."""
    quiet.start_tensorflow()
    import tensorflow as tf

    _tell(tensorflow=tf.__version__)
    import keras

    _tell(keras=keras.__version__, backend=keras.backend.backend())
    _tell(onednn=quiet.onednn_setting())
    _tell(devices=_devices(tf))
    _tell(decoded=_decoded(tf))
    if seconds:
        from transfusion_tf.doctor import speed, steps

        found = []
        for key in speed.REFERENCE:
            found.append(steps.measure(*key, seconds=seconds))
            _tell(speed=found)


def _tell(**found):
    print(json.dumps(found), flush=True)


def _devices(tf):
    """A dict for each device: kind, name, bytes of memory (GPUs; or None)."""
    found = []
    for device in tf.config.list_physical_devices():
        details = {}
        if device.device_type == "GPU":
            details = tf.config.experimental.get_device_details(device)
        name = details.get("device_name", device.name)
        found.append({"kind": device.device_type, "name": name, "memory": None})
    gpus = [device for device in found if device["kind"] == "GPU"]
    if gpus:
        for device, size in zip(gpus, _gpu_memory(), strict=False):
            device["memory"] = size
    return found


def _gpu_memory():
    """Bytes that TensorFlow may take of each GPU; none where it fails."""
    from tensorflow.python.client import device_lib

    try:
        listed = device_lib.list_local_devices()
    except Exception:  # noqa: BLE001 (drivers raise what they like)
        return []
    return [d.memory_limit for d in listed if d.device_type == "GPU"]


def _decoded(tf):
    """{format: "" or what is wrong} of small images, encoded by Pillow."""
    import numpy as np
    from PIL import Image

    pixels = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    found = {}
    for name in ("JPEG", "PNG"):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, name)
        try:
            image = tf.io.decode_image(buffer.getvalue()).numpy()
        except tf.errors.OpError as error:
            found[name] = error.message
            continue
        # JPEG rounds.
        is_right = np.abs(image.astype(int) - pixels).max() <= 4
        found[name] = "" if is_right else "another image comes out"
    return found


if __name__ == "__main__":
    main(float(sys.argv[1]))
