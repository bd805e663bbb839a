"""The section of the sheet of claims."""

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.published import claims
from transfusion_tf.study.report import cells, commands
from transfusion_tf.study.report.claims import gather, judgement, rules

NAME = "claims"
COLUMNS = (
    "key",
    "claim",
    "source",
    "known",
    "contradicts",
    "these_data",
    "numbers",
    "rule",
    "command",
)
_MARKS = {
    judgement.AGREES: "good",
    judgement.DISAGREES: "bad",
    judgement.CANNOT_TELL: "open",
}
_DATA_COLUMNS = (
    cells.Column("these data", "these_data"),
    cells.Column("numbers", "numbers"),
)
_RULE_COLUMNS = (cells.Column("claim", "claim"), cells.Column("rule", "rule"))
_WHAT = (
    "Claims of papers in our own words, and what this study's data say of "
    "each, by rules that are stated below, from arms with the most training "
    "images unless a rule says otherwise. What these data say holds for these "
    "data: other images, networks and trainings may differ. A claim is known "
    "from the paper, from its abstract alone, or from a third party that "
    "quotes it."
)


def section(context):
    """The page.Section of the claims; writes claims.csv.

    It reads tables that sections before it write: convergence, similarity,
    gain and agreement.
    """
    evidence, note = gather.of_context(context)
    found = rows(evidence, context)
    tables.write(context.output_dir / f"{NAME}.csv", found, columns=COLUMNS)
    notes = (page.Bullets(items=(note,), kind="warning"),) if note else ()
    return page.Section(
        anchor=NAME,
        title="Claims of papers, and these data",
        blocks=(
            page.Text(text=_WHAT),
            *notes,
            *_tables(found),
            _rules(found),
        ),
    )


def rows(evidence, context):
    """One row (dict of COLUMNS) for each claim.

    Args:
      evidence: claims.evidence.Evidence.
      context: study.report.context.Context, for the commands that would ask
        what these runs do not.
    """
    found = []
    for claim in claims.CLAIMS:
        rule = rules.RULES[claim.rule]
        judged = rule.judge(
            evidence if rule.all_sizes else evidence.at_largest_size()
        )
        command = ""
        if judged.outcome == judgement.NOT_ASKED:
            command = _command(rule, evidence, context)
        found.append(
            {
                "key": claim.key,
                "claim": claim.text,
                "source": claim.source,
                "known": claim.known,
                "contradicts": " ".join(claim.contradicts),
                "these_data": judged.outcome,
                "numbers": judged.numbers,
                "rule": rule.text,
                "command": command,
            }
        )
    return found


def _command(rule, evidence, context):
    """The command whose runs ask it; "" where this study's would."""
    config = context.config
    changes = {
        name: value
        for name, value in rule.adds(config, evidence.arms).items()
        if value != getattr(config, name)
    }
    return commands.run_study(context, **changes) if changes else ""


def _tables(found):
    """A table of the claims that were asked; the others folded away."""
    asked = [r for r in found if r["these_data"] != judgement.NOT_ASKED]
    others = [r for r in found if r["these_data"] == judgement.NOT_ASKED]
    columns = _about_columns(found)
    if asked:
        yield cells.table(
            asked,
            (*columns, *_DATA_COLUMNS),
            caption="What these data say of each claim that they ask.",
            files=(f"{NAME}.csv", f"{gather.PAIRS}.csv"),
            marks=_MARKS,
        )
    if others:
        table = cells.table(
            others,
            columns,
            caption="Claims that the runs of this study do not ask.",
            files=(f"{NAME}.csv",),
        )
        title = "Claims that the runs of this study do not ask"
        yield page.Details(
            title=title,
            blocks=(table, *_commands(others)),
            instead=f"{NAME}.csv",
        )


def _about_columns(found):
    """Columns of what a row says of its claim, and who contradicts it."""

    def contradicting(row):
        """Sources on the other side, whichever of the two names it."""
        others = [
            other["source"]
            for other in found
            if row["key"] in other["contradicts"].split()
            or other["key"] in row["contradicts"].split()
        ]
        return "; ".join(dict.fromkeys(others))

    return (
        cells.Column("claim", "claim"),
        cells.Column("source", "source"),
        cells.Column("known from", "known"),
        cells.Column("contradicted by", contradicting),
    )


def _rules(found):
    """The rules, each once, with the claims that it judges."""
    by_rule = {}
    for row in found:
        by_rule.setdefault(row["rule"], []).append(row["claim"])
    return page.Details(
        title="Rules by which claims are judged",
        blocks=(
            cells.table(
                [
                    {"claim": " ".join(texts), "rule": rule}
                    for rule, texts in by_rule.items()
                ],
                _RULE_COLUMNS,
                caption="How each claim is judged.",
                files=(f"{NAME}.csv",),
            ),
        ),
        instead=f"{NAME}.csv",
    )


def _commands(found):
    """The commands that would ask claims, each once."""
    by_command = {}
    for row in found:
        if row["command"]:
            by_command.setdefault(row["command"], []).append(row["claim"])
    return [
        page.Missing(
            title=" ".join(texts),
            why="No runs of this study ask this; the command adds them.",
            command=command,
        )
        for command, texts in by_command.items()
    ]
