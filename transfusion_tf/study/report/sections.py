"""The sections of a report, in their order."""

from transfusion_tf.study.report import (
    aucs,
    audit,
    convergence,
    data,
    errors,
    features,
    first_filters,
    probabilities,
    sizes,
    subgroup_aucs,
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
    aucs.section,
    sizes.by_training_images,
    sizes.by_network,
    convergence.section,
    probabilities.section,
    subgroup_aucs.section,
    errors.section,
    features.section,
    first_filters.section,
)
