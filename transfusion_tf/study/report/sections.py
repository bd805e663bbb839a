"""The sections of a report, in their order."""

from transfusion_tf.study.report import (
    checklists,
    cost,
    methods,
    settings,
    verdicts,
)
from transfusion_tf.study.report.claims import section as claims

# Each makes a page.Section of a context.Context, or None where there is
# nothing to say. Claims are judged by tables that sections before them write.
SECTIONS = (
    verdicts.section,
    claims.section,
    cost.section,
    settings.section,
    methods.section,
    checklists.section,
)
