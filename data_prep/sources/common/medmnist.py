"""What was published of the twelve 2-D sets of MedMNIST v2.

Yang et al. 2023, doi:10.1038/s41597-022-01721-8; names, tasks and numbers as
in the package medmnist 3.0.2. The archives themselves call the classes
0, 1, ..., and do not name patients.
"""

import dataclasses
import re

from transfusion_tf import names

NONE = "none"  # For an archive that only has the name of one of the sets.
_SIZES = "28|64|128|224"


@dataclasses.dataclass(frozen=True)
class Published:
    """One of the sets.

    Attributes:
        task: one of names.TASKS.
        classes: names of the classes 0, 1, ..., or of the label columns.
        counts: {split: number of images}.
    """

    task: str
    classes: tuple[str, ...]
    counts: dict[str, int]


def _set(task, counts, *classes):
    counts = dict(zip(names.SPLITS, counts, strict=True))
    return Published(task, classes, counts)


_ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)
SETS = {
    "pathmnist": _set(
        "multiclass",
        (89_996, 10_004, 7_180),
        "adipose",
        "background",
        "debris",
        "lymphocytes",
        "mucus",
        "smooth muscle",
        "normal colon mucosa",
        "cancer-associated stroma",
        "colorectal adenocarcinoma epithelium",
    ),
    "chestmnist": _set(
        "multilabel",
        (78_468, 11_219, 22_433),
        "atelectasis",
        "cardiomegaly",
        "effusion",
        "infiltration",
        "mass",
        "nodule",
        "pneumonia",
        "pneumothorax",
        "consolidation",
        "edema",
        "emphysema",
        "fibrosis",
        "pleural",
        "hernia",
    ),
    "dermamnist": _set(
        "multiclass",
        (7_007, 1_003, 2_005),
        "actinic keratoses and intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesions",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevi",
        "vascular lesions",
    ),
    "octmnist": _set(
        "multiclass",
        (97_477, 10_832, 1_000),
        "choroidal neovascularization",
        "diabetic macular edema",
        "drusen",
        "normal",
    ),
    "pneumoniamnist": _set(
        "multiclass", (4_708, 524, 624), "normal", "pneumonia"
    ),
    "retinamnist": _set(
        "ordinal", (1_080, 120, 400), *(str(grade) for grade in range(5))
    ),
    "breastmnist": _set(
        "multiclass", (546, 78, 156), "malignant", "normal, benign"
    ),
    "bloodmnist": _set(
        "multiclass",
        (11_959, 1_712, 3_421),
        "basophil",
        "eosinophil",
        "erythroblast",
        "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
        "lymphocyte",
        "monocyte",
        "neutrophil",
        "platelet",
    ),
    "tissuemnist": _set(
        "multiclass",
        (165_466, 23_640, 47_280),
        "Collecting Duct, Connecting Tubule",
        "Distal Convoluted Tubule",
        "Glomerular endothelial cells",
        "Interstitial endothelial cells",
        "Leukocytes",
        "Podocytes",
        "Proximal Tubule Segments",
        "Thick Ascending Limb",
    ),
    "organamnist": _set("multiclass", (34_561, 6_491, 17_778), *_ORGANS),
    "organcmnist": _set("multiclass", (12_975, 2_392, 8_216), *_ORGANS),
    "organsmnist": _set("multiclass", (13_932, 2_452, 8_827), *_ORGANS),
}


def recognised(stem, given=None):
    """Returns the name of the set in a file, or None.

    Args:
        stem: name of the file without its suffix: that of a set, or that and
            a size in pixels (pathmnist, pathmnist_224).
        given: the name as the user has it, "none" for no set; None: that of
            `stem`.

    Raises:
        ValueError: `given` is no set.
    """
    if given is not None:
        names.check("set of MedMNIST", given, (*SETS, NONE))
        return None if given == NONE else given
    match = re.fullmatch(rf"({'|'.join(SETS)})(?:_(?:{_SIZES}))?", stem.lower())
    return match and match[1]
