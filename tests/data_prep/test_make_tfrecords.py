"""End-to-end tests of the binary, as a process."""

import json
import zipfile

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from data_prep import conversion_flags, make_tfrecords, source_flags, sources
from tests.data_prep import trees
from transfusion_tf.audit import audit
from transfusion_tf.conversion import convert
from transfusion_tf.data import records, splits
from transfusion_tf.images import prepare

SCRIPT = "data_prep/make_tfrecords.py"
# What every source needs, where nothing is read before the flags are checked.
GIVEN = ("--output_dir=OUT", "--input=x")


def files_of(root):
    """{name: bytes} of a directory."""
    return {path.name: path.read_bytes() for path in root.iterdir()}


def make_folder(root, *, num_images=40):
    """JPEG files with comments: two classes, two images a patient."""
    rng = np.random.default_rng(0)
    for i in range(num_images):
        path = root / f"class_{i % 4 // 2}" / f"DOE{i // 2}_{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(path, comment=f"DOE {i}")
    return root


def zipped(root):
    """An archive of `root`, in the opposite order of names."""
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.jpg"), reverse=True):
            archive.write(file, file.relative_to(root.parent))
    return path


def errors(done):
    """The lines `error: ...` on stderr; the others are ours too: warnings."""
    assert "Traceback" not in done.stderr
    assert "oneDNN" not in done.stderr  # TensorFlow's notes at its start.
    return [
        line for line in done.stderr.splitlines() if line.startswith("error: ")
    ]


def test_npz(tiny_dataset):
    opened = records.open_records(tiny_dataset, verify=True)
    assert opened.card.num_examples == {"train": 160, "val": 40, "test": 60}
    assert opened.card.name == "tiny"
    assert (opened.card.channels, opened.card.image_size) == (1, 16)


def test_archive_and_directory_give_the_same_records(binary, tmp_path):
    root = make_folder(tmp_path / "raw")
    outputs = []
    for place in (root, zipped(root)):
        outputs.append(tmp_path / f"out{len(outputs)}")
        done = binary(
            SCRIPT,
            "--source=image_folder",
            "--name=raw",
            f"--input={place}",
            f"--output_dir={outputs[-1]}",
            r"--patient_pattern=DOE(\d+)",
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == str(outputs[-1] / "1.0.0")
        *table, last = (line.split() for line in done.stdout.splitlines()[1:])
        assert table[0] == ["train", "val", "test"]
        assert [row[0] for row in table[1:]] == ["images", "class_0", "class_1"]
        assert last[:3] == ["near-duplicates", "across", "splits:"]
        assert sum(int(n) for n in table[1][1:]) == 40
        assert errors(done) == []
    first, second = (files_of(output / "1.0.0") for output in outputs)
    assert first.keys() == second.keys()
    for name in first.keys() - {"data_card.json"}:
        assert first[name] == second[name], name
    cards = [json.loads(f["data_card.json"]) for f in (first, second)]
    assert cards[0].pop("source") != cards[1].pop("source")
    assert cards[0] == cards[1]
    assert cards[0]["has_patients"] and cards[0]["preprocessing"]["kept"] == 40
    assert not any(b"DOE" in data for data in first.values())


def test_csv_with_options(binary, tmp_path):
    root = make_folder(tmp_path / "raw")
    rows = [
        f"{path.relative_to(root)},{i % 3},site {i % 4}"
        for i, path in enumerate(sorted(root.rglob("*.jpg")))
    ]
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(["path,label,site", *rows]))
    (root / "class_0" / "DOE0_0.jpg").write_bytes(b"broken")
    done = binary(
        SCRIPT,
        "--source=csv",
        f"--input={root}",
        f"--labels={labels}",
        "--task=ordinal",
        "--name=grades",
        "--extra_columns=site",
        "--image_size=4",
        "--resize_mode=crop",
        "--max_bad_fraction=0.1",
        "--seed=5",
        "--num_workers=1",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 0, done.stderr
    card = records.open_records(tmp_path / "out", verify=True).card
    assert (card.name, card.task, card.classes) == (
        "grades",
        "ordinal",
        ("0", "1", "2"),
    )
    assert card.extra_columns == ("site",) and card.image_size == 4
    assert card.quarantined == 1 and sum(card.num_examples.values()) == 39
    assert card.preprocessing["resize_mode"] == "crop"
    assert card.splits["val"].endswith("seed 5")


def test_synthetic(binary, tmp_path):
    done = binary(
        SCRIPT,
        "--source=synthetic_textures",
        "--num_images=90",
        "--image_size=16",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    card = records.open_records(tmp_path, verify=True).card
    assert card.num_examples == {"train": 60, "val": 10, "test": 20}
    assert (card.image_size, card.channels) == (16, 3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "--source must be given"),
        (["--source=npz"], "--output_dir must be given"),
        (["--source=npz", "--output_dir=OUT"], "--input must be given"),
        (["--source=csv", "--output_dir=OUT", "--input=x"], "--labels must be"),
        (
            ["--source=npz", "--output_dir=OUT", "--input=x", "--labels=y"],
            "--labels does not go with --source=npz, which takes",
        ),
        (
            [
                "--source=npz",
                "--output_dir=OUT",
                "--input=x",
                "--max_bad_fraction=0",
            ],
            "--max_bad_fraction does not go with",
        ),
        (
            ["--source=synthetic_fundus", "--output_dir=OUT", "--input=x"],
            "--input does not go with --source=synthetic_fundus",
        ),
        (
            ["--source=synthetic_fundus", "--output_dir=OUT", "--name=x"],
            "--name does not go with --source=synthetic_fundus",
        ),
        (
            [
                "--source=npz",
                "--output_dir=OUT",
                "--input=x",
                "--resize_mode=fit",
            ],
            "--resize_mode=fit goes with --image_size",
        ),
        (
            ["--source=npz", "--output_dir=OUT", "--input=nowhere.npz"],
            "no file nowhere.npz",
        ),
        (["--source=bids"], "should be one of <npz|image_folder|csv"),
        (
            ["--source=npz", "--output_dir=OUT", "--input=x", "--window=1,2"],
            "--window does not go with --source=npz",
        ),
        (
            ["--source=tfds", "--output_dir=OUT", "--input=x", "--frame=1"],
            "--frame does not go with --source=tfds",
        ),
        (
            ["--source=idrid", "--output_dir=OUT", "--input=x", "--folds=x"],
            "--folds does not go with --source=idrid",
        ),
        (
            ["--source=csv", *GIVEN, "--labels=y", "--window=wide"],
            "--window must be CENTER,WIDTH (two numbers), auto or none. Rec",
        ),
        (
            ["--source=npz", *GIVEN, "--fold=1"],
            "--fold=1 goes with --num_f",
        ),
        (
            ["--source=npz", *GIVEN, "--num_folds=5"],
            "--num_folds and --fold go together",
        ),
        (
            ["--source=kermany_chest", *GIVEN, "--folds=x"],
            "--folds needs --fold",
        ),
        (
            [
                "--source=kermany_chest",
                *GIVEN,
                "--folds=x",
                "--fold=1",
                "--num_folds=5",
            ],
            "--folds and --num_folds do not go together",
        ),
        (
            ["--source=npz", *GIVEN, "--test_fraction=1.5"],
            "--test_fraction must be between 0 and 1. Received: 1.5",
        ),
        (
            ["--source=npz", *GIVEN, "--patient_salt_file=none.txt"],
            "no file none.txt for the salt",
        ),
        (
            ["--source=npz", *GIVEN, "--patient_salt_file=/dev/null"],
            "no file /dev/null for the salt",
        ),
        (["--image_size=0"], "image_size"),
        (
            ["--source=npz", *GIVEN, "--classes=a,b", "--positive_class=a"],
            "--positive_class=a goes with classes in no given order",
        ),
        *(
            (
                ["--source=image_folder", *GIVEN, f"--{flag}="],
                f"--{flag} is empty. Give a value, or leave it out",
            )
            for flag in ("patient_pattern", "name", "classes", "encoding")
        ),
    ],
)
def test_wrong_flags_get_one_line(binary, tmp_path, arguments, message):
    out = str(tmp_path / "out")
    done = binary(SCRIPT, *(a.replace("OUT", out) for a in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = errors(done)
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_a_corrupt_image_gets_one_line(binary, tmp_path):
    root = make_folder(tmp_path / "raw")
    path = root / "class_0" / "DOE0_0.jpg"
    path.write_bytes(path.read_bytes()[:-9])
    done = binary(
        SCRIPT,
        "--source=image_folder",
        f"--input={root}",
        f"--output_dir={tmp_path / 'out'}",
    )
    assert done.returncode == 2
    (line,) = errors(done)
    assert "'class_0/DOE0_0.jpg'" in line and "--max_bad_fraction" in line
    assert not (tmp_path / "out" / "1.0.0").exists()


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_salt_file_gets_one_line(binary, tmp_path, text):
    salt = tmp_path / "salt.txt"
    salt.write_text(text)
    done = binary(
        SCRIPT,
        "--source=npz",
        "--input=x",
        f"--output_dir={tmp_path / 'out'}",
        f"--patient_salt_file={salt}",
    )
    assert done.returncode == 2
    (line,) = errors(done)
    assert "salt.txt is empty. Fill it" in line


def test_absent_images_have_their_row(binary, tmp_path):
    root = make_folder(tmp_path / "images")
    paths = [p.relative_to(root) for p in sorted(root.rglob("*.jpg"))]
    rows = [f"{path},{i % 2}" for i, path in enumerate(paths)]
    rows.insert(7, "DOE/gone.jpg,1")  # After a header and seven rows.
    rows[20] = f"{paths[19]},"
    (root / paths[1]).write_bytes(b"no image")
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(["path,label", *rows]))
    done = binary(
        SCRIPT,
        "--source=csv",
        f"--input={root}",
        f"--labels={labels}",
        "--max_bad_fraction=0.1",
        f"--output_dir={tmp_path / 'Pilot set'}",
    )
    assert done.returncode == 0, done.stderr
    root = tmp_path / "Pilot set" / "1.0.0"
    table = [
        line.split(",")
        for line in (root / records.QUARANTINE).read_text().splitlines()
    ]
    assert table[0] == ["id", "reason", "row"]
    assert sorted((row[1][:12], row[2]) for row in table[1:]) == [
        ("absent", "9"),
        ("no label", "22"),
        ("not an image", "3"),
    ]
    card = records.read_card(root)
    assert card.name == "pilot_set"  # After the records, and not "images".
    assert card.positive == "1" and "\n1 (positive)" in done.stdout
    assert (root / "pilot_set-train.tfrecord-00000-of-00001").is_file()


class TestOptions:
    """What the flags say to the library, without a process."""

    @pytest.fixture(autouse=True)
    def flags(self):
        """Parses flags for one test."""
        flags = make_tfrecords.FLAGS

        def parse(*arguments):
            flags.unparse_flags()
            flags(["make_tfrecords.py", *arguments])

        parse()
        with flagsaver.flagsaver():
            yield parse

    @pytest.mark.parametrize(
        "stem, given, name",
        [
            ("images", (), "records_2"),
            ("images", ("--name=mine",), "mine"),
            ("pneumoniamnist_64", ("--medmnist_set=none",), "records_2"),
            ("pneumoniamnist_64", (), "pneumoniamnist_64"),
        ],
    )
    def test_of_names(self, flags, tmp_path, stem, given, name):
        path = trees.make_npz(tmp_path)["input"].rename(
            tmp_path / f"{stem}.npz"
        )
        flags("--source=npz", f"--input={path}", *given)
        assert source_flags.manifest(tmp_path / "Records 2").name == name

    def test_of_splits(self, flags):
        assert conversion_flags.split_options() == splits.DEFAULTS
        flags(
            "--splits=grouped",
            "--seed=3",
            "--val_fraction=0.2",
            "--num_folds=5",
            "--fold=2",
            "--require_patients",
        )
        assert conversion_flags.split_options() == splits.SplitOptions(
            mode="grouped",
            seed=3,
            val_fraction=0.2,
            num_folds=5,
            fold=2,
            require_patients=True,
        )

    def test_of_images(self, flags):
        assert conversion_flags.image_options() == prepare.DEFAULTS
        flags("--image_size=9", "--window=40,400.5", "--frame=2")
        assert conversion_flags.image_options() == prepare.ImageOptions(
            image_size=9, window=(40.0, 400.5), frame=2
        )
        flags("--window=none", "--fundus=crop")
        with pytest.raises(ValueError, match="window"):
            conversion_flags.image_options()  # Photographs have none.

    def test_of_conversions(self, flags, tmp_path):
        assert conversion_flags.conversion_options() == {}
        salt = tmp_path / "salt.txt"
        salt.write_text("secret\n")
        flags(
            "--on_leak=report",
            "--max_bad_fraction=0",
            f"--patient_salt_file={salt}",
        )
        assert conversion_flags.conversion_options() == {
            "on_leak": "report",
            "max_bad_fraction": 0.0,
            "patient_salt": b"secret",
        }

    def test_of_folds_go_to_the_source_that_has_them(self, flags, tmp_path):
        root = trees.make_chest(tmp_path / "raw")
        given = ("--source=kermany_chest", f"--input={root}", "--fold=1")
        flags(*given, "--num_folds=3")
        assert len(source_flags.manifest().table) == len(trees.CHEST)
        flags(*given, f"--folds={tmp_path}")
        with pytest.raises(FileNotFoundError, match="no file .*train_1.csv"):
            source_flags.manifest()


def test_choices_of_flags_are_those_of_the_library():
    flags = make_tfrecords.FLAGS
    assert flags["source"].parser.enum_values == list(sources.NAMES)
    assert flags["resize_mode"].parser.enum_values == list(prepare.RESIZE_MODES)
    assert flags["splits"].parser.enum_values == list(splits.MODES)
    assert flags["fundus"].parser.enum_values == list(prepare.FUNDUS_MODES)
    assert flags["on_leak"].parser.enum_values == list(audit.ON_LEAK)
    for name in ("test_fraction", "val_fraction"):
        default = getattr(splits, name.upper())
        assert f"default: {default}" in flags[name].help
    default = convert.MAX_BAD_FRACTION
    assert f"default: {default}" in flags["max_bad_fraction"].help


def test_pneumoniamnist(shared, binary, tmp_path):
    done = binary(
        SCRIPT,
        "--source=npz",
        f"--output_dir={tmp_path}",
        f"--input={shared / 'data' / 'pneumoniamnist.npz'}",
    )
    assert done.returncode == 0, done.stderr
    card = records.open_records(tmp_path, verify=True).card
    # 10 of the training images have the pixels of 8 images of validation.
    assert card.num_examples == {"train": 4_698, "val": 524, "test": 624}
    assert card.audit["dropped"] == {"train": 10}
    assert card.counts["train"] == {"normal": 1_214, "pneumonia": 3_484}
