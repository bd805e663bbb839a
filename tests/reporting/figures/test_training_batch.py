"""The picture of a training batch shows its pixels, labels and ids."""

import numpy as np
import pytest

from transfusion_tf.reporting.figures import training_batch

RNG = np.random.default_rng(0)


def batch(count, labels):
    return {
        "image": RNG.uniform(0, 255, (count, 6, 6, 3)).astype(np.float32),
        "label": np.array(labels),
        "id": np.array([f"{place:016x}" for place in range(count)]),
        "patient": np.array(["secret"] * count),
    }


def texts(axes):
    return [axes.get_title(), *(text.get_text() for text in axes.texts)]


def test_pixels_labels_and_ids_stand_together():
    made = batch(3, [1, 0, 1])
    figure = training_batch.draw(
        made, classes=("healthy", "sick"), about="eyes: shift"
    )
    drawn = [axes for axes in figure.axes if axes.get_images()]
    assert len(drawn) == 3
    for axes, pixels, name, label in zip(
        drawn,
        made["image"],
        made["id"],
        ("sick", "healthy", "sick"),
        strict=True,
    ):
        shown = axes.get_images()[0].get_array()
        assert np.abs(shown - pixels).max() <= 0.5
        assert texts(axes) == [label, name]
    title = figure.get_suptitle()
    assert title == "eyes: shift\n3 images as the network sees them"
    everything = " ".join(text for axes in figure.axes for text in texts(axes))
    assert "secret" not in everything + title


def test_large_batches_are_cut_and_long_names_shortened():
    long = "a_name_without_any_place_to_break"
    figure = training_batch.draw(
        batch(40, [0] * 40), classes=(long, "b"), about=""
    )
    drawn = [axes for axes in figure.axes if axes.get_images()]
    assert len(drawn) == training_batch.MOST
    assert "32 of 40 images" in figure.get_suptitle()
    assert 0 < len(drawn[0].get_title()) <= 20


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (np.int64(2), "c"),
        (np.array([1, 0, 1]), "a, c"),
        (np.array([0, 1, -1]), "b, c?"),
        (np.array([0, 0, 0]), "none"),
    ],
)
def test_labels_in_words(label, text):
    assert training_batch.label_text(label, ("a", "b", "c")) == text
