"""What the audit for leakage found in the data of a study, by picture."""

import io
import shlex

from PIL import Image

from transfusion_tf import files, tables
from transfusion_tf.audit import audit as audits
from transfusion_tf.reporting import audit_text, reading
from transfusion_tf.reporting.html import page
from transfusion_tf.study.report.records import data

NAME = "audit_pairs.csv"
COLUMNS = ("kind", "splits", "num_pairs")
ACROSS, ALL = "across splits", "all"
_KINDS = {"exact": "exact_pairs", "near": "near_pairs"}
_FIGURE = "audit"


def section(context):
    """The page.Section of the audit."""
    card = context.card
    if card is None:
        blocks = [data.missing(context, "The audit for leakage")]
    elif not card.audit:
        blocks = [
            page.Text(
                text="The records were made without an audit for leakage."
            )
        ]
    else:
        rows = rows_of(card.audit)
        tables.write(context.output_dir / NAME, rows, columns=COLUMNS)
        blocks = [
            page.Text(text=audit_text.verdict(card.audit)),
            page.Bullets(items=tuple(audit_text.lines(card.audit))),
            *_picture(context, rows),
        ]
    return page.Section(
        anchor="audit", title="Audit for leakage", blocks=tuple(blocks)
    )


def rows_of(summary):
    """Rows of COLUMNS: pairs of images in each pair of splits, and sums.

    Args:
      summary: card.AuditSummary.
    """
    rows = []
    for kind, key in _KINDS.items():
        counts = summary.get(key, {})
        across = sum(
            number
            for splits, number in counts.items()
            if len(set(splits.split("-"))) > 1
        )
        sums = {ACROSS: across, ALL: sum(counts.values())}
        rows += [
            {"kind": kind, "splits": splits, "num_pairs": number}
            for splits, number in {**counts, **sums}.items()
        ]
    return rows


def _picture(context, rows):
    """The contact sheet of the records, where it is there and shows pairs."""
    sheet = context.records.root / audits.SHEET
    number = {(row["kind"], row["splits"]): row["num_pairs"] for row in rows}
    if not any(number.values()):
        return []
    if not sheet.is_file():
        return [
            page.Missing(
                title="Pairs by picture",
                why=f"The records have no {audits.SHEET} any more.",
                command=_drawing_command(context),
            )
        ]
    _copy(sheet, context.output_dir)
    return [
        page.Figure(
            name=_FIGURE,
            title="Images that are the same, or look alike",
            sentence=_sentence(number),
            reading=reading.READING["audit"],
            alt=(
                "Pairs of images side by side, each with the split, the label "
                "and the id of both and what they are to each other."
            ),
            files=(NAME,),
        )
    ]


def _drawing_command(context):
    """The command that draws the contact sheet of records anew."""
    flags = {
        "records": context.records.root,
        "output_dir": context.output_dir / "audit",
    }
    words = [shlex.quote(f"--{flag}={value}") for flag, value in flags.items()]
    return " ".join(["python data_prep/audit_dataset.py", *words])


def _sentence(number):
    parts = [
        f"{number[kind, ACROSS]:,} pairs {words} across splits "
        f"({number[kind, ALL]:,} in all)"
        for kind, words in (
            ("exact", "have identical pixels"),
            ("near", "look alike"),
        )
    ]
    return f"{' and '.join(parts)}."


def _copy(sheet, folder):
    """The contact sheet as a PNG and a PDF of the report."""
    content = sheet.read_bytes()
    files.write_bytes(folder / f"{_FIGURE}.png", content)
    pdf = io.BytesIO()
    # No date: a report that is made again is the same to the bit.
    dates = {"creationDate": None, "modDate": None}
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").save(pdf, "PDF", **dates)
    files.write_bytes(folder / f"{_FIGURE}.pdf", pdf.getvalue())
