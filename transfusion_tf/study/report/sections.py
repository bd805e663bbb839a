"""The sections of a report, in their order."""

from transfusion_tf.study.report import (
    audit,
    data,
    undecided,
    verdicts,
    warnings,
)

# Each makes a page.Section of a context.Context, or None where there is
# nothing to say.
SECTIONS = (
    verdicts.section,
    undecided.section,
    warnings.section,
    data.section,
    audit.section,
)
