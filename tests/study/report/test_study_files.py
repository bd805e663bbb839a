"""Damaged files of a study, and a verdict that its tables contradict."""

import json
import shutil

import pytest

from transfusion_tf.study.report import context


@pytest.fixture
def copy(study_of_kind, tmp_path):
    """A copy of a study that a test may change."""

    def made(kind="ordinal"):
        root = tmp_path / "copy"
        shutil.copytree(study_of_kind(kind), root)
        return root

    return made


def change_verdict(root, *keys, value):
    """Changes one value of verdict.json, as an editor would."""
    path = root / "verdict.json"
    content = json.loads(path.read_text())
    part = content
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    path.write_text(json.dumps(content))


def refusal(root):
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        context.gather(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "keys, value, field",
    [
        (("margin",), 0.05, "margin is 0.05 there and 0.01 here"),
        (("comparisons", 0, "verdict"), "equivalent", "[0].verdict"),
        (("comparisons", 0, "difference"), 0.5, "[0].difference"),
        (("comparisons", 0, "non_inferior"), False, "[0].non_inferior"),
        (("comparisons", 0, "p_adjusted"), None, "[0].p_adjusted"),
        (
            ("comparisons", 0, "would_settle", "seeds"),
            [2, 3],
            "[0].settled_by_seeds_from",
        ),
        (("comparisons", 0), {}, "comparisons[0].arm is n/a"),
        (("comparisons",), [], "number of comparisons is 0"),
        (("learning_rates", 0, "val_auc"), 0.99, "learning_rates[0].val_auc"),
        (("learning_rates", 0, "tried"), [0.1, 0.2], "[0].tried"),
        (("learning_rates",), [], "number of learning_rates is 0"),
        (("warnings",), [], "number of warnings is 0"),
        (("warnings", 0), "All is well.", "warnings[0] is All is well. there"),
        (("left_out",), ["a run"], "number of left_out is 1"),
    ],
)
def test_a_verdict_changed_by_hand(copy, keys, value, field):
    root = copy()
    change_verdict(root, *keys, value=value)
    line = refusal(root)
    assert field in line and str(root / "verdict.json") in line
    assert "Start run_study.py again" in line


@pytest.mark.parametrize(
    "name, old, new, said",
    [
        ("comparisons.csv", "pretrained textures", "x", "comparisons[0].arm"),
        ("arms.csv", "cbr_tiny random", "cbr_tiny rnd", "[0].reference"),
        ("arms.csv", "0 1 2", "0 1", "the seeds of the finished runs"),
        ("study.csv", ",yes,", ",no,", "the seeds of the finished runs"),
    ],
)
def test_a_table_changed_by_hand(copy, name, old, new, said):
    root = copy()
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new, 1))
    line = refusal(root)
    assert said in line and name in line


@pytest.mark.parametrize("kind", ["folds", "undefined_aucs", "missing_runs"])
def test_files_as_a_study_writes_them_agree(study_of_kind, kind):
    assert context.gather(study_of_kind(kind)).runs


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("verdict.json", "{", "not readable as JSON"),
        ("verdict.json", '{"margin": 1}', "is damaged (its "),
        ("study.json", '{"format": "1"}', "is damaged (its "),
        ("comparisons.csv", "arm\n1,2,3\n", "comparisons.csv is damaged"),
        ("arms.csv", "", "arms.csv is damaged"),
        ("arms.csv", "arm,value\n", "no column dataset"),
        ("study.csv", "\xff", "study.csv is damaged"),
    ],
)
def test_damaged_files_are_named(copy, name, content, said):
    root = copy()
    (root / name).write_bytes(content.encode("latin-1"))
    line = refusal(root)
    assert said in line and name in line


def test_a_study_of_another_format(copy):
    root = copy()
    (root / "study.json").write_text('{"format": 9, "study": {}}')
    assert "a study of the format 9, this release reads 1" in refusal(root)


def test_numbers_that_are_none(copy):
    root = copy()
    lines = (root / "arms.csv").read_text().splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("num_images")] = "many"
    (root / "arms.csv").write_text("\n".join([lines[0], ",".join(cells)]))
    assert "its column num_images is not all numbers" in refusal(root)


@pytest.mark.parametrize(
    "name",
    [
        "study.csv",
        "arms.csv",
        "comparisons.csv",
        "remarks.csv",
        "verdict.json",
    ],
)
def test_without_finished_runs(copy, name):
    root = copy()
    (root / name).unlink()
    assert f"no {name}: none of its runs is finished" in refusal(root)


def test_no_study(tmp_path):
    assert "is not a study (it has no study.json)" in refusal(tmp_path)
