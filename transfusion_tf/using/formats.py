"""The files that a network is exported to, each with a way to read it back.

A format is written by what its users have, and scored as they score it; nothing
of this package is in any of them.
"""

import dataclasses
import tempfile
import typing
import warnings

import keras
import numpy as np
import tensorflow as tf

from transfusion_tf.process import silence

_DEFAULT, _UINT8 = "serving_default", "serving_uint8"
_INPUT, _OUTPUT = "image", "scores"


@dataclasses.dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        file: name of its file or directory.
        write: function (keras.Model of built-in layers, path).
        score: function (path, images (N, size, size, 3) float32) ->
            probabilities (N, num_outputs), by the file alone.
    """

    file: str
    write: typing.Callable
    score: typing.Callable


def _write_saved_model(model, path):
    """With the signatures serving_default (float32) and serving_uint8."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    shape = model.input.shape
    for name, kind in ((_DEFAULT, tf.float32), (_UINT8, tf.uint8)):
        archive.add_endpoint(
            name=name,
            fn=_endpoint(model),
            input_signature=[tf.TensorSpec(shape, kind, name=_INPUT)],
        )
    with silence.of_stderr:
        archive.write_out(str(path), verbose=False)


def _endpoint(model):
    def score(image):
        """Probabilities of images (N, size, size, 3), RGB in [0, 255]."""
        image = tf.cast(image, tf.float32)
        return {_OUTPUT: model(image, training=False)}

    return score


def _score_saved_model(path, images):
    loaded = tf.saved_model.load(str(path))
    score = loaded.signatures[_DEFAULT]
    return score(**{_INPUT: tf.constant(images)})[_OUTPUT].numpy()


def _write_keras(model, path):
    model.save(path)


def _score_keras(path, images):
    model = keras.models.load_model(path)
    return model.predict_on_batch(images)


def _write_tflite(model, path):
    """From a SavedModel, in float32."""
    with tempfile.TemporaryDirectory(dir=path.parent) as saved:
        _write_saved_model(model, saved)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            saved, signature_keys=[_DEFAULT]
        )
        with silence.of_stderr:  # What its C++ code notes of every step.
            path.write_bytes(converter.convert())


def _score_tflite(path, images):
    """One image after the other, as devices score them."""
    with warnings.catch_warnings(), silence.of_stderr:
        warnings.simplefilter("ignore")  # Where its successor is.
        interpreter = _interpreter()(model_content=path.read_bytes())
        score = interpreter.get_signature_runner(_DEFAULT)
        parts = [score(**{_INPUT: image[None]})[_OUTPUT] for image in images]
    return np.concatenate(parts)


def _interpreter():
    """The class of the TFLite interpreter, or None where there is none."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return getattr(getattr(tf, "lite", None), "Interpreter", None)
    return Interpreter


FORMATS = {
    "saved_model": Format(
        "saved_model", _write_saved_model, _score_saved_model
    ),
    "keras": Format("model.keras", _write_keras, _score_keras),
    "tflite": Format("model.tflite", _write_tflite, _score_tflite),
}


def check(names):
    """Raises ValueError for formats that there are not, or not here."""
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise ValueError(
            f"Unknown format {', '.join(map(repr, unknown)) or 'none'}; known: "
            f"{', '.join(FORMATS)}."
        )
    if "tflite" in names and (
        _interpreter() is None or not hasattr(tf, "lite")
    ):
        raise ValueError(
            "--format=tflite: this TensorFlow cannot read TFLite files, so "
            "that the export could not be proved; install ai-edge-litert, or "
            "leave tflite out."
        )
