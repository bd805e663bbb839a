"""Linear and k-NN probes on made features."""

import numpy as np
import pytest
from sklearn import linear_model, metrics, preprocessing

from transfusion_tf.analysis.interventions import linear, neighbours, probing
from transfusion_tf.data import folds

LABELS = np.arange(400) % 2
PROBES = probing.PROBES


def features(labels, strength, seed, num_noise=5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(labels), 1 + num_noise))
    x[:, 0] += strength * labels
    return x


def columns(labels, patients=None):
    names = np.array([f"i{n:04}" for n in range(len(labels))])
    return {
        "id": names,
        "patient": np.full(len(labels), "") if patients is None else patients,
        "label": labels,
    }


def ask(
    probe, task, classes, labels, strength, test_labels=None, patients=None
):
    test_labels = labels if test_labels is None else test_labels
    one = labels if labels.ndim == 1 else labels[:, 0]
    other = test_labels if test_labels.ndim == 1 else test_labels[:, 0]
    questions = probing.Questions(
        task, classes, columns(labels), columns(test_labels, patients)
    )
    return questions.ask(
        probe, features(one, strength, 0), features(other, strength, 1)
    )


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
class TestBoth:
    """What holds for either probe."""

    def test_features_that_tell_classes_apart_do_and_others_do_not(self, probe):
        found = ask(probe, "multiclass", "ab", LABELS, 2.0).numbers["auc"]
        # Two normals 2 standard deviations apart: Phi(2 / sqrt(2)) = 0.921,
        # which noise in other directions lets no probe of neighbours reach.
        assert 0.8 < found["value"] and found["low"] < 0.921
        nothing = ask(probe, "multiclass", "ab", LABELS, 0.0).numbers["auc"]
        assert nothing["low"] < 0.5 < nothing["high"]

    def test_grades(self, probe):
        labels = np.arange(600) % 3
        found = ask(probe, "ordinal", "012", labels, 3.0).numbers
        assert [entry["name"] for entry in found["aucs"]] == [">=1", ">=2"]
        assert all(entry["value"] > 0.85 for entry in found["aucs"])

    def test_missing_labels_are_left_out(self, probe):
        labels = np.stack([LABELS, 1 - LABELS], axis=1)
        labels[::5, 1] = -1
        found = ask(probe, "multilabel", "ab", labels, 2.0)
        assert all(entry["value"] > 0.8 for entry in found.numbers["aucs"])
        # As if the images without that label were not there.
        known = labels[:, 1] >= 0
        alone = probing.Questions(
            "multilabel",
            "b",
            {k: v[known] for k, v in columns(labels[:, 1:]).items()},
            columns(labels[:, 1:]),
        )
        single = probing.Linear(penalties=(1.0,))
        probe = single if probe.name == "linear" else probe
        both = ask(probe, "multilabel", "ab", labels, 2.0)
        one = alone.ask(
            probe,
            features(LABELS, 2.0, 0)[known],
            features(LABELS, 2.0, 1),
        )
        np.testing.assert_allclose(both.scores[:, 1], one.scores[:, 0])

    def test_a_class_that_training_lacks_has_no_auc(self, probe):
        found = ask(
            probe,
            "multiclass",
            "abc",
            LABELS,
            2.0,
            test_labels=np.arange(400) % 3,
        ).numbers
        assert found["aucs"][0]["value"] > 0.7
        assert found["aucs"][2]["value"] is None
        assert "nothing was learned of it" in found["aucs"][2]["reason"]
        # Not the 0.5 of equal scores, neither in the mean.
        mean = np.mean([entry["value"] for entry in found["aucs"][:2]])
        assert found["auc"]["value"] == pytest.approx(mean)
        assert found["auc"]["num_defined"] == 2
        assert found["auc"]["num_total"] == 3

    @pytest.mark.parametrize("known", [-1, 0, 1])
    def test_a_label_that_training_images_do_not_have(self, probe, known):
        """Missing in all of them, or equal in all of them."""
        training = np.stack([LABELS, np.full(400, known)], axis=1)
        test = np.stack([LABELS, 1 - LABELS], axis=1)
        found = ask(
            probe, "multilabel", "ab", training, 2.0, test_labels=test
        ).numbers
        assert found["aucs"][0]["value"] > 0.8
        assert found["aucs"][1]["value"] is None
        assert found["auc"]["value"] == found["aucs"][0]["value"]

    def test_training_images_of_one_class_leave_nothing_to_learn(self, probe):
        one = np.ones(400, int)
        for task in ("multiclass", "ordinal"):
            found = ask(probe, task, "ab", one, 2.0, test_labels=LABELS)
            assert found.setting == "nothing to learn"
            found = found.numbers["auc"]
            assert found["value"] is found["low"] is None
            assert "nothing was learned" in found["reason"]
        grades = ask(
            probe, "ordinal", "012", LABELS, 2.0, test_labels=np.arange(400) % 3
        ).numbers
        assert grades["aucs"][0]["value"] > 0.8
        assert grades["aucs"][1]["value"] is None

    def test_patients_are_the_unit(self, probe):
        patients = np.array([f"p{n // 4}" for n in range(400)])
        found = ask(
            probe, "multiclass", "ab", LABELS, 1.0, patients=patients
        ).numbers
        assert (found["unit"], found["num_patients"]) == ("patient", 100)

    def test_few_images(self, probe):
        """Three training images: too few for folds, and for 200 neighbours."""
        labels = np.array([0, 1, 0])
        found = ask(probe, "multiclass", "ab", labels, 9.0, test_labels=LABELS)
        np.testing.assert_allclose(found.scores.sum(axis=1), 1)
        assert found.setting in (
            "penalty 1 (too few patients to choose)",
            "k = 1",
        )


def test_scale_of_a_feature_does_not_matter_to_a_linear_probe():
    train, test = features(LABELS, 1.0, 0), features(LABELS, 1.0, 1)
    questions = probing.Questions(
        "multiclass", "ab", columns(LABELS), columns(LABELS)
    )
    scale = np.array([1e3, 1, 1e-3, 1, 5, 1])
    one, other = (
        questions.ask(probing.Linear(), train * by, test * by).numbers["auc"]
        for by in (1, scale)
    )
    assert one["value"] == pytest.approx(other["value"], abs=1e-4)


def test_scale_of_an_image_does_not_matter_to_its_neighbours():
    train, test = features(LABELS, 1.0, 0), features(LABELS, 1.0, 1)
    questions = probing.Questions(
        "multiclass", "ab", columns(LABELS), columns(LABELS)
    )
    by = np.random.default_rng(0).uniform(0.1, 9, (400, 1))
    one = questions.ask(probing.Neighbours(k=7), train, test).scores
    other = questions.ask(probing.Neighbours(k=7), train * by, test / by).scores
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_penalty_is_the_one_that_is_best_on_folds_by_patient():
    """By scikit-learn, fold by fold from its start."""
    rng = np.random.default_rng(0)
    patients = np.array([f"p{n // 4:03}" for n in range(160)])
    labels = rng.integers(0, 2, 40).repeat(4)
    train = features(labels, 2.0, 0, num_noise=40)
    # What images of a patient share besides, and a leaking fold would learn.
    train += 0.6 * rng.normal(size=(40, 41)).repeat(4, axis=0)
    own = columns(labels, patients)
    questions = probing.Questions("multiclass", "ab", own, columns(labels))
    found = questions.ask(probing.Linear(), train, train)
    losses = []
    for penalty in linear.PENALTIES:
        loss = 0
        for fold in (1, 2, 3):
            held = np.array(
                folds.cut(
                    own["id"], labels, patients, num_folds=3, fold=fold
                )
            ) == "test"  # fmt: skip
            assert not set(patients[held]) & set(patients[~held])
            scaler = preprocessing.StandardScaler().fit(train[~held])
            model = linear_model.LogisticRegression(
                C=1 / penalty, max_iter=5000
            ).fit(scaler.transform(train[~held]), labels[~held])
            loss += metrics.log_loss(
                labels[held],
                model.predict_proba(scaler.transform(train[held])),
                normalize=False,
            )
        losses.append(loss)
    best = linear.PENALTIES[int(np.argmin(losses))]
    assert found.setting == f"penalty {best:g}"
    # Neither end: the folds decide.
    assert best not in (linear.PENALTIES[0], linear.PENALTIES[-1])


def test_one_penalty_is_taken_as_it_is():
    found = ask(probing.Linear(penalties=(7.0,)), "multiclass", "ab", LABELS, 1)
    assert found.setting == "penalty 7"
    train, test = features(LABELS, 1, 0), features(LABELS, 1, 1)
    scaler = preprocessing.StandardScaler().fit(train)
    model = linear_model.LogisticRegression(C=1 / 7).fit(
        scaler.transform(train), LABELS
    )
    np.testing.assert_allclose(
        found.scores, model.predict_proba(scaler.transform(test)), atol=1e-5
    )


def test_votes_of_neighbours_by_hand():
    """On a circle, at 0, 10, 20 and 180 degrees; asked at 4 degrees."""
    degrees = np.array([0, 10, 20, 180, 4])
    angle = np.deg2rad(degrees)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    labels = np.array([0, 1, 1, 0])
    found, setting = probing.Neighbours(k=3).predict(
        points[:4], labels, points[4:] * 5, fold_of=None
    )
    weight = np.exp(np.cos(np.deg2rad([4, 6, 16])) / 0.07)
    expected = np.array([weight[0], weight[1] + weight[2]]) / weight.sum()
    np.testing.assert_allclose(found, expected[None])
    assert setting == "k = 3"


@pytest.mark.parametrize(
    ("num_images", "k"), [(1, 1), (9, 1), (150, 15), (2000, 200), (5000, 200)]
)
def test_default_number_of_neighbours(num_images, k):
    assert neighbours.default_neighbours(num_images) == k


def test_an_image_without_any_activation_has_a_score():
    train = features(LABELS, 1.0, 0)
    scores, _ = probing.Neighbours(k=5).predict(
        train, LABELS, np.zeros((1, 6)), fold_of=None
    )
    assert scores.sum() == pytest.approx(1)


def test_many_test_images_are_scored_as_each_alone():
    train = features(LABELS, 1.0, 0)
    test = features(np.arange(2500) % 2, 1.0, 1)
    probe = probing.Neighbours(k=9)
    scores, _ = probe.predict(train, LABELS, test, fold_of=None)
    for index in (0, 1023, 1024, 2499):
        one, _ = probe.predict(train, LABELS, test[[index]], fold_of=None)
        np.testing.assert_allclose(scores[[index]], one)


def test_few_images_have_no_folds_and_no_error():
    """As --max_probe_images=5 leaves, of five patients."""
    for count in range(2, 9):
        columns = {
            "id": np.array([f"i{n}" for n in range(count)]),
            "label": np.arange(count) % 3,
            "patient": np.array([f"p{n}" for n in range(count)]),
        }
        found = probing.folds_of(columns)
        assert found is None or set(found) == {1, 2, 3}
