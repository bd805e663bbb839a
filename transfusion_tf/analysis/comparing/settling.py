"""What would settle a comparison that these data cannot tell."""

from transfusion_tf.statistics import power


def needed(found, *, margin, num=1):
    """How many seeds an arm, or patients, would settle a comparison.

    The true difference is not known, so a range is given: over differences
    within one standard error of the estimate. None stands for no number below
    power.MAX_GROWTH times today's; seeds have none either where an arm's
    single seed leaves unknown how much seeds matter.

    Args:
        found: a PairedAuc whose interval is "t".
        margin, num: as for power.of_settling.

    Returns:
        {"seeds": (fewest, most), "patients": (fewest, most)}.
    """
    design = power.Design(
        num_seeds=min(found.num_seeds, found.num_other_seeds),
        num_units=found.num_groups,
        seed_variance=found.seed_variance,
        patient_variance=found.patient_variance,
        noise_variance=found.noise_variance,
        patients_freedom=found.patients_freedom,
    )
    error = found.variance**0.5
    supposed = [found.value + step * error for step in (-1, -0.5, 0, 0.5, 1)]
    needs = {"patients": power.needed_units}
    if found.seed_variance is not None:
        needs["seeds"] = power.needed_seeds
    ranges = {"seeds": (None, None), "patients": (None, None)}
    # Parts that are cut off at zero may leave nothing to shrink.
    if not design.variance(design.num_seeds, design.num_units)[0]:
        return ranges
    for name, number_for in needs.items():
        numbers = [
            number_for(design, value, margin=margin, num=num)
            for value in supposed
        ]
        known = [number for number in numbers if number is not None]
        most = max(known) if len(known) == len(numbers) else None
        ranges[name] = (min(known, default=None), most)
    return ranges
