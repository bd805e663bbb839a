"""Small data sets of Transfusion with their true folders, names and quirks."""

import numpy as np
from scipy import io as scipy_io

from tests.data_prep.trees import write_image

# Image, grade; patient 17 has one eye only in the table.
EYEPACS_TRAIN = (
    ("10_left", 0),
    ("10_right", 1),
    ("13_left", 4),
    ("13_right", 3),
    ("15_left", 2),
    ("15_right", 0),
    ("17_left", 0),
)
# Image, grade, usage.
EYEPACS_TEST = (
    ("1_left", 0, "Private"),
    ("1_right", 1, "Private"),
    ("2_left", 2, "Public"),
    ("2_right", 2, "Public"),
    ("3_left", 3, "Private"),
    ("3_right", 4, "Private"),
)
APTOS = (
    ("000c1434d8d7", 2),
    ("001639a390f0", 4),
    ("0024cdab0c1e", 1),
    ("002c21358ce6", 0),
    ("005b95c28852", 0),
    ("00836aaacf06", 3),
)
# Image as the table has it, grade, macular edema, gradable.
MESSIDOR2 = (
    ("20051020_43808_0100_PP.png", "0", "0", "1"),
    ("20051020_43832_0100_PP.png", "1", "0", "1"),
    ("20051020_43882_0100_PP.png", "", "", "0"),
    ("20051020_43906_0100_PP.png", "2", "1", "1"),
    ("IM000012.jpg", "3", "1", "1"),
    ("IM000013.jpg", "4", "0", "1"),
)
MESSIDOR2_PAIRS = (
    ("20051020_43832_0100_PP.png", "20051020_43808_0100_PP.png"),
    ("20051020_43882_0100_PP.png", "20051020_43906_0100_PP.png"),
    ("IM000013.JPG", "IM000012.JPG"),
)
# What stands in CheXpert's tables before the labels, and their order.
CHEXPERT_COLUMNS = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,"
    "Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,"
    "Support Devices"
)
# Split, place, {label: value}; other labels are empty. Patients have several
# studies, studies have several views.
CHEXPERT = (
    ("train", "patient00001/study1/view1_frontal", {"Edema": "1.0"}),
    (
        "train",
        "patient00002/study1/view1_frontal",
        {"Edema": "-1.0", "Cardiomegaly": "0.0", "Atelectasis": "-1.0"},
    ),
    ("train", "patient00002/study1/view2_lateral", {"Fracture": "1.0"}),
    ("train", "patient00002/study2/view1_frontal", {"Consolidation": "1.0"}),
    ("train", "patient00003/study1/view1_frontal", {"Cardiomegaly": "1.0"}),
    ("train", "patient00004/study1/view1_frontal", {"Edema": "0.0"}),
    ("train", "patient00005/study1/view1_frontal", {"Atelectasis": "1.0"}),
    ("train", "patient00006/study1/view1_frontal", {"Pleural Effusion": "1.0"}),
    ("train", "patient00007/study1/view1_frontal", {}),
    ("valid", "patient64541/study1/view1_frontal", {"Edema": "1.0"}),
    ("valid", "patient64541/study1/view2_lateral", {"Edema": "1.0"}),
    ("valid", "patient64542/study1/view1_frontal", {"Edema": "0.0"}),
    ("test", "patient64741/study1/view1_frontal", {"Atelectasis": "1.0"}),
    ("test", "patient64742/study1/view1_frontal", {"Edema": "1.0"}),
)
WNIDS = ("n01440764", "n02012849", "n03126707")
SYNSET_WORDS = (
    "n01440764 tench, Tinca tinca",
    "n02012849 crane",
    "n03126707 crane",
    "n15075141 toilet tissue, toilet paper, bathroom tissue",
)


def write_csv(path, header, rows, separator=","):
    """Writes a table of `rows` as their authors have it."""
    lines = [header, *(separator.join(map(str, row)) for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def make_eyepacs(root, train=EYEPACS_TRAIN, test=EYEPACS_TEST):
    """Kaggle's folders, both tables, and the ten images shown apart."""
    for value, (name, *_) in enumerate(train):
        write_image(root / "train" / f"{name}.jpeg", 20 * value)
    for value, (name, *_) in enumerate(test):
        write_image(root / "test" / f"{name}.jpeg", 20 * value + 10)
    write_image(root / "sample" / f"{train[0][0]}.jpeg", 0)
    write_csv(root / "trainLabels.csv", "image,level", train)
    write_csv(root / "retinopathy_solution.csv", "image,level,Usage", test)
    write_csv(root / "sampleSubmission.csv", "image,level", test[:1])
    return root


def make_aptos(root, rows=APTOS):
    """Kaggle's folders and tables; the test images have no grade."""
    for value, (name, _) in enumerate(rows):
        write_image(root / "train_images" / f"{name}.png", 20 * value)
    write_image(root / "test_images" / "0005cfc8afb6.png", 250)
    write_csv(root / "train.csv", "id_code,diagnosis", rows)
    write_csv(root / "test.csv", "id_code", [("0005cfc8afb6",)])
    return root


def make_messidor2(root, rows=MESSIDOR2, pairs=MESSIDOR2_PAIRS):
    """ADCIS' folder and pairs (None: not there), and the adjudicated grades."""
    for value, (name, *_) in enumerate(rows):
        name = name.replace(".jpg", ".JPG")
        write_image(root / "IMAGES" / name, 20 * value)
    header = (
        "image_id,adjudicated_dr_grade,adjudicated_dme,adjudicated_gradable"
    )
    write_csv(root / "messidor_data.csv", header, rows)
    if pairs:
        write_csv(root / "messidor-2.csv", "left;right ", pairs, ";")
    return root


def make_chexpert(root, rows=CHEXPERT, folder="CheXpert-v1.0-small"):
    """The folder and tables; radiologists' labels have no gaps."""
    names = CHEXPERT_COLUMNS.split(",")
    lines = {"train": [], "valid": [], "test": []}
    for value, (split, place, labels) in enumerate(rows):
        write_image(root / folder / split / f"{place}.jpg", 5 * value)
        view = "Lateral" if "lateral" in place else "Frontal"
        gap = "" if split == "train" else "0.0"
        values = [labels.get(name, gap) for name in names[5:]]
        path = f"{folder}/{split}/{place}.jpg"
        lines[split].append((path, "Female", 68, view, "AP", *values))
    header = CHEXPERT_COLUMNS
    write_csv(root / folder / "train.csv", header, lines["train"])
    write_csv(root / folder / "valid.csv", header, lines["valid"])
    if lines["test"]:
        # It came later, from elsewhere: other paths, fewer columns.
        tests = [
            (path.removeprefix(f"{folder}/"), *values)
            for path, _, _, _, _, *values in lines["test"]
        ]
        write_csv(
            root / folder / "test_labels.csv",
            ",".join([names[0], *names[5:]]),
            tests,
        )
    return root


def make_imagenet(root, *, num_train=3, num_val=2, is_flat=False):
    """The folders of the challenge, with Kaggle's table of what val shows."""
    top = root / "ILSVRC" / "Data" / "CLS-LOC"
    rows, value = [], 0
    for place, wnid in enumerate(WNIDS):
        for i in range(num_train):
            value += 1
            file = f"{wnid}_{100 * i}.JPEG"
            write_image(top / "train" / wnid / file, value, format="JPEG")
        for i in range(num_val):
            value += 1
            # The kinds take turns, as in the challenge they are mixed.
            name = f"ILSVRC2012_val_{i * len(WNIDS) + place + 1:08d}"
            folder = top / "val" if is_flat else top / "val" / wnid
            write_image(folder / f"{name}.JPEG", value, format="JPEG")
            rows.append((name, f"{wnid} 10 20 300 400 {wnid} 1 2 3 4"))
    write_image(top / "test" / "ILSVRC2012_test_00000001.JPEG", 9)
    # Kaggle's rows are in no order.
    write_csv(
        root / "LOC_val_solution.csv", "ImageId,PredictionString", rows[::-1]
    )
    words = root / "LOC_synset_mapping.txt"
    words.write_text("".join(f"{line}\n" for line in SYNSET_WORDS))
    return root


def write_meta(path, numbers):
    """The table of synsets of the development kit: {number: wnid}."""
    kind = [("ILSVRC2012_ID", object), ("WNID", object), ("words", object)]
    rows = [(number, wnid, "a, b") for number, wnid in numbers.items()]
    scipy_io.savemat(path, {"synsets": np.array(rows, kind)[:, None]})
