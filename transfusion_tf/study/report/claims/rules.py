"""The rules by which claims are judged, as the page states them.

Each is about differences with intervals over seeds and patients. A claim is
about all networks that it speaks of: one that is shown to do otherwise
contradicts it.
"""

import dataclasses
import typing

from transfusion_tf.study.report.claims import (
    additions,
    auc_rules,
    convergence_rules,
    evidence,
    judgement,
    similarity_rules,
)

_WITHIN = (
    "Agrees where each 90% interval of the difference lies within the margin; "
    "disagrees where one is significant (Holm) and its 95% interval lies "
    "beyond the margin."
)
_BETTER = (
    "Agrees where each difference is significant (Holm) and positive; "
    "disagrees where one is significant and negative, or equivalent to none."
)
_AS_GOOD = (
    "Agrees where the 90% interval of each difference lies above minus the "
    "margin; disagrees where one is significant (Holm) and its 95% interval "
    "lies below minus the margin."
)
_LARGER = (
    "The difference of the two differences, its 95% interval combined of "
    "theirs (Bonferroni for several): agrees where each lies above 0, "
    "disagrees where one lies below 0 or within the margin."
)
_SOONER = (
    "Exact log-rank test of the steps to one validation AUC (Bonferroni for "
    "several networks): agrees where each is significantly sooner, disagrees "
    "where one is significantly later."
)
_CORRELATIONS = (
    "Correlations of similarity with gain, stage by stage, 95% intervals over "
    f"runs: {{}} Weak is an interval between -{similarity_rules.WEAK} and "
    f"{similarity_rules.WEAK}."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """How a claim is judged.

    Attributes:
      text: the rule, as the page states it.
      judge: function of an evidence.Evidence; returns a judgement.Judgement.
      adds: function of (StudyConfig, Arms) that returns {value of
        StudyConfig: what it must be} for a study that asks this; {} where no
        runs of this study would.
      all_sizes: whether arms of all numbers of training images count, or those
        with the most alone.
    """

    text: str
    judge: typing.Callable
    adds: typing.Callable = lambda config, arms: {}
    all_sizes: bool = False


def _not_measured(found):
    del found
    return judgement.NOTHING


RULES = {
    "pretraining_little_for_large": Rule(
        text=f"Networks of {evidence.LARGE // 10**6} million parameters and "
        f"more. {_WITHIN}",
        judge=auc_rules.pretraining_little_for_large,
        adds=additions.models("resnet50"),
    ),
    "pretraining_little_for_small": Rule(
        text=f"Networks of the CBR family, with any source. {_WITHIN}",
        judge=auc_rules.pretraining_little_for_small,
        adds=additions.small_network,
    ),
    "small_as_good": Rule(
        text="CBR networks against each network of "
        f"{evidence.LARGE // 10**6} million parameters and more that starts "
        "likewise. Agrees where for each of these the 95% interval of some "
        "CBR network's difference lies above minus the margin; disagrees where "
        "for one of these all CBR networks are significantly worse (Holm) by "
        "more than the margin.",
        judge=auc_rules.small_as_good,
        adds=additions.small_and_large,
    ),
    "more_with_few": Rule(
        text="Pretrained minus random, with the fewest against the most "
        f"training images. {_LARGER}",
        judge=auc_rules.more_with_few,
        all_sizes=True,
        adds=additions.fewer_images,
    ),
    "pretrained_sooner": Rule(
        text=_SOONER,
        judge=convergence_rules.pretrained_sooner,
        adds=additions.inits("random", "pretrained"),
    ),
    "mean_var_sooner": Rule(
        text=_SOONER,
        judge=convergence_rules.mean_var_sooner,
        adds=additions.inits("random", "mean_var"),
    ),
    "mean_var_ends_alike": Rule(
        text=f"pretrained minus mean_var, of one source. {_WITHIN}",
        judge=auc_rules.mean_var_ends_alike,
        adds=additions.inits("pretrained", "mean_var"),
    ),
    "first_stage_most": Rule(
        text="Median steps by the last stage taken: agrees where they fall "
        "most from none to the lowest, and that start is significantly sooner "
        "than random weights (exact log-rank test); disagrees where they fall "
        "most elsewhere and the whole source is significantly sooner.",
        judge=convergence_rules.first_stage_most,
        adds=additions.stages,
    ),
    "reuse_lowest": Rule(
        text="Similarity to the own start in the lowest stage less that in "
        "the highest, pretrained minus random networks: Welch's 95% interval "
        "over runs (Bonferroni for several) lies above or below 0.",
        judge=similarity_rules.reuse_lowest,
        adds=additions.inits("random", "pretrained"),
    ),
    "changes_with_height": Rule(
        text="Similarity to the own start in the lowest stage less that in "
        "the highest, of pretrained networks: the 95% interval over runs "
        "(Bonferroni for several) lies above or below 0.",
        judge=similarity_rules.changes_with_height,
        adds=additions.inits("random", "pretrained"),
    ),
    "same_start_more_alike": Rule(
        text="Mean similarity in the top two stages, networks of "
        f"{evidence.LARGE // 10**6} million parameters and more, three runs of "
        "each start at least: agrees where every two random networks are more "
        "alike than any random and pretrained one; disagrees where all are "
        "less.",
        judge=similarity_rules.same_start_more_alike,
        adds=additions.models("resnet50"),
    ),
    "gabor_as_good": Rule(
        text=f"gabor minus the lowest stage of a source. {_AS_GOOD}",
        judge=auc_rules.gabor_as_good,
        adds=additions.first_stage,
    ),
    "slim_as_good": Rule(
        text=f"The slim network minus the whole pretrained one. {_AS_GOOD}",
        judge=auc_rules.slim_as_good,
        adds=additions.slim,
    ),
    "pretraining_helps": Rule(
        text=f"Networks from ImageNet minus random ones. {_BETTER}",
        judge=auc_rules.pretraining_helps,
        adds=additions.models("resnet50"),
    ),
    "imagenet_over_radimagenet": Rule(
        text=f"From ImageNet minus from RadImageNet. {_AS_GOOD}",
        judge=auc_rules.imagenet_over_radimagenet,
        adds=additions.radimagenet,
    ),
    "similar_predictions": Rule(
        text="Kappa of the errors of two networks from different sources: "
        "agrees where each 95% interval lies above 0, disagrees where one "
        "lies below.",
        judge=similarity_rules.similar_predictions,
        adds=additions.radimagenet,
    ),
    "similarity_without_gain": Rule(
        text=_CORRELATIONS.format(
            "agrees where all are weak, disagrees where more than half "
            "exclude 0 on one side."
        ),
        judge=similarity_rules.similarity_without_gain,
        adds=additions.seeds,
    ),
    "similarity_against_gain": Rule(
        text=_CORRELATIONS.format(
            "agrees where more than half lie below 0, disagrees where more "
            "than half lie above 0 or all are weak."
        ),
        judge=similarity_rules.similarity_against_gain,
        adds=additions.seeds,
    ),
    "features_and_statistics": Rule(
        text=f"pretrained minus mean_var, and mean_var minus random. {_BETTER}",
        judge=auc_rules.features_and_statistics,
        adds=additions.inits("random", "pretrained", "mean_var"),
    ),
    "features_matter": Rule(
        text=f"pretrained minus mean_var, of one source. {_BETTER}",
        judge=auc_rules.features_matter,
        adds=additions.inits("pretrained", "mean_var"),
    ),
    "more_for_small": Rule(
        text="Pretrained minus random, of the smallest network against the "
        f"largest with weights of the same source. {_LARGER}",
        judge=auc_rules.more_for_small,
        adds=additions.models("resnet50", "mobilenet_v3_small"),
    ),
    "truncated_as_good": Rule(
        text=f"The truncated network minus the whole one. {_AS_GOOD}",
        judge=auc_rules.truncated_as_good,
        adds=additions.truncated,
    ),
    "not_measured": Rule(
        text="No runs of this package ask this.", judge=_not_measured
    ),
}
