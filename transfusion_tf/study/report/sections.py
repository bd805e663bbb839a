"""The sections of a report, in their order."""

from transfusion_tf.study.report import (
    aucs,
    convergence,
    errors,
    features,
    first_filters,
    probabilities,
    sizes,
    subgroup_aucs,
    verdicts,
)

# Each makes a page.Section of a context.Context, or None where there is
# nothing to say.
SECTIONS = (
    verdicts.section,
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
