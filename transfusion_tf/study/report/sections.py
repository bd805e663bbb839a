"""The sections of a report, in their order."""

from transfusion_tf.study.report import cost, settings, verdicts

# Each makes a page.Section of a context.Context, or None where there is
# nothing to say.
SECTIONS = (verdicts.section, cost.section, settings.section)
