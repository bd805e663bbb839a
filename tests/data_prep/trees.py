"""Small raw data sets with the folders, names and quirks of the real ones."""

import tarfile
import zipfile

import numpy as np
import pandas as pd
from PIL import Image

# Numbers of images in the splits of the small sets.
SPLITS = {"train": 12, "val": 3, "test": 6}
# Person1 and IM-0001 are in both of the official splits.
CHEST = (
    "train/NORMAL/IM-0001-0001.jpeg",
    "train/NORMAL/IM-0002-0001-0001.jpeg",
    "train/NORMAL/IM-0002-0001-0002.jpeg",
    "train/NORMAL/NORMAL2-IM-0003-0001.jpeg",
    "train/PNEUMONIA/person1_bacteria_1.jpeg",
    "train/PNEUMONIA/person2_virus_2.jpeg",
    "train/PNEUMONIA/person2_virus_2_1.jpeg",
    "test/NORMAL/NORMAL2-IM-0001-0001.jpeg",
    "test/NORMAL/IM-0011-0001.jpeg",
    "test/PNEUMONIA/person1_virus_6.jpeg",
    "test/PNEUMONIA/person11_virus_7.jpeg",
)
# Split, name, grade, comment; one number is in both of the splits.
FUNDUS = (
    ("train", "IDRiD_001", 3, "010820171"),
    ("train", "IDRiD_002", 0, "010820171"),
    ("train", "IDRiD_003", 4, None),
    ("train", "IDRiD_004", 1, "9021"),  # No examination: too short.
    ("train", "IDRiD_005", 2, "7654321"),
    ("test", "IDRiD_001", 0, "No. 7654321, right eye"),
    ("test", "IDRiD_002", 2, None),
)
IDRID = "B. Disease Grading"
_PLACES = {  # The table, what follows its columns, the folder of the images.
    "train": ("a", "Training Labels", ",,,,,,,,,", "a. Training Set"),
    "test": ("b", "Testing Labels", "", "b. Testing Set"),
}


def write_image(path, value, **options):
    """A grey file of 4 x 4 pixels of one value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), value).save(path, **options)


def make_chest(root, files=CHEST):
    """Writes `chest_xray` with `files` below `root`, and hidden files."""
    for value, file in enumerate(files):
        write_image(root / "chest_xray" / file, value)
    (root / "chest_xray" / ".DS_Store").write_bytes(b"\0")
    hidden = root / "__MACOSX" / "chest_xray" / "train" / "NORMAL"
    hidden.mkdir(parents=True)
    (hidden / "._IM-0001-0001.jpeg").write_bytes(b"\0")
    return root


def make_fundus(root, rows=FUNDUS):
    """Writes IDRiD's folder of grading below `root`; `rows` as FUNDUS."""
    folder = root / IDRID
    (folder / "2. Groundtruths").mkdir(parents=True)
    (folder / "LICENSE.txt").write_text("free")
    for number, (split, name, _, comment) in enumerate(rows):
        options = {"comment": comment} if comment else {}
        write_image(image_of(root, split, name), 5 * number % 256, **options)
    for split in _PLACES:
        write_grades(root, split, [row[1:3] for row in rows if row[0] == split])
    return root


def write_grades(root, split, pairs):
    """Writes the table of `split`: pairs of name and grade."""
    letter, labels, commas, _ = _PLACES[split]
    head = f"Image name,Retinopathy grade,Risk of macular edema {commas}"
    lines = [head, *(f"{n},{grade},2{commas}" for n, grade in pairs)]
    name = f"{letter}. IDRiD_Disease Grading_{labels}.csv"
    path = root / IDRID / "2. Groundtruths" / name
    path.write_text("".join(f"{line}\r\n" for line in lines), newline="")


def image_of(root, split, name):
    """The path of the photograph `name` of `split`."""
    folder = root / IDRID / "1. Original Images" / _PLACES[split][3]
    return folder / f"{name}.jpg"


def packed(root, kind):
    """The directory `root`, or an archive of it in the opposite order."""
    if kind == "directory":
        return root
    path = root.with_suffix(f".{kind}")
    files = [p for p in sorted(root.rglob("*"), reverse=True) if p.is_file()]
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, file.relative_to(root))
    else:
        with tarfile.open(path, "w") as archive:
            for file in files:
                archive.add(file, file.relative_to(root))
    return path


def folder_of(root, *paths):
    """Writes an image at each of `paths` below `root`."""
    for value, path in enumerate(paths):
        write_image(root / path, value)
    return root


def make_npz(folder, **changes):
    """An .npz of 21 images of two classes; `changes` None: left out."""
    arrays = {}
    for split, number in SPLITS.items():
        arrays[f"{split}_images"] = np.arange(
            number * 16, dtype=np.uint8
        ).reshape(number, 4, 4)
        arrays[f"{split}_labels"] = np.arange(number)[:, None] % 2
    arrays |= changes
    path = folder / "Raw set.npz"
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return {"input": path}


def make_image_folder(folder):
    """`<split>/<class>/`, with files that are no images among them."""
    root = folder / "Raw set"
    value = 0
    for split, number in SPLITS.items():
        for i in range(number):
            value += 1
            write_image(
                root / split / "ab"[i % 2] / f"p{i // 2}_{i}.png", value
            )
    (root / "LICENSE.txt").write_text("free")
    (root / "train" / ".DS_Store").write_text("")
    write_image(root / "__MACOSX" / "train" / "a" / "x.png", 1)
    return {"input": root}


def make_csv(folder):
    """A table of the images of `make_image_folder`."""
    root = make_image_folder(folder)["input"]
    paths = [p.relative_to(root) for p in sorted(root.glob("t*/*/*.png"))]
    paths += [p.relative_to(root) for p in sorted(root.glob("v*/*/*.png"))]
    table = pd.DataFrame(
        {
            "path": [p.as_posix() for p in paths],
            "label": [p.parts[1] for p in paths],
            "split": [p.parts[0] for p in paths],
        }
    )
    table.to_csv(folder / "labels.csv", index=False)
    return {"input": root, "labels": folder / "labels.csv"}
