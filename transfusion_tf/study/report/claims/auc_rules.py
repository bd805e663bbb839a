"""Rules that judge claims on AUCs, from differences between arms."""

from transfusion_tf.study.report.claims import evidence, judgement
from transfusion_tf.study.report.claims.evidence import MEAN_VAR, PRETRAINED
from transfusion_tf.study.report.claims.judgement import (
    AGREES,
    CANNOT_TELL,
    DISAGREES,
)


def pretraining_little_for_large(found):
    """The differences of large networks lie within the margin."""
    rows = [row for arm, row in found.gains() if arm.is_large]
    return judgement.of_rows(rows, judgement.little)


def pretraining_little_for_small(found):
    """The differences of CBR networks lie within the margin."""
    rows = [row for arm, row in found.gains() if arm.is_small]
    return judgement.of_rows(rows, judgement.little)


def pretraining_helps(found):
    """Networks from ImageNet have the higher AUC."""
    rows = [row for arm, row in found.gains() if arm.source == "imagenet"]
    return judgement.of_rows(rows, judgement.better)


def features_matter(found):
    """Pretrained weights have a higher AUC than their statistics alone."""
    return judgement.of_rows(_against_statistics(found), judgement.better)


def mean_var_ends_alike(found):
    """Statistics alone have the AUC of the pretrained weights."""
    return judgement.of_rows(_against_statistics(found), judgement.little)


def features_and_statistics(found):
    """Features add to statistics, and statistics to random weights."""
    features = _against_statistics(found)
    statistics = [row for _, row in found.gains(MEAN_VAR)]
    if not features or not statistics:
        return judgement.NOTHING
    return judgement.of_rows([*features, *statistics], judgement.better)


def _against_statistics(found):
    """Rows of pretrained weights minus random ones with their statistics."""
    rows = [
        found.pair(arm, found.partner(arm, but=("scheme",), scheme=MEAN_VAR))
        for arm in found.of_scheme(PRETRAINED)
    ]
    return _there(rows)


def imagenet_over_radimagenet(found):
    """ImageNet is not inferior to RadImageNet."""
    rows = [
        found.pair(
            arm,
            found.partner(
                arm, but=("source",), scheme=PRETRAINED, source="radimagenet"
            ),
        )
        for arm in found.of_scheme(PRETRAINED)
        if arm.source == "imagenet"
    ]
    return judgement.of_rows(_there(rows), judgement.as_good)


def gabor_as_good(found):
    """Gabor filters are not inferior to the first stage of a source."""
    return judgement.of_rows(
        _pairs(found, evidence.is_gabor_and_first_stage), judgement.as_good
    )


def slim_as_good(found):
    """A slim hybrid is not inferior to the whole network."""
    return judgement.of_rows(
        _pairs(found, evidence.is_slim_and_whole), judgement.as_good
    )


def truncated_as_good(found):
    """A truncated network is not inferior to the whole one."""
    return judgement.of_rows(
        _pairs(found, evidence.is_truncated_and_whole), judgement.as_good
    )


def _pairs(found, is_pair):
    rows = [
        found.pair(arm, other)
        for arm in found.arms
        for other in found.arms
        if is_pair(arm, other)
    ]
    return _there(rows)


def _there(rows):
    """The rows that there are."""
    return [row for row in rows if row]


def small_as_good(found):
    """Beside each large network some CBR network is not inferior."""
    outcomes, numbers = [], []
    for large in found.arms:
        rows = _there(
            found.pair(arm, large)
            for arm in found.arms
            if evidence.is_small_and_large(arm, large)
        )
        if rows:
            # One of several: at the stricter level, as the best is looked for.
            judged = [
                judgement.as_good({**row, "low_90": row["low"]}) for row in rows
            ]
            outcomes.append(_best(judged))
            numbers += map(judgement.shown, rows)
    return judgement.together(outcomes, numbers)


def _best(outcomes):
    if AGREES in outcomes:
        return AGREES
    return DISAGREES if set(outcomes) == {DISAGREES} else CANNOT_TELL


def more_with_few(found):
    """The gain with the fewest images is larger than that with the most."""
    series = {}
    for arm, row in found.gains():
        key = (arm.model, arm.truncate_at, arm.source, arm.others)
        series.setdefault(key, []).append((arm, row))
    compared = []
    for members in series.values():
        members.sort(key=lambda member: member[0].size)
        if len(members) > 1:
            compared.append((members[0][1], members[-1][1]))
    return _contrasts(compared)


def more_for_small(found):
    """The gain of the smallest network is larger than that of the largest."""
    series = {}
    for arm, row in found.gains():
        key = (arm.source, arm.train_size, arm.others)
        series.setdefault(key, []).append((arm, row))
    compared = []
    for members in series.values():
        members.sort(key=lambda member: member[0].parameters)
        smallest, largest = members[0], members[-1]
        if smallest[0].parameters < largest[0].parameters:
            compared.append((smallest[1], largest[1]))
    return _contrasts(compared)


def _contrasts(compared):
    judged = [
        judgement.more(first, second, count=len(compared))
        for first, second in compared
    ]
    return judgement.together(
        [outcome for outcome, _ in judged], [text for _, text in judged]
    )
