"""Small raw data sets with the layout of those of Juodelyte et al. 2023.

Each function writes below `folder` and returns the options of the source.
"""

import functools
import io
import pathlib

import h5py
import numpy as np
import pydicom
from pydicom.data import get_testdata_file

from tests.data_prep.trees import write_image

BUSI = "Dataset_BUSI_with_GT"
BUSI_COUNTS = {"benign": 12, "malignant": 8, "normal": 4}
ISIC_CLASSES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
# Part -> numbers of its images.
ISIC = {
    "Training": range(24_306, 24_334),
    "Validation": range(34_524, 34_531),
    "Test": range(34_720, 34_727),
}


def write(path, text):
    """Writes `text` to a file, and its folder."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")
    return path


def write_folds(folder, rows, *, number=1, form="{split}_fold{number}.csv"):
    """Writes {split: [(path, class)]} as the CSV files of a fold."""
    for split, pairs in rows.items():
        lines = [f"{i},{p},{c}\n" for i, (p, c) in enumerate(pairs)]
        name = form.format(split=split, number=number)
        write(folder / name, "".join([",path,class\n", *lines]))
    return {"folds": folder, "fold": number}


def make_busi(folder):
    """Folders of classes; masks, some of them second ones."""
    root = folder / "Raw set"
    value = 0
    for label, number in BUSI_COUNTS.items():
        for i in range(1, number + 1):
            value += 1
            stem = root / BUSI / label / f"{label} ({i})"
            write_image(stem.with_name(f"{stem.name}.png"), value)
            write_image(stem.with_name(f"{stem.name}_mask.png"), 200)
    write_image(root / BUSI / "benign" / "benign (4)_mask_1.png", 200)
    return {"input": root}


def make_isic(folder, parts=tuple(ISIC)):
    """Images and tables of `parts`; lesions of two training images each."""
    root = folder / "Raw set"
    for part in parts:
        rows = ["image," + ",".join(ISIC_CLASSES)]
        for number in ISIC[part]:
            name = f"ISIC_{number:07d}"
            folder = root / f"ISIC2018_Task3_{part}_Input"
            write_image(folder / f"{name}.jpg", number % 251)
            # Of one class in a row of two, as their lesion.
            ones = ["0.0"] * 7
            ones[number // 2 % 7] = "1.0"
            rows.append(",".join([name, *ones]))
        write(folder / "ATTRIBUTION.txt", "HAM10000")
        stem = f"ISIC2018_Task3_{part}_GroundTruth"
        write(root / stem / f"{stem}.csv", "\n".join(rows) + "\n")
    lines = ["image,lesion_id,diagnosis_confirm_type"]
    lines += [
        f"ISIC_{n:07d},HAM_{n // 2:07d},histopathology"
        for n in ISIC["Training"]
    ]
    path = root / "ISIC2018_Task3_Training_LesionGroupings.csv"
    write(path, "\n".join(lines) + "\n")
    return {"input": root}


NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,"
    "Patient Gender,View Position,OriginalImage[Width,Height],"
    "OriginalImagePixelSpacing[x,y],"
)
NIH_FINDINGS = (
    "Cardiomegaly|Emphysema",
    "No Finding",
    "Pleural_Thickening",
    "Hernia",
)


def make_nih(folder, table="Data_Entry_2017.csv"):
    """Three images each of 16 patients in two folders; 4 patients in test."""
    root = folder / "Raw set"
    lines, lists = [NIH_HEADER], {"train_val": [], "test": []}
    for patient in range(1, 17):
        for visit in range(3):
            name = f"{patient:08d}_{visit:03d}.png"
            finding = NIH_FINDINGS[(patient + visit) % 4]
            lines.append(
                f"{name},{finding},{visit},{patient},058Y,M,PA,"
                "2682,2749,0.143,0.143,"
            )
            lists["test" if patient > 12 else "train_val"].append(name)
            part = f"images_{1 + patient % 2:03d}"
            write_image(root / part / "images" / name, 4 * patient + visit)
    write(root / table, "\n".join(lines) + "\n")
    for part, names in lists.items():
        write(root / f"{part}_list.txt", "\n".join(names))
    write(root / "BBox_List_2017.csv", "Image Index,Finding Label\n")
    return {"input": root}


MRNET = "MRNet-v1.0"
# Exam -> abnormal, acl, meniscus; those of valid count on from train.
MRNET_EXAMS = {
    "train": {f"{i:04d}": (int(i > 2), i % 2, i // 2 % 2) for i in range(24)},
    "valid": {
        "1130": (1, 0, 0),  # Abnormal without a tear.
        "1131": (1, 1, 1),
        "1132": (1, 0, 1),
        "1133": (0, 0, 0),
    },
}


def make_mrnet(folder):
    """Volumes of 3 to 7 slices in three planes, tables without header."""
    root = folder / "Raw set" / MRNET
    value = 0
    for part, exams in MRNET_EXAMS.items():
        for plane in ("axial", "coronal", "sagittal"):
            for exam in exams:
                value += 1
                length = 3 + int(exam) % 5
                volume = np.full((length, 8, 8), value, np.uint8)
                volume[:, 0, 0] = 200 + np.arange(length)
                path = root / part / plane / f"{exam}.npy"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.save(path, volume)
        for i, finding in enumerate(("abnormal", "acl", "meniscus")):
            lines = [f"{exam},{labels[i]}\n" for exam, labels in exams.items()]
            write(root / f"{part}-{finding}.csv", "".join(lines))
    return {"input": folder / "Raw set"}


PCAM = "camelyonpatch_level_2_split_{}_{}"
PCAM_COUNTS = {"train": 24, "valid": 8, "test": 8}


def make_pcam(folder):
    """Files of x, y and slides; every second patch has tumour, 4 a slide."""
    root = folder / "Raw set"
    root.mkdir()
    for i, (split, number) in enumerate(PCAM_COUNTS.items()):
        patches = np.full((number, 96, 96, 3), 60 * i, np.uint8)
        patches += np.arange(number, dtype=np.uint8)[:, None, None, None]
        # Of the same index another label in test than in the others.
        labels = (np.arange(number) + i // 2).reshape(-1, 1, 1, 1) % 2
        for key, array in (("x", patches), ("y", labels.astype(np.uint8))):
            with h5py.File(root / f"{PCAM.format(split, key)}.h5", "w") as file:
                file.create_dataset(key, data=array, compression="gzip")
        lines = [",coord_y,coord_x,tumor_patch,center_tumor_patch,wsi\n"]
        lines += [
            f"{n},{n},0,True,True,camelyon16_{split}_tumor_{n // 4:03d}\n"
            for n in range(number)
        ]
        write(root / f"{PCAM.format(split, 'meta')}.csv", "".join(lines))
    return {"input": root}


# Case -> score, number of images; None: no score, "": an empty element.
DDTI = {
    **{
        str(i): (("2", "4a", "3", "4b")[i % 4], 1 + i % 2) for i in range(1, 21)
    },
    "102": (None, 2),
    "103": ("", 1),
    "104": ("4c", 1),
    "105": ("5", 1),
}


def make_ddti(folder):
    """XML files and images of cases in one folder."""
    root = folder / "Raw set"
    value = 0
    for case, (score, number) in DDTI.items():
        marks = "".join(
            f"<mark><image>{i}</image><svg>[]</svg></mark>"
            for i in range(1, number + 1)
        )
        tirads = "" if score is None else f"<tirads>{score}</tirads>"
        write(
            root / f"{case}.xml",
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
            f"<case><number>{case}</number><age>44</age><sex>F</sex>"
            "<composition>solid</composition><echogenicity/><margins/>"
            f"<calcifications>non</calcifications>{tirads}"
            f"<reportbacaf/><reporteco/>{marks}</case>\n",
        )
        for i in range(1, number + 1):
            value += 1
            write_image(root / f"{case}_{i}.jpg", value)
    return {"input": root}


CBIS_HEADERS = {
    "mass": "patient_id,breast_density,left or right breast,image view,"
    "abnormality id,abnormality type,mass shape,mass margins,assessment,"
    "pathology,subtlety,image file path,cropped image file path,"
    "ROI mask file path",
    "calc": "patient_id,breast density,left or right breast,image view,"
    "abnormality id,abnormality type,calc type,calc distribution,assessment,"
    "pathology,subtlety,image file path,cropped image file path,"
    "ROI mask file path",
}
# Kind, split, patient, side and view, pathologies of its abnormalities.
CBIS = (
    *(
        (kind, split, f"P_{start + i:05d}", view, (pathology,))
        for kind, start in (("mass", 100), ("calc", 200))
        for split, numbers in (("train", range(8)), ("test", range(8, 12)))
        for i in numbers
        for view in ("LEFT_CC",)
        for pathology in (("BENIGN", "MALIGNANT")[i % 2],)
    ),
    ("mass", "train", "P_00001", "LEFT_CC", ("MALIGNANT", "BENIGN")),
    ("mass", "train", "P_00001", "LEFT_MLO", ("BENIGN",)),
    ("calc", "train", "P_00005", "RIGHT_CC", ("BENIGN_WITHOUT_CALLBACK",) * 3),
    ("calc", "test", "P_00038", "LEFT_CC", ("BENIGN", "MALIGNANT")),
    ("mass", "test", "P_00038", "LEFT_CC", ("BENIGN",)),
)


def cbis_name(kind, split, patient, view):
    """What the path of an image begins with in the tables."""
    part = "Training" if split == "train" else "Test"
    return f"{kind.title()}-{part}_{patient}_{view}"


def cbis_series(name):
    """A made series number of an image."""
    return f"1.3.6.1.4.1.9590.100.1.2.{sum(map(ord, name)) * 7919}.{name[-9:]}"


def make_cbis(folder, layout="dicom"):
    """Tables and the images of a layout: dicom, jpeg or flat."""
    root = folder / "Raw set"
    lines = {}
    for value, (kind, split, patient, view, pathologies) in enumerate(CBIS):
        name = cbis_name(kind, split, patient, view)
        series = cbis_series(name)
        for i, pathology in enumerate(pathologies, 1):
            side, _, projection = view.partition("_")
            crop = f"{name}_{i}/1.3.6.1.4/1.3.6.1.5/000001.dcm"
            lines.setdefault((kind, split), [CBIS_HEADERS[kind]]).append(
                f"{patient},3,{side},{projection},{i},{kind},ROUND,SPICULATED,"
                f"4,{pathology},4,{name}/1.3.6.1.4/{series}/000000.dcm,"
                # The real tables break these lines.
                f'"{crop}\n","{crop}\n"'
            )
            _write_cbis(root, layout, f"{name}_{i}", f"{series}.{i}", 31)
        _write_cbis(root, layout, name, series, value)
    for (kind, split), rows in lines.items():
        table = f"{kind}_case_description_{split}_set.csv"
        write(root / "csv" / table, "\n".join(rows) + "\n")
    return {"input": root}


@functools.cache  # Most of a tree's files are alike, and pydicom is slow.
def mammogram(value):
    """The DICOM file of 8 x 8 pixels of 16 bits."""
    data = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    data.Modality, data.Rows, data.Columns = "MG", 8, 8
    data.PixelRepresentation = 0
    pixels = np.full((8, 8), 256 * value, np.uint16)
    pixels[0] = np.arange(8)
    data.PixelData = pixels.tobytes()
    data.save_as(buffer := io.BytesIO())
    return buffer.getvalue()


def _write_cbis(root, layout, name, series, value):
    if layout == "jpeg":
        write_image(root / "jpeg" / series / "1-263.jpg", 8 * value)
    elif layout == "flat":
        if not name[-1].isdigit():  # Whole mammograms only.
            write_image(root / "images" / f"{name}.png", 8 * value)
    else:
        folder = root / "CBIS-DDSM" / name / "08-29-2017-DDSM-NA-96009"
        folder /= f"1.0-images-{value}"
        folder.mkdir(parents=True)
        (folder / "1-1.dcm").write_bytes(mammogram(value))
