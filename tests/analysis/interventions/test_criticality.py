"""How critical stages are: by hand on linear networks, and known truths."""

import math
import types

import keras
import numpy as np
import pytest

from tests.analysis.interventions import small_networks
from transfusion_tf.analysis.interventions import (
    criticality,
    criticality_tables,
    resilience,
    staged,
    subjects,
)
from transfusion_tf.analysis.interventions.options import InterventionOptions
from transfusion_tf.models import stages

PIXELS = small_networks.images(40)


def options(**settings):
    return InterventionOptions(
        **{"draws": 2, "alphas": (0.0,), "noise": (0.1,), **settings}
    )


def linear(weight):
    """A Backbone whose score is the mean of the first channel times a weight.

    Its stage is a convolution that adds up the channels of a pixel, its head
    has the result as the score of the second class.
    """
    image = keras.Input((small_networks.SIZE, small_networks.SIZE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = keras.layers.Conv2D(1, 1, name="a")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    logits = keras.layers.Dense(2, name="logits")
    model = keras.Model(image, logits(x))
    model.get_layer("a").kernel.assign(np.reshape([weight, 0, 0], (1, 1, 3, 1)))
    logits.kernel.assign([[0, 1]])
    return stages.assemble(model, {"a": "a"}, "tf")


def rows(trained, start, **settings):
    """The rows of a run, on images that its trained network tells apart."""
    scores = trained.model(PIXELS, training=False).numpy()
    scores = scores[:, 1] - scores[:, 0]
    labels = (scores > np.median(scores)).astype(int)
    run = types.SimpleNamespace(**vars(small_networks.subject()), name="made")
    columns = dict.fromkeys(subjects.RUN_COLUMNS, "made")
    about = types.SimpleNamespace(
        task="multiclass",
        columns_of=lambda subject: columns,
        backbone=lambda _, step=None: trained if step is None else start,
        training_images=lambda *_: small_networks.batches(PIXELS),
        test_images=lambda _: small_networks.batches(PIXELS, labels),
    )
    networks = staged.StagedNetworks()
    asked = options(**settings)
    return resilience._scored(about, networks, run, asked).critical


def test_twice_the_distance_is_four_times_as_critical():
    # Weights -1 and -3 turn all scores round, so that neither can go back: of
    # the trained weights 1, 0, 0 the mean square is 1/3, and (2 / 0.1)^2 * 3.
    near, far = (rows(linear(1), linear(start))[0] for start in (-1, -3))
    np.testing.assert_allclose(near["criticality"], 1200, rtol=1e-6)
    np.testing.assert_allclose(far["criticality"], 4800, rtol=1e-6)
    for row, distance in ((near, 2), (far, 4)):
        assert (row["alpha"], row["noise"], row["note"]) == (1, 0.1, "")
        assert row["reference_auc"] == 1 and row["lost"] <= 0.01
        np.testing.assert_allclose(row["distance"], distance)
        np.testing.assert_allclose(
            row["scaled_distance"], distance * math.sqrt(3), rtol=1e-6
        )


def test_less_of_the_way_is_less_critical():
    # At alpha 0.75 the weight is half of the trained one.
    (row,) = rows(linear(1), linear(-1), alphas=(0.75,), noise=(0.02,))
    assert row["alpha"] == 0.75
    np.testing.assert_allclose(row["criticality"], 0.75**2 * 4 * 3 / 0.02**2)


def test_a_stage_that_trained_nothing_is_not_critical_whatever_the_noise():
    backbone = small_networks.chain(0)
    found = rows(backbone, small_networks.chain(0), noise=(1e4,))
    assert [row["criticality"] for row in found] == [0] * 3
    assert [row["alpha"] for row in found] == [0] * 3
    assert [row["scaled_distance"] for row in found] == [0] * 3


def test_a_stage_that_the_head_ignores_is_not_critical():
    lower, upper = rows(
        small_networks.ignoring(0), small_networks.ignoring(1), noise=(0.01, 10)
    )
    assert lower["criticality"] != 0
    at = upper["criticality"], upper["alpha"], upper["noise"], upper["lost"]
    assert at == (0, 0, 10, 0)
    assert upper["distance"] > 0


def test_a_larger_margin_never_makes_a_stage_more_critical():
    of_margins = [
        [
            math.inf if row["criticality"] is None else row["criticality"]
            for row in rows(
                small_networks.chain(0),
                small_networks.chain(1),
                margin=margin,
                alphas=(0.5,),
                noise=(0.05, 0.3),
            )
        ]
        for margin in (0.001, 0.1, 0.3, 0.9)
    ]
    for stage in zip(*of_margins, strict=True):
        assert list(stage) == sorted(stage, reverse=True)
        assert stage[-1] == 0  # All may be lost.
    assert any(stage[0] > stage[2] for stage in zip(*of_margins, strict=True))


def test_where_no_noise_is_borne_there_is_a_note_and_no_number():
    (row,) = rows(linear(1), linear(-1), noise=(1e3,))
    assert row["note"] == "critical beyond the noises given"
    for name in ("criticality", "alpha", "noise", "lost"):
        assert row[name] is None


def test_the_seed_decides():
    def found(seed):
        return rows(
            linear(1), linear(-1), noise=(1.0,), margin=0.9, seed=seed, draws=1
        )

    # With so large a margin all goes back: what is lost there is drawn.
    assert found(0) == found(0)
    assert found(0) != found(1)


def test_noise_is_a_share_of_the_scale_of_each_trainable_tensor():
    backbone = small_networks.chain(0)
    start = small_networks.values(small_networks.chain(1))
    found = criticality.variants(
        backbone, start, options(alphas=(0.5,), noise=(0.1, 0.4), draws=3)
    )
    assert len(found) == 3 * 3 * 2 * 3  # Stages, alphas, noises, draws.
    assert [one.first for one in found[::18]] == [0, 1, 2]
    # No weights are held but those of a draw, at all alphas and noises.
    assert len({id(one.way) for one in found}) == 3
    kernel = "conv2_conv/kernel"
    trained = small_networks.values(backbone)
    for one in found[18:36]:
        plain = one.way.at(one.alpha, 0, one.draw)
        parts = {
            path: (value - plain[path]) / one.noise
            for path, value in one.values.items()
        }
        for path, part in parts.items():
            if "moving" in path:
                assert not part.any()
            else:
                assert part.any()
        (path,) = [path for path in parts if path.endswith(kernel)]
        assert parts[path].size == 3 * 3 * 4 * 6
        scale = np.sqrt(np.mean(trained[path] ** 2))
        np.testing.assert_allclose(np.std(parts[path]) / scale, 1, atol=0.15)
        np.testing.assert_allclose(
            parts[path],
            found[18 + one.draw].way.noises[one.draw][path],
            atol=1e-5,
        )
        np.testing.assert_array_equal(
            one.with_values({path: 7}).values[path], 7
        )
    first, second = (found[18].way.noises[draw] for draw in (0, 1))
    assert all((first[path] != second[path]).all() for path in first)


def test_a_tensor_that_became_nothing_has_no_scale():
    way = criticality.Way(
        "a", 0, {"x": np.ones(2)}, {"x": np.zeros(2)}, [{"x": np.zeros(2)}]
    )
    assert way.scaled_square == math.inf
    assert criticality.smallest(math.inf, {(1.0, 0.1): 0.0}, 0.01) is None
    assert criticality.smallest(math.inf, {(0.0, 0.1): 0.0}, 0.01) == (
        0,
        0,
        0.1,
    )


def test_the_smallest_of_those_that_hold():
    lost = {
        (0.0, 0.0): 0.5,
        (0.5, 0.1): 0.0,  # 0.25 * 8 / 0.01 = 200
        (0.5, 0.3): 0.02,
        (1.0, 0.1): 0.0,  # 800
        (1.0, 0.2): 0.01,  # 200, too
        (1.0, 0.3): 0.03,  # 88.9
    }
    assert criticality.smallest(8, lost, 0.01) == pytest.approx((200, 0.5, 0.1))
    assert criticality.smallest(8, lost, 0.03)[1:] == (0.5, 0.3)
    assert criticality.smallest(8, lost, 0.5) == (0, 0, 0)
    assert criticality.smallest(8, {}, 0.5) is None


def made_rows(values, note=criticality_tables.BEYOND, auc=0.9):
    """Rows of runs of an arm with these numbers, None being beyond."""
    return [
        {
            **dict.fromkeys(criticality_tables.COLUMNS),
            "run": f"r{seed}",
            "arm": "made",
            "stage": "a",
            "stage_index": 0,
            "criticality": value,
            "reference_auc": auc,
            "note": note if value is None else "",
        }
        for seed, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    "values, expected",
    [
        ([5.0], (5, 5, 5, 0, 0)),
        ([100.0, 1.0], (10, 1, 100, 0, 0)),
        ([3.0, 0.0, 7.0], (3, 0, 7, 1, 0)),
        ([0.0, 7.0], (0, 0, 7, 1, 0)),
        ([None, 0.0, 7.0], (7, 0, None, 1, 1)),
        ([None, 7.0], (None, 7, None, 0, 1)),
        ([None, None], (None, None, None, 0, 2)),
    ],
)
def test_arms_have_the_median_of_their_runs(values, expected):
    found = criticality_tables.make_tables(made_rows(values))
    (row,) = found["criticality_arms"].to_dict("records")
    columns = ("criticality", "lowest", "highest", "num_zero", "num_beyond")
    for name, value in zip(columns, expected, strict=True):
        assert row[name] == pytest.approx(
            math.nan if value is None else value, nan_ok=True
        )
    beyond = expected[-1]
    assert row["num_seeds"] == len(values)
    assert row["note"] == (
        f"{beyond} of {len(values)} runs critical beyond the noises given"
        if beyond
        else ""
    )


def test_without_an_auc_nothing_is_beyond():
    made = made_rows([None, None], note="no positive image", auc=None)
    (row,) = criticality_tables.make_tables(made)["criticality_arms"].to_dict(
        "records"
    )
    assert row["note"] == "no positive image"
    assert row["num_beyond"] is None or row["num_beyond"] != row["num_beyond"]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"noise": (0.1, 0)}, r"--noise must be positive .* Received: 0"),
        ({"draws": 0}, "--noise needs at least one draw. Received: --draws=0"),
        (
            {"view": "barrier", "draws": None},
            "--noise goes with --view=resilience",
        ),
    ],
)
def test_noises_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message):
        options(**settings)


def test_noises_are_sorted():
    assert options(noise=(1, 0.1, 1)).noise == (0.1, 1.0)
    assert options(noise=None).noise is None
