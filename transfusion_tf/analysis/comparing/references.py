"""What each arm is compared with."""

# Settings of the start, in which an arm and its reference differ.
_START = {
    "init",
    "weights",
    "through",
    "rest",
    "mean_var_biases",
    "freeze_through",
    "unfreeze_at",
}


def of_arms(arms, name=None):
    """What each arm is compared with.

    Args:
        arms: Arms.
        name: of the reference of all; None: for each the one arm from random
            weights of the same network, image size and training images.

    Returns:
        List of (Arm, its reference), and a list of lines on arms that are left
        out.

    Raises:
        ValueError: there is no arm of this name.
    """
    if name is not None:
        chosen = [arm for arm in arms if arm.name == name]
        if not chosen:
            raise ValueError(
                f"--reference={name} is none of the arms: "
                f"{'; '.join(arm.name for arm in arms)}."
            )
        return [(arm, chosen[0]) for arm in arms if arm is not chosen[0]], []
    pairs, left_out = [], []
    for arm in arms:
        if arm.is_random:
            continue
        fitting = _baselines(arm, arms)
        if len(fitting) == 1:
            pairs.append((arm, fitting[0]))
        else:
            left_out.append(_why_not(arm, fitting))
    return pairs, left_out


def _baselines(arm, arms):
    """The random arms that differ from `arm` least, of those that may."""
    wanted = ("model", "truncate_at", "image_size", "train_size")
    fitting = [
        other
        for other in arms
        if other.is_random
        and all(other.settings[k] == arm.settings[k] for k in wanted)
    ]
    different = [
        sum(
            other.settings[flag] != value
            for flag, value in arm.settings.items()
            if flag not in _START
        )
        for other in fitting
    ]
    return [
        other
        for other, count in zip(fitting, different, strict=True)
        if count == min(different)
    ]


def _why_not(arm, fitting):
    if not fitting:
        return (
            f"{arm.name}: no runs from random weights of the same network, "
            "image size and training images; add them, or give --reference."
        )
    names = "; ".join(other.name for other in fitting)
    return f"{arm.name}: several arms may be its reference ({names}); give one."
