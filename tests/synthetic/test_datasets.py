"""Tests of the embedded data sets, at few images and small sizes."""

import copy

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.benchmarks import measure_synthetic
from transfusion_tf import names
from transfusion_tf.synthetic import datasets, fundus, lesions, textures

DISC = (0.5, 0.0, 0.15)


def make_plans(*, grade, count=200):
    """Plans of `count` eyes of one grade."""
    rng = np.random.default_rng(grade)
    return [lesions.plan(rng, grade, disc=DISC) for _ in range(count)]


@pytest.mark.parametrize("name", names.SYNTHETIC)
def test_manifest_is_complete(name):
    manifest = datasets.manifest(name, image_size=24, num_images=90)
    manifest.check()
    image = manifest.store.read(manifest.table["image"][3])
    assert image.shape == (24, 24, 3)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("name", names.SYNTHETIC)
def test_image_depends_on_nothing_but_its_index_seed_and_size(name):
    store = datasets.manifest(name, image_size=32).store
    forwards = [store.read(i) for i in range(6)]
    again = copy.deepcopy(store)  # As a worker process gets it.
    backwards = [again.read(i) for i in reversed(range(6))][::-1]
    np.testing.assert_array_equal(forwards, backwards)
    few = datasets.manifest(name, image_size=32, num_images=90).store
    np.testing.assert_array_equal(few.read(5), forwards[5])


@pytest.mark.parametrize("name", names.SYNTHETIC)
def test_images_and_seeds_differ(name):
    one, other = (
        datasets.manifest(name, image_size=32, seed=seed).store
        for seed in (0, 1)
    )
    images = [store.read(i) for store in (one, other) for i in range(20)]
    assert len({image.tobytes() for image in images}) == 40


@pytest.mark.parametrize("name", names.SYNTHETIC)
def test_splits_are_two_thirds_a_ninth_and_two_ninths(name):
    table = datasets.manifest(name).table
    counts = table["split"].value_counts().to_dict()
    assert counts == {"train": 3000, "val": 500, "test": 1000}


@pytest.mark.parametrize("num_images", [90, 91, 100, 4499])
@pytest.mark.parametrize("name", names.SYNTHETIC)
def test_every_split_has_several_classes_at_any_count(name, num_images):
    table = datasets.manifest(name, num_images=num_images).table
    assert len(table) == num_images
    assert (table.groupby("split")["label"].nunique() > 1).all()
    assert table["split"].nunique() == 3


def test_both_eyes_of_a_patient_are_in_one_split():
    table = datasets.manifest("synthetic_fundus", num_images=901).table
    assert table.groupby("patient").size().tolist().count(2) == 450
    assert (table.groupby("patient")["split"].nunique() == 1).all()


def test_grades_have_their_shares_and_eyes_agree():
    table = datasets.manifest("synthetic_fundus").table
    shares = table["label"].value_counts(normalize=True)
    for grade, share in zip(fundus.CLASSES, fundus.GRADE_SHARES, strict=True):
        # Three standard errors of 4,500 draws, of which half are repeats.
        assert abs(shares[grade] - share) < 3 * np.sqrt(share / 2250)
    grades = table["label"].astype(int).to_numpy().reshape(-1, 2)
    strangers = np.roll(grades[:, 1], 1)
    assert np.corrcoef(grades.T)[0, 1] > 0.6
    assert abs(np.corrcoef(grades[:, 0], strangers)[0, 1]) < 0.1


def test_textures_take_turns():
    table = datasets.manifest("synthetic_textures", num_images=90).table
    assert table["label"].value_counts().eq(9).all()
    assert table["label"][12] == "checks_disc"


@pytest.mark.parametrize(
    "grade, kinds",
    [
        (0, set()),
        (1, {"microaneurysm"}),
        (2, {"microaneurysm", "haemorrhage", "exudate"}),
        (3, {"microaneurysm", "haemorrhage", "exudate", "cotton_wool"}),
        (
            4,
            {
                "microaneurysm",
                "haemorrhage",
                "exudate",
                "cotton_wool",
                "new_vessel",
            },
        ),
    ],
)
def test_grade_brings_its_lesions(grade, kinds):
    plans = make_plans(grade=grade)
    lesion_kinds = set(lesions.KINDS) - set(lesions.DISTRACTORS.values())
    found = {kind for plan in plans for kind in lesion_kinds if len(plan[kind])}
    assert found == kinds
    for kind in kinds - {"cotton_wool"}:  # Grade 4 may be without.
        assert all(len(plan[kind]) for plan in plans)


def test_severe_grade_has_many_haemorrhages():
    fewest = {
        grade: min(len(plan["haemorrhage"]) for plan in make_plans(grade=grade))
        for grade in (2, 3)
    }
    most = max(len(plan["haemorrhage"]) for plan in make_plans(grade=2))
    assert fewest[2] == 1
    assert fewest[3] > most


def test_area_by_hand():
    marks = np.array([[0.0, 0.0, 0.2, 0.1, 0.0]])
    # Pi / 4 x 0.2 x 0.1; 0.7 x 0.2 x 0.1.
    np.testing.assert_allclose(
        lesions.areas("exudate", marks), 0.0157080, rtol=1e-5
    )
    np.testing.assert_allclose(lesions.areas("streak", marks), 0.014)


@pytest.mark.parametrize("kind", ["exudate", "streak"])
def test_drawn_area_is_the_planned_one(kind):
    marks = {name: np.zeros((0, 5)) for name in lesions.KINDS}
    marks[kind] = np.array([[-0.4, 0.1, 0.6, 0.2, 0.7]])
    ink = lesions.draw(np.random.default_rng(0), marks, 64)
    drawn = ink[lesions.KINDS[kind].ink].mean() * 4  # The side is 2.
    np.testing.assert_allclose(
        drawn, lesions.areas(kind, marks[kind])[0], rtol=0.1
    )


@pytest.mark.parametrize("ink", ["red", "bright"])
def test_area_of_a_colour_hardly_depends_on_the_grade(ink):
    means = []
    for grade in range(lesions.NUM_GRADES):
        means.append(
            np.mean(
                [
                    sum(
                        lesions.areas(name, plan[name]).sum()
                        for name in plan
                        if lesions.KINDS[name].budget == ink
                    )
                    for plan in make_plans(grade=grade)
                ]
            )
        )
    assert max(means) < 1.35 * min(means)


def test_distractors_occur_in_every_grade():
    for grade in range(lesions.NUM_GRADES):
        plans = make_plans(grade=grade)
        for name in lesions.DISTRACTORS.values():
            assert np.mean([len(plan[name]) > 0 for plan in plans]) > 0.1


def test_marks_are_in_the_field_and_off_the_disc():
    for plan in make_plans(grade=4):
        points = np.concatenate(list(plan.values()))[:, :2]
        assert (np.hypot(*points.T) <= lesions.FIELD).all()
        assert (np.hypot(*(points - DISC[:2]).T) > DISC[2]).all()


def test_left_eye_has_its_disc_on_the_left():
    eyes = np.stack([fundus.render(i, seed=0, size=48) for i in range(40)])
    # Blue shows the disc best; squares of 6 pixels outshine an exudate.
    band = eyes[:, 18:30, :, 2].reshape(40, 2, 6, 8, 6).mean(axis=(2, 4))
    brighter = band[:, :, 4:].max(axis=(1, 2)) > band[:, :, :4].max(axis=(1, 2))
    assert brighter[0::2].mean() > 0.9
    assert brighter[1::2].mean() < 0.1


@pytest.mark.parametrize("procedure", [fundus, textures])
def test_another_size_shows_the_same_picture(procedure):
    for index in range(3):
        small = procedure.render(index, seed=0, size=32).astype(float)
        large = procedure.render(index, seed=0, size=128).astype(float)
        reduced = large.reshape(32, 4, 32, 4, 3).mean(axis=(1, 3))
        same = np.corrcoef(small.ravel(), reduced.ravel())[0, 1]
        assert same > 0.9


def test_surround_is_dark_and_retina_is_orange():
    image = fundus.render(0, seed=0, size=64)
    assert image[:4, :4].max() < 40
    red, green, blue = image[24:40, 24:40].mean(axis=(0, 1))
    assert red > green > blue


def test_colours_say_little_about_the_grade():
    num_train, num_images = 360, 600
    images = np.stack(
        [fundus.render(i, seed=0, size=32) for i in range(num_images)]
    )
    severe = [fundus.grade(i, seed=0) >= 2 for i in range(num_images)]
    features = measure_synthetic.colour_features(images)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    model.fit(features[:num_train], severe[:num_train])
    scores = model.predict_proba(features[num_train:])[:, 1]
    assert roc_auc_score(severe[num_train:], scores) < 0.70


def test_pattern_shows_in_a_texture():
    # Stripes and dots differ in how rows correlate with columns' neighbours,
    # which no recolouring changes: compare grey gradients' directions.
    def one_direction(index):
        grey = textures.render(index, seed=0, size=64).mean(axis=2)
        dy, dx = np.gradient(grey)
        double = np.arctan2(dy, dx) * 2
        weight = dx**2 + dy**2
        return abs((weight * np.exp(1j * double)).sum()) / weight.sum()

    stripes, dots = (
        np.mean([one_direction(10 * k + label) for k in range(30)])
        for label in (0, 4)
    )
    assert stripes > dots + 0.05


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"name": "fundus"}, "known: synthetic_fundus, synthetic_textures"),
        (
            {"image_size": 8},
            "`image_size` of synthetic_fundus must be at least 16",
        ),
        ({"num_images": 10}, "must be at least 90. Received: 10"),
        ({"seed": -1}, "`seed` of synthetic_fundus must be at least 0"),
    ],
)
def test_bad_argument_gets_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        datasets.manifest(**{"name": "synthetic_fundus", **arguments})
    assert "\n" not in str(error.value)
