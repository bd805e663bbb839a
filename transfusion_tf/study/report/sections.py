"""The sections of a report, in their order."""

from transfusion_tf.study.report import (
    aucs,
    audit,
    checklists,
    convergence,
    cost,
    data,
    errors,
    features,
    first_filters,
    methods,
    probabilities,
    settings,
    sizes,
    subgroup_aucs,
    undecided,
    verdicts,
    warnings,
)
from transfusion_tf.study.report.claims import section as claims

# Each makes a page.Section of a context.Context, or None where there is
# nothing to say. Claims are judged by tables that sections before them write.
SECTIONS = (
    verdicts.section,
    undecided.section,
    warnings.section,
    data.section,
    audit.section,
    aucs.section,
    sizes.by_training_images,
    sizes.by_network,
    convergence.section,
    probabilities.section,
    subgroup_aucs.section,
    errors.section,
    features.section,
    first_filters.section,
    claims.section,
    cost.section,
    settings.section,
    methods.section,
    checklists.section,
)
