"""What papers on transfer learning in medical imaging claim, and where.

Each claim is in our own words. `known` says how it is known here: "paper": read
in the paper itself or in its authors' files, or computed from these; "third
party": as others quote it; "abstract": read in the abstract alone.
"""

import dataclasses

PAPER, THIRD_PARTY, ABSTRACT = "paper", "third party", "abstract"
RAGHU = "Raghu et al. 2019"
JUODELYTE = "Juodelyte et al. 2023"
NEYSHABUR = "Neyshabur et al. 2020"
MATSOUKAS = "Matsoukas et al. 2022"
KE = "Ke et al. 2021"
PENG = "Peng et al. 2023"
TRANSFERABILITY = "Juodelyte et al. 2024 (arXiv:2412.20172)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim of a paper.

    Attributes:
      key: its name, unique.
      text: what is claimed.
      source: paper, and table or figure where that is known.
      known: PAPER, THIRD_PARTY or ABSTRACT.
      rule: name of the rule that judges it, see study.report.claims.
      contradicts: keys of claims that cannot hold on the same data, or that
        hardly can.
    """

    key: str
    text: str
    source: str
    known: str
    rule: str
    contradicts: tuple = ()


CLAIMS = (
    Claim(
        key="little_for_large",
        text="Pretraining on ImageNet changes the AUC of large networks "
        "little.",
        source=f"{RAGHU}, Table 1",
        known=THIRD_PARTY,
        rule="pretraining_little_for_large",
        contradicts=("pretraining_helps",),
    ),
    Claim(
        key="little_for_small",
        text="Pretraining changes the AUC of small networks (CBR) little.",
        source=f"{RAGHU}, Table 1",
        known=THIRD_PARTY,
        rule="pretraining_little_for_small",
        contradicts=("pretraining_helps", "more_for_small"),
    ),
    Claim(
        key="small_as_good",
        text="Small networks (CBR) do as well as large ones.",
        source=f"{RAGHU}, Table 1",
        known=THIRD_PARTY,
        rule="small_as_good",
    ),
    Claim(
        key="more_with_few",
        text="Pretraining brings more when there are few training images.",
        source=f"{RAGHU}, Table 3",
        known=THIRD_PARTY,
        rule="more_with_few",
    ),
    Claim(
        key="sooner",
        text="Pretrained networks reach a given AUC in fewer steps.",
        source=f"{RAGHU}, Figure 6",
        known=PAPER,
        rule="pretrained_sooner",
    ),
    Claim(
        key="mean_var_sooner",
        text="Random weights with mean and variance of pretrained ones reach "
        "it sooner than plain random ones, without any features.",
        source=f"{RAGHU}, Figure 6",
        known=PAPER,
        rule="mean_var_sooner",
    ),
    Claim(
        key="mean_var_ends_alike",
        text="In the end such weights give the same AUC as pretrained ones.",
        source=f"{RAGHU}, Figure 6",
        known=PAPER,
        rule="mean_var_ends_alike",
        contradicts=("features_matter", "features_and_statistics"),
    ),
    Claim(
        key="first_stage_most",
        text="Of the stages that are taken over, the lowest speeds training up "
        "most.",
        source=f"{RAGHU}, Figure 7",
        known=THIRD_PARTY,
        rule="first_stage_most",
    ),
    Claim(
        key="reuse_lowest",
        text="Pretrained weights are kept more than random ones in the lowest "
        "stages, and not in the highest.",
        source=f"{RAGHU}, Figure 3",
        known=THIRD_PARTY,
        rule="reuse_lowest",
    ),
    Claim(
        key="same_start_more_alike",
        text="Two large networks from random weights learn more similar "
        "features than one from random and one from pretrained weights.",
        source=f"{RAGHU}, Figure 2",
        known=THIRD_PARTY,
        rule="same_start_more_alike",
    ),
    Claim(
        key="gabor_as_good",
        text="Synthetic Gabor filters serve as well as a pretrained first "
        "stage.",
        source=f"{RAGHU}, Figure 8",
        known=THIRD_PARTY,
        rule="gabor_as_good",
    ),
    Claim(
        key="slim_as_good",
        text="A hybrid with pretrained lower stages and slim upper ones does "
        "as well as the whole pretrained network.",
        source=f"{RAGHU}, Figure 8",
        known=THIRD_PARTY,
        rule="slim_as_good",
    ),
    Claim(
        key="pretraining_helps",
        text="Networks from ImageNet have a higher AUC than ones from random "
        "weights.",
        source=f"{JUODELYTE}, results/AUC.csv of the first version",
        known=PAPER,
        rule="pretraining_helps",
        contradicts=("little_for_large", "little_for_small"),
    ),
    Claim(
        key="imagenet_over_radimagenet",
        text="ImageNet is at least as good a source as RadImageNet.",
        source=f"{JUODELYTE}, results/AUC.csv of the first version; "
        f"{TRANSFERABILITY}, on 10 of 12 data sets",
        known=PAPER,
        rule="imagenet_over_radimagenet",
    ),
    Claim(
        key="changes_with_height",
        text="Pretrained networks stay similar to their start in the lowest "
        "stage, and change most in the highest.",
        source=f"{JUODELYTE}, results/CCA_*.csv of the first version",
        known=PAPER,
        rule="changes_with_height",
    ),
    Claim(
        key="similar_predictions",
        text="Networks from different sources err on the same images more "
        "often than independent ones would.",
        source=f"{JUODELYTE}, results/similarity.csv of the first version",
        known=PAPER,
        rule="similar_predictions",
    ),
    Claim(
        key="similarity_no_gain",
        text="How similar a network stays to its start does not correlate "
        "with what pretraining gains.",
        source=f"{JUODELYTE}, abstract of the third version",
        known=ABSTRACT,
        rule="similarity_without_gain",
        contradicts=("similarity_against_gain",),
    ),
    Claim(
        key="similarity_against_gain",
        text="The more similar a network stays to its start, the less "
        "pretraining gains.",
        source=f"{JUODELYTE}, abstract of the first version",
        known=ABSTRACT,
        rule="similarity_against_gain",
        contradicts=("similarity_no_gain",),
    ),
    Claim(
        key="features_and_statistics",
        text="Pretrained features and their low-level statistics both help.",
        source=NEYSHABUR,
        known=PAPER,
        rule="features_and_statistics",
        contradicts=("mean_var_ends_alike",),
    ),
    Claim(
        key="no_barrier",
        text="Between two networks from the same pretrained weights the loss "
        "has no barrier.",
        source=NEYSHABUR,
        known=PAPER,
        rule="not_measured",
    ),
    Claim(
        key="features_matter",
        text="Pretrained weights reach a higher AUC than random ones with "
        "their statistics: features are reused.",
        source=MATSOUKAS,
        known=PAPER,
        rule="features_matter",
        contradicts=("mean_var_ends_alike",),
    ),
    Claim(
        key="more_for_small",
        text="Pretraining brings more to small networks than to large ones.",
        source=f"{KE} (CheXtransfer)",
        known=ABSTRACT,
        rule="more_for_small",
        contradicts=("little_for_small",),
    ),
    Claim(
        key="truncation_chexpert",
        text="Pretrained networks can be cut off behind a lower stage without "
        "loss.",
        source=f"{KE} (CheXtransfer)",
        known=ABSTRACT,
        rule="truncated_as_good",
    ),
    Claim(
        key="truncation",
        text="Truncated pretrained networks are often as good as whole ones.",
        source=PENG,
        known=ABSTRACT,
        rule="truncated_as_good",
    ),
    Claim(
        key="confounders",
        text="Networks from ImageNet take up a confounder in the training "
        "images more than networks from RadImageNet do.",
        source="Juodelyte et al. 2024 (arXiv:2403.04484)",
        known=ABSTRACT,
        rule="not_measured",
    ),
    Claim(
        key="same_modality",
        text="Only sources of the same modality help.",
        source="Krones et al. 2026",
        known=ABSTRACT,
        rule="not_measured",
    ),
)
