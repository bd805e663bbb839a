"""The sections of a report, in their order."""

from transfusion_tf.study.report.claims import section as claims
from transfusion_tf.study.report.features import first_filters
from transfusion_tf.study.report.features import section as features
from transfusion_tf.study.report.findings import (
    aucs,
    convergence,
    errors,
    probabilities,
    sizes,
    subgroup_aucs,
    undecided,
    verdicts,
    warnings,
)
from transfusion_tf.study.report.methods import checklists, cost, settings
from transfusion_tf.study.report.methods import section as methods
from transfusion_tf.study.report.records import audit, data

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
