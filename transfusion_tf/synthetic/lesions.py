"""What a grade of diabetic retinopathy looks like: lesions and distractors.

The grade shows in the shape of small local marks and nowhere else. Every eye
gets about the same area in the colour of haemorrhages and in the colour of
exudates, whatever its grade: what the lesions of its grade leave of that area
is filled with distractors of another shape (streaks of pigment, fibres).
Lengths are in units of half the image's side, as in `drawing`.
"""

import dataclasses

import numpy as np

from transfusion_tf.synthetic import drawing

NUM_GRADES = 5


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of mark.

    Attributes:
        ink: "red" (blood), "bright" (lipid) or "pale" (swollen nerve fibres).
        form: "blob", "stroke" (long, tapering) or "tuft" (strokes from one
            point).
        length, width: (least, most); a blob's width is a share of its length.
        counts: (least, most) number in an eye for each grade; None for a
            distractor, whose number follows from the area that is left.
        budget: "red" or "bright", the area that this kind is part of.
    """

    ink: str
    form: str
    length: tuple
    width: tuple
    counts: tuple | None
    budget: str


# Grades follow the international scale: 1 microaneurysms only; 2 more than
# that; 3 many haemorrhages, cotton wool (and beaded veins, see `fundus`); 4
# new vessels. The smallest lesion is 1.5 pixels wide in an image of 64, which
# is about as small as it can be and still be told from noise. Distractors are
# no wider than that, so that their pixels look like those of lesions.
KINDS = {
    "microaneurysm": Kind(
        "red",
        "blob",
        (0.048, 0.062),
        (0.9, 1.0),
        ((0, 0), (2, 5), (2, 6), (4, 10), (3, 10)),
        "red",
    ),
    "haemorrhage": Kind(
        "red",
        "blob",
        (0.080, 0.150),
        (0.8, 1.0),
        ((0, 0), (0, 0), (1, 4), (7, 11), (4, 9)),
        "red",
    ),
    "new_vessel": Kind(
        "red",
        "tuft",
        (0.14, 0.24),
        (0.016, 0.022),
        ((0, 0), (0, 0), (0, 0), (0, 0), (1, 3)),
        "red",
    ),
    "exudate": Kind(
        "bright",
        "blob",
        (0.055, 0.100),
        (0.7, 1.0),
        ((0, 0), (0, 0), (1, 4), (3, 7), (2, 7)),
        "bright",
    ),
    "cotton_wool": Kind(
        "pale",
        "blob",
        (0.11, 0.16),
        (0.6, 0.8),
        ((0, 0), (0, 0), (0, 0), (1, 2), (0, 2)),
        "bright",
    ),
    "streak": Kind("red", "stroke", (0.26, 0.50), (0.030, 0.045), None, "red"),
    "fibre": Kind(
        "bright", "stroke", (0.24, 0.42), (0.024, 0.034), None, "bright"
    ),
}
DISTRACTORS = {"red": "streak", "bright": "fibre"}
# Area of all marks of one colour, (least, most), the same for every grade. The
# middle is what the lesions of an eye of grade 3 take, so that area tells
# little of the grade; the spread hides what it still would tell.
BUDGETS = {"red": (0.050, 0.130), "bright": (0.016, 0.056)}
STRANDS = 5  # Of a tuft: enough to look like a fan and not like a streak.
# A stroke is as wide as a sine between these shares of half a turn: 0 and 1
# would give ends thinner than any pixel.
TAPER = (0.05, 0.95)
# Share of length x width that is inked: an ellipse; a tapering stroke, the
# mean of sin(pi t) over TAPER; a tuft of such strokes.
FILLED = {"blob": np.pi / 4, "stroke": 0.70, "tuft": STRANDS * 0.70}
FIELD = 0.84  # Marks lie within this radius, clear of the picture's rim.
COLUMNS = ("x", "y", "length", "width", "heading")


def plan(rng, grade, *, disc):
    """Draws the marks of one eye.

    Args:
        rng: NumPy generator.
        grade: 0 to 4.
        disc: (x, y, radius) of the optic disc, which stays free of marks.

    Returns:
        {kind: (count, 5) array with the columns of `COLUMNS`}, every kind.
    """
    marks = {}
    for name, kind in KINDS.items():
        if kind.counts is not None:
            least, most = kind.counts[grade]
            count = rng.integers(least, most + 1)
            marks[name] = _scatter(rng, kind, count, disc=disc)
    for budget, name in DISTRACTORS.items():
        taken = sum(
            areas(lesion, marks[lesion]).sum()
            for lesion in marks
            if KINDS[lesion].budget == budget
        )
        left = rng.uniform(*BUDGETS[budget]) - taken
        marks[name] = _fill(rng, name, left, disc=disc)
    return marks


def areas(name, marks):
    """Returns the inked area (count,) of `marks` (count, 5) of a kind."""
    return FILLED[KINDS[name].form] * marks[:, 2] * marks[:, 3]


def _fill(rng, name, area, *, disc):
    """Draws as many marks of kind `name` as have `area` together."""
    kind = KINDS[name]
    smallest = FILLED[kind.form] * kind.length[0] * kind.width[0]
    most = max(0, int(np.ceil(area / smallest)))
    marks = _scatter(rng, kind, most, disc=disc)
    cumulated = areas(name, marks).cumsum()
    # The last one in part: by chance, so that the mean area is the wanted one.
    count = int(np.searchsorted(cumulated, area))
    if count < most:
        before = cumulated[count - 1] if count else 0.0
        share = (area - before) / (cumulated[count] - before)
        count += int(rng.random() < share)
    return marks[:count]


def _scatter(rng, kind, count, *, disc):
    """Draws `count` marks of a kind, evenly over the field outside the disc."""
    radius = FIELD * np.sqrt(rng.random(count))
    angle = rng.uniform(0, 2 * np.pi, count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    clear = disc[2] + kind.length[1] / 2
    away = points - np.asarray(disc[:2])
    distance = np.hypot(away[:, 0], away[:, 1])
    on_disc = distance < clear
    # To the other side of the field, which a disc off centre cannot reach.
    points[on_disc] *= -1
    length = rng.uniform(*kind.length, count)
    width = rng.uniform(*kind.width, count)
    if kind.form == "blob":
        width *= length
    heading = rng.uniform(0, 2 * np.pi, count)
    return np.column_stack([points, length, width, heading])


def draw(rng, marks, size):
    """Draws a plan.

    Args:
        rng: NumPy generator, for the outlines.
        marks: what `plan` returned.
        size: side of the image in pixels.

    Returns:
        {ink: (size, size) float32 coverage in [0, 1]} for each ink.
    """
    inks = {kind.ink: drawing.Ink(size) for kind in KINDS.values()}
    for name, kind in KINDS.items():
        if len(marks[name]):
            outlines = OUTLINES[kind.form](rng, marks[name])
            inks[kind.ink].polygons(outlines)
    return {name: ink.coverage() for name, ink in inks.items()}


def _blob_outlines(rng, marks):
    """Round, a little uneven."""
    return drawing.blobs(
        rng,
        marks[:, :2],
        lengths=marks[:, 2],
        widths=marks[:, 3],
        headings=marks[:, 4],
        roughness=0.08,
    )


def _stroke_outlines(rng, marks):
    """Long, bent, tapering to both ends; centred on the mark's point."""
    heading = np.stack([np.cos(marks[:, 4]), np.sin(marks[:, 4])], axis=1)
    starts = marks[:, :2] - heading * marks[:, 2:3] / 2
    bends = rng.uniform(-1.2, 1.2, len(marks))
    return _tapering(rng, starts, marks, bends=bends, wobble=0.4)


def _tuft_outlines(rng, marks):
    """A fan of strongly curled thin strokes from each mark's point."""
    marks = np.repeat(marks, STRANDS, axis=0)
    marks[:, 4] += rng.normal(0, 1.0, len(marks))
    bends = rng.choice([-1.0, 1.0], len(marks)) * rng.uniform(
        2.5, 5.0, len(marks)
    )
    return _tapering(rng, marks[:, :2], marks, bends=bends, wobble=1.0)


def _tapering(rng, starts, marks, *, bends, wobble):
    """Outlines of walks that are as wide as the marks in the middle."""
    paths = drawing.walks(
        rng,
        starts,
        headings=marks[:, 4],
        bends=bends,
        lengths=marks[:, 2],
        wobble=wobble,
    )
    profile = np.sin(np.linspace(*TAPER, paths.shape[1]) * np.pi)
    return drawing.ribbons(paths, marks[:, 3:4] * profile)


OUTLINES = {
    "blob": _blob_outlines,
    "stroke": _stroke_outlines,
    "tuft": _tuft_outlines,
}
