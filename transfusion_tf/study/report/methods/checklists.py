"""Reporting checklists: what a study fills, and what only authors can."""

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.published import checklists
from transfusion_tf.study.report import cells
from transfusion_tf.study.report.methods import (
    arm_facts,
    checklist_answers,
)

NAME = "checklists"
COLUMNS = ("checklist", "item", "topic", "filled_by", "text", "section")
STUDY, AUTHORS = "this study", "authors"
_COLUMNS = (
    cells.Column("item", "item"),
    cells.Column("topic", "topic"),
    cells.Column("filled by", "filled_by"),
    cells.Column("what", "text"),
    cells.Column("section", "section"),
)
_WHAT = (
    "Topics are in our own words; the checklists themselves have the exact "
    "ones. What this study fills is to be checked and completed by the "
    "authors; the other items only they can fill."
)


def section(context):
    """The page.Section of CLAIM and TRIPOD+AI; writes checklists.csv.

    None where the directories of all runs are gone.
    """
    arms = arm_facts.of_context(context)
    if not arms:
        return None
    found = rows(context, arms)
    tables.write(context.output_dir / f"{NAME}.csv", found, columns=COLUMNS)
    return page.Section(
        anchor=NAME,
        title="Checklists for reporting",
        blocks=(
            page.Text(text=_WHAT),
            *(
                _details(name, [r for r in found if r["checklist"] == name])
                for name in checklists.REFERENCES
            ),
        ),
    )


def rows(context, arms):
    """One row (dict of COLUMNS) for each item of each checklist.

    Args:
      context: study.report.context.Context.
      arms: its ArmFacts.
    """
    found = []
    for item in checklists.ITEMS:
        text, where = "", ""
        if item.filled:
            answer, where = checklist_answers.ANSWERS[item.filled]
            text = answer(context, arms)
        found.append(
            {
                "checklist": item.checklist,
                "item": item.number,
                "topic": item.topic,
                "filled_by": STUDY if text else AUTHORS,
                "text": text,
                "section": where if text else "",
            }
        )
    return found


def _details(name, found):
    return page.Details(
        title=f"Items of {name}",
        blocks=(
            page.Text(text=f"{checklists.REFERENCES[name]}."),
            cells.table(
                found,
                _COLUMNS,
                caption=f"Items of {name}.",
                files=(f"{NAME}.csv",),
                marks={STUDY: "good", AUTHORS: "open"},
            ),
        ),
    )
