"""Moments from arrays and from a stream, against float64 NumPy."""

import keras
import numpy as np
import pytest

from transfusion_tf.analysis import moments, pairing, passes, similarity
from transfusion_tf.models import stages

SIZE = 6


def network(seed, *, offset=0.0, kernel=None, size=SIZE, strides=1):
    """A Backbone of two linear stages: 3x3 convolution, then 1x1."""
    rng = np.random.default_rng(seed)
    image = keras.Input((size, size, 3))
    shapes = [(3, 3, 3, 4), (1, 1, 4, 3)]
    x, parts = image, []
    for index, shape in enumerate(shapes):
        layer = keras.layers.Conv2D(
            shape[-1], shape[0], padding="same", strides=(strides, 1)[index]
        )
        x = layer(x)
        layer.set_weights([rng.normal(size=shape), np.full(shape[-1], offset)])
        parts.append(stages.Stage(f"conv{index + 1}", (layer,), x))
    if kernel is not None:
        parts[0].layers[0].kernel.assign(kernel)
    return stages.Backbone("linear", keras.Model(image, x), tuple(parts), ())


def pixels(num_images=11, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_images, SIZE, SIZE, 3)).astype(np.float32)


def batches(images, size, **columns):
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        yield {"image": images[rows]} | {k: v[rows] for k, v in columns.items()}


def activations(backbone, images):
    """[(num_images, h, w, channels) float64 for each stage]."""
    found = backbone.feature_extractor()(images)
    return [np.asarray(maps, np.float64) for maps in found]


def rows(maps):
    return maps.reshape(-1, maps.shape[-1])


def assert_close(found, expected, tolerance=1e-5):
    """Compares Moments; errors are relative to standard deviations."""
    sd_x = np.sqrt(np.diag(expected.cov_xx))
    sd_y = np.sqrt(np.diag(expected.cov_yy))
    for name, scale in [
        ("mean_x", sd_x),
        ("mean_y", sd_y),
        ("cov_xx", np.outer(sd_x, sd_x)),
        ("cov_yy", np.outer(sd_y, sd_y)),
        ("cov_xy", np.outer(sd_x, sd_y)),
    ]:
        error = (getattr(found, name) - getattr(expected, name)) / scale
        assert np.abs(error).max() <= tolerance, name
    assert found.num_datapoints == expected.num_datapoints


def test_from_arrays_by_hand():
    m = moments.from_arrays([[0, 1], [2, 1], [4, 4]], [[1], [0], [5]])
    np.testing.assert_allclose(m.mean_x, [2, 2])
    np.testing.assert_allclose(m.mean_y, [2])
    np.testing.assert_allclose(m.cov_xx, [[8 / 3, 2], [2, 2]])
    np.testing.assert_allclose(m.cov_yy, [[14 / 3]])
    np.testing.assert_allclose(m.cov_xy, [[8 / 3], [3]])
    assert (m.num_datapoints, m.num_images) == (3, 3)


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.ones(3), np.ones((3, 1)), r"num_neurons\). Received: shape \(3,\)"),
        (np.ones((3, 2)), np.ones((4, 2)), r"\(3, 2\), \(4, 2\) and"),
        (np.ones((0, 2)), np.ones((0, 2)), r"\(0, 2\)"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), "`y` must be finite"),
    ],
)
def test_from_arrays_refuses(x, y, message):
    with pytest.raises(ValueError, match=message):
        moments.from_arrays(x, y)


@pytest.mark.parametrize("batch_size", [5, 11, 2])
@pytest.mark.parametrize("offset", [0.0, 10.0, 1000.0])
def test_stream_is_what_stored_activations_give(batch_size, offset):
    a, b = network(1, offset=offset), network(2, offset=offset)
    images = pixels()
    found = moments.stream(
        {"a": a, "b": b}, batches(images, 4), batch_size=batch_size
    )
    assert list(found) == [("a", "b")]
    assert list(found["a", "b"]) == ["conv1", "conv2"]
    for stage, x, y in zip(
        found["a", "b"].values(),
        activations(a, images),
        activations(b, images),
        strict=True,
    ):
        expected = moments.from_arrays(rows(x), rows(y))
        assert_close(stage.measured, expected)
        assert stage.measured.num_images == 11
        assert np.abs(expected.cov_xy).max() > 1e-2


def test_floors_are_what_moved_activations_give():
    a, b = network(1), network(2)
    images = pixels()
    partners = pairing.pair_images(11, rng=np.random.default_rng((7, 0)))
    found = moments.stream(
        {"a": a, "b": b},
        batches(images, 11),
        options=passes.Options(seed=7),
    )
    x, y = (activations(net, images[partners.order])[0] for net in (a, b))
    moved = [
        np.roll(y[other], -np.floor(offset * SIZE).astype(int), axis=(0, 1))
        for other, offset in zip(partners.chance, partners.offsets, strict=True)
    ]
    stage = found["a", "b"]["conv1"]
    layout = moments.from_arrays(rows(x), rows(y[partners.layout]))
    chance = moments.from_arrays(rows(x), rows(np.array(moved)))
    assert_close(stage.layout, layout)
    assert_close(stage.chance, chance)
    assert np.abs(layout.cov_xy - chance.cov_xy).max() > 1e-2
    # A network's own moments are shared: the floors only pair it otherwise.
    assert stage.layout.x is stage.measured.x is stage.chance.x


def test_lone_image_of_the_last_batch_is_left_out_of_the_floors_only():
    found = moments.stream(
        {"a": network(1), "b": network(2)}, batches(pixels(), 5), batch_size=5
    )
    stage = found["a", "b"]["conv1"]
    assert stage.measured.num_datapoints == 11 * SIZE * SIZE
    assert stage.chance.num_datapoints == 10 * SIZE * SIZE
    assert stage.layout.num_images == 10


def test_one_patient_gives_no_floors():
    patients = np.array(["p"] * 11)
    found = moments.stream(
        {"a": network(1), "b": network(2)},
        batches(pixels(), 5, patient=patients),
    )
    stage = found["a", "b"]["conv2"]
    assert stage.layout is None and stage.chance is None
    assert similarity.cca(stage.measured).mean > 0.1


def test_pairs_share_a_pass():
    nets = {"a": network(1), "b": network(2), "c": network(3)}
    pairs = [("b", "c"), ("a", "b"), ("a", "a")]
    found = moments.stream(nets, batches(pixels(), 4), pairs=pairs)
    assert list(found) == pairs
    alone = moments.stream(
        {"b": nets["b"], "c": nets["c"]}, batches(pixels(), 4)
    )
    np.testing.assert_array_equal(
        found["b", "c"]["conv2"].chance.cov_xy,
        alone["b", "c"]["conv2"].chance.cov_xy,
    )
    assert found["b", "c"]["conv1"].measured.x is (
        found["a", "b"]["conv1"].measured.y
    )
    same = similarity.cca(found["a", "a"]["conv1"].measured)
    np.testing.assert_allclose(same.coefficients, 1.0, atol=1e-6)


def test_stages_can_be_chosen():
    found = moments.stream(
        {"a": network(1), "b": network(2)},
        batches(pixels(), 4),
        stages=["conv2"],
    )
    assert list(found["a", "b"]) == ["conv2"]


def reader(channel):
    """A network whose first stage blurs one colour channel alone."""
    kernel = np.zeros((3, 3, 3, 4))
    kernel[:, :, channel] = np.random.default_rng(channel).uniform(
        size=(3, 3, 4)
    )
    return network(0, kernel=kernel)


def floors_of_readers(images):
    """Mean CCA of readers of the first and second channel, and its floors."""
    nets = {"first": reader(0), "second": reader(1)}
    stage = moments.stream(nets, batches(images, 100))["first", "second"]
    found = stage["conv1"]
    return [
        similarity.cca(m).mean
        for m in (found.measured, found.layout, found.chance)
    ]


def test_unrelated_content_is_at_the_chance_floor():
    # One value an image and channel: as correlated within images as can be.
    images = pixels(400, seed=3)
    images += np.random.default_rng(4).normal(size=(400, 1, 1, 3)) * 5
    measured, layout, chance = floors_of_readers(images)
    assert max(measured, layout, chance) < 0.15
    assert abs(measured - chance) < 0.05


def test_what_positions_share_raises_layout_but_not_chance():
    images = pixels(400, seed=3)
    images += 3 * np.random.default_rng(4).normal(size=(SIZE, SIZE, 1))
    measured, layout, chance = floors_of_readers(images)
    assert min(measured, layout) > 0.5
    assert chance < 0.15


def test_related_content_is_above_both_floors():
    images = pixels(400, seed=3)
    images[..., 1] += images[..., 0]
    measured, layout, chance = floors_of_readers(images)
    assert measured > 0.3 > 2 * max(layout, chance)


def stream_pair(a, b, images=None, **options):
    images = pixels() if images is None else images
    return moments.stream({"a": a, "b": b}, batches(images, 4), **options)


def test_constant_channels_are_constant():
    dead = network(1, offset=0.1)
    dead.stages[0].layers[0].kernel.assign(np.zeros((3, 3, 3, 4)))
    found = stream_pair(dead, network(2))["a", "b"]["conv1"]
    assert similarity.cca(found.measured).dropped_x == 4


def test_refuses_activations_that_are_not_finite():
    images = pixels()
    images[9, 2, 2, 0] = np.nan
    with pytest.raises(
        ValueError, match="conv1 of a are not finite .* first for image i9;"
    ):
        gathered(images)
    bad = images[9:10]
    assert np.isnan(bad).any()


def test_refuses_no_images():
    with pytest.raises(ValueError, match="no images"):
        stream_pair(network(1), network(2), pixels(0))


def test_the_larger_maps_are_averaged_to_the_smaller():
    a, b = network(1), network(2, strides=2)
    images = pixels()
    found = stream_pair(a, b, images)["a", "b"]["conv1"]
    x, y = activations(a, images)[0], activations(b, images)[0]
    pooled = x.reshape(11, 3, 2, 3, 2, 4).mean(axis=(2, 4))
    assert_close(found.measured, moments.from_arrays(rows(pooled), rows(y)))
    assert found.measured.num_datapoints == 11 * 9


def test_pooled_datapoints_are_means_over_positions():
    a, b = network(1), network(2)
    images = pixels()
    options = passes.Options(datapoints="pooled")
    found = stream_pair(a, b, images, options=options)["a", "b"]["conv2"]
    x, y = (activations(n, images)[1].mean(axis=(1, 2)) for n in (a, b))
    assert_close(found.measured, moments.from_arrays(x, y))


def named(images):
    return np.repeat(np.arange(len(images)), SIZE * SIZE)


@pytest.mark.parametrize("stage", ["conv1", "conv2"])
def test_sums_over_images_give_the_debiased_similarity(stage):
    # With three neurons the products of an image are made, with 36 positions
    # either way; pooled, there is one position.
    a, b = network(1), network(2)
    images = pixels(30)
    options = passes.Options(debiased=True)
    found = stream_pair(a, b, images, options=options)["a", "b"][stage]
    index = {"conv1": 0, "conv2": 1}[stage]
    x, y = (rows(activations(n, images)[index]) for n in (a, b))
    expected = moments.from_arrays(x, y, images=named(images))
    for got, want in [
        (found.measured.hsic, expected.hsic),
        (found.measured.x.hsic, expected.x.hsic),
        (found.measured.y.hsic, expected.y.hsic),
    ]:
        assert got == pytest.approx(want, rel=1e-4)
    cka = similarity.cka(found.measured).value
    assert cka == pytest.approx(similarity.cka(expected).value, abs=1e-5)
    assert abs(similarity.cka(found.chance).value) < cka
    pooled = passes.Options(debiased=True, datapoints="pooled")
    found = stream_pair(a, b, images, options=pooled)["a", "b"][stage]
    x, y = (activations(n, images)[index].mean(axis=(1, 2)) for n in (a, b))
    cka = similarity.cka(found.measured).value
    assert cka == pytest.approx(
        similarity.cka(moments.from_arrays(x, y)).value, abs=1e-4
    )


def gathered(images, batch_size=16, **options):
    a, b = network(1), network(2)
    columns = {"id": np.array([f"i{n}" for n in range(len(images))])}
    found = moments.gather(
        {"a": a, "b": b},
        lambda: batches(images, 7, **columns),
        options=passes.Options(**options),
        batch_size=batch_size,
        num_images=len(images),
    )
    return list(found)


def test_groups_add_up_and_leaving_one_out_leaves_it_out():
    images = pixels(100)
    (sums, _) = gathered(images)
    assert sums.num_groups == 10 and sums.images_of_groups.sum() == 100
    x, y = (rows(activations(network(n), images)[0]) for n in (1, 2))
    assert_close(sums.moments()["a", "b"].measured, moments.from_arrays(x, y))
    for group in (0, 9):
        rest = [g for g in range(10) if g != group]
        found = sums.moments(rest)["a", "b"].measured
        alone = sums.moments([group])["a", "b"].measured
        assert found.num_images + alone.num_images == 100
        both = (
            found.num_images * (found.cov_xy + np.outer(*means(found)))
            + alone.num_images * (alone.cov_xy + np.outer(*means(alone)))
        ) / 100
        whole = moments.from_arrays(x, y)
        np.testing.assert_allclose(
            both, whole.cov_xy + np.outer(*means(whole)), atol=1e-4
        )


def means(m):
    return m.mean_x, m.mean_y


def test_groups_do_not_depend_on_the_order_of_images():
    images = pixels(100)
    order = np.random.default_rng(1).permutation(100)
    ids = np.array([f"i{n}" for n in range(100)])

    def counts(chosen):
        sums = moments.gather(
            {"a": network(1)},
            lambda: batches(images[chosen], 9, id=ids[chosen]),
            pairs=[("a", "a")],
        )
        return next(sums).images_of_groups

    np.testing.assert_array_equal(counts(np.arange(100)), counts(order))


def test_drawn_images_and_channels():
    images = pixels(50)
    sums, _ = gathered(images, max_points=360, channels=2, repeats=3)
    assert sums.drawn and sums.num_groups == 3
    x, y = (activations(network(n), images)[0] for n in (1, 2))
    for draw in range(3):
        found = sums.moments([draw])["a", "b"].measured
        assert (found.num_images, found.num_datapoints) == (10, 360)
        assert found.cov_xx.shape == (2, 2)
        rank = np.random.default_rng((0, draw)).permutation(50)
        taken = np.flatnonzero(rank < 10)
        every = moments.from_arrays(rows(x[taken]), rows(y[taken]))
        # Some two channels, the same in both, have exactly these variances.
        places = [
            int(np.argmin(np.abs(np.diag(every.cov_xx) - v)))
            for v in np.diag(found.cov_xx)
        ]
        np.testing.assert_allclose(
            found.cov_xy, every.cov_xy[np.ix_(places, places)], rtol=1e-4
        )
        assert_close_means = every.mean_x[places]
        np.testing.assert_allclose(found.mean_x, assert_close_means, rtol=1e-4)
    first, second = (sums.moments([d])["a", "b"].measured for d in (0, 1))
    assert np.abs(first.cov_xy - second.cov_xy).max() > 1e-3


def test_several_passes_give_the_same():
    images = pixels(40)
    nets = {"a": network(1), "b": network(2), "c": network(3)}

    def found(max_bytes):
        sums = list(
            moments.gather(
                nets,
                lambda: batches(images, 8),
                batch_size=8,
                max_bytes=max_bytes,
            )
        )
        return len(sums), {
            (s.stage, pair): m for s in sums for pair, m in s.moments().items()
        }

    (one, whole), (several, parts) = found(None), found(30_000)
    assert one == 2 and several > 2 and set(whole) == set(parts)
    for key, m in whole.items():
        np.testing.assert_array_equal(m.chance.cov_xy, parts[key].chance.cov_xy)
    with pytest.raises(ValueError, match="of one pair need .* GiB. Allowed"):
        found(100)


def test_what_a_pass_gathers_comes_before_the_next_pass():
    """Else the sums of all passes would be in memory at once."""
    read = []

    def images():
        read.append("a pass")
        return batches(pixels(40), 8)

    nets = {"a": network(1), "b": network(2), "c": network(3)}
    sums = moments.gather(nets, images, batch_size=8, max_bytes=30_000)
    next(sums)
    assert len(read) == 1
    assert len(list(sums)) >= 2 and len(read) > 1


def test_unknown_stage_lists_the_choices():
    with pytest.raises(ValueError, match="'conv9'.*conv1, conv2"):
        stream_pair(network(1), network(2), stages=["conv9"])
