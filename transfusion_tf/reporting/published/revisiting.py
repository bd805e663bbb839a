"""Numbers of Juodelyte et al. 2023 (arXiv:2302.08272), from their repository.

Revisiting Hidden Representations in Transfer Learning for Medical Imaging. The
result files belong to its first version; later versions have other splits.
"""

from transfusion_tf.reporting.published.table import STAGES, Table

_FOLDS = "mean and standard deviation of 5 folds"


def _cca(pair, text):
    """Similarity of ResNet50s on the images of seven data sets."""
    return Table(
        quantity="cca",
        source="Juodelyte et al. 2023 v1, results/CCA_{dataset}.csv",
        confidence="C",
        protocol="mean CCA of 64 random channels at about 10,000 positions, 5 "
        f"draws; {_FOLDS}",
        fixed={"network": "resnet50", "of": pair},
        rows="dataset",
        columns=("at", STAGES),
        text=text,
    )


TABLES = (
    _cca(
        "imagenet_before_after",
        """
        thyroid     0.951±0.049 0.955±0.053 0.917±0.087 0.827±0.153 0.647±0.216
        breast      0.896±0.014 0.908±0.028 0.828±0.042 0.637±0.077 0.410±0.073
        chest       0.919±0.002 0.872±0.001 0.725±0.001 0.440±0.008 0.226±0.007
        mammograms  0.907±0.024 0.793±0.053 0.631±0.076 0.473±0.093 0.288±0.089
        knee        0.864±0.003 0.832±0.003 0.723±0.007 0.530±0.011 0.255±0.006
        isic        0.833±0.008 0.809±0.003 0.729±0.004 0.481±0.005 0.232±0.007
        pcam-small  0.857±0.003 0.836±0.002 0.725±0.002 0.494±0.007 0.231±0.005
        """,
    ),
    _cca(
        "radimagenet_before_after",
        """
        thyroid     0.798±0.015 0.552±0.012 0.478±0.010 0.397±0.039 0.331±0.042
        breast      0.697±0.012 0.381±0.005 0.278±0.002 0.216±0.006 0.199±0.005
        chest       0.852±0.007 0.420±0.006 0.329±0.003 0.336±0.002 0.344±0.007
        mammograms  0.958±0.013 0.583±0.028 0.507±0.034 0.326±0.039 0.295±0.032
        knee        0.666±0.007 0.397±0.002 0.336±0.005 0.327±0.004 0.393±0.020
        isic        0.630±0.014 0.461±0.007 0.342±0.003 0.281±0.003 0.323±0.018
        pcam-small  0.709±0.012 0.409±0.006 0.303±0.002 0.254±0.008 0.277±0.008
        """,
    ),
    _cca(
        "imagenet_radimagenet",
        """
        thyroid     0.574±0.006 0.377±0.005 0.300±0.004 0.235±0.012 0.187±0.006
        breast      0.562±0.005 0.361±0.003 0.272±0.002 0.183±0.006 0.161±0.002
        chest       0.554±0.005 0.385±0.002 0.313±0.001 0.227±0.003 0.161±0.004
        mammograms  0.646±0.010 0.467±0.005 0.401±0.007 0.287±0.015 0.176±0.008
        knee        0.573±0.002 0.387±0.002 0.303±0.000 0.229±0.005 0.165±0.002
        isic        0.558±0.009 0.360±0.003 0.274±0.002 0.213±0.003 0.173±0.003
        pcam-small  0.534±0.007 0.350±0.003 0.261±0.001 0.178±0.003 0.140±0.004
        """,
    ),
    _cca(
        "imagenet_radimagenet_start",
        """
        thyroid     0.577±0.005 0.403±0.003 0.417±0.006 0.365±0.003 0.346±0.006
        breast      0.540±0.011 0.335±0.003 0.280±0.002 0.228±0.002 0.165±0.006
        chest       0.535±0.004 0.352±0.006 0.319±0.006 0.318±0.002 0.275±0.013
        mammograms  0.646±0.013 0.492±0.005 0.469±0.002 0.309±0.002 0.238±0.006
        knee        0.564±0.002 0.357±0.004 0.348±0.003 0.324±0.003 0.286±0.005
        isic        0.560±0.010 0.356±0.005 0.288±0.003 0.260±0.004 0.201±0.003
        pcam-small  0.531±0.004 0.298±0.004 0.251±0.006 0.231±0.002 0.188±0.017
        """,
    ),
    _cca(
        "random_random",
        """
        thyroid     0.560±0.003 0.417±0.002 0.435±0.001 0.433±0.001 0.439±0.001
        breast      0.592±0.007 0.401±0.002 0.385±0.002 0.389±0.004 0.380±0.004
        chest       0.579±0.002 0.426±0.003 0.413±0.001 0.421±0.001 0.416±0.002
        mammograms  0.617±0.011 0.481±0.004 0.460±0.002 0.445±0.001 0.433±0.001
        knee        0.551±0.001 0.364±0.005 0.361±0.006 0.365±0.001 0.364±0.004
        isic        0.542±0.002 0.472±0.007 0.458±0.003 0.464±0.002 0.456±0.003
        pcam-small  0.498±0.002 0.307±0.003 0.318±0.004 0.351±0.001 0.318±0.003
        """,
    ),
    _cca(
        "imagenet_random",
        """
        thyroid     0.541±0.004 0.347±0.004 0.320±0.005 0.284±0.007 0.243±0.011
        breast      0.535±0.002 0.304±0.002 0.234±0.002 0.182±0.004 0.143±0.003
        chest       0.529±0.005 0.329±0.002 0.278±0.002 0.232±0.002 0.164±0.004
        mammograms  0.609±0.009 0.429±0.011 0.363±0.004 0.265±0.002 0.200±0.005
        knee        0.533±0.004 0.311±0.002 0.259±0.001 0.218±0.001 0.154±0.003
        isic        0.551±0.009 0.337±0.008 0.273±0.003 0.237±0.003 0.169±0.005
        pcam-small  0.486±0.008 0.265±0.002 0.209±0.001 0.169±0.001 0.116±0.002
        """,
    ),
    _cca(
        "radimagenet_random",
        """
        thyroid     0.520±0.004 0.373±0.007 0.305±0.002 0.253±0.007 0.205±0.008
        breast      0.555±0.005 0.332±0.003 0.254±0.003 0.195±0.010 0.173±0.005
        chest       0.561±0.003 0.370±0.003 0.310±0.002 0.271±0.001 0.222±0.002
        mammograms  0.614±0.011 0.474±0.012 0.397±0.019 0.314±0.028 0.232±0.028
        knee        0.505±0.004 0.325±0.003 0.266±0.003 0.230±0.006 0.204±0.005
        isic        0.515±0.009 0.423±0.003 0.345±0.002 0.290±0.002 0.237±0.002
        pcam-small  0.478±0.006 0.285±0.005 0.246±0.002 0.213±0.007 0.162±0.008
        """,
    ),
    Table(
        quantity="auc",
        source="Juodelyte et al. 2023 v1, results/AUC.csv",
        confidence="C",
        protocol="on the validation fold that also stopped training; several "
        f"classes: one against the rest, weighted; {_FOLDS}",
        fixed={"network": "resnet50"},
        rows="dataset",
        columns=(
            "of",
            (
                "imagenet",
                "imagenet_frozen_first",
                "radimagenet",
                "radimagenet_frozen_first",
                "random",
            ),
        ),
        text="""
        thyroid     52.3±8.8 58.5±5.1 50.2±4.1 49.4±5.9 52.9±5.1
        breast      90.5±3.8 89.8±3.0 88.2±4.2 72.4±22.1 51.2±10.0
        chest       98.7±0.4 98.6±0.6 98.8±0.2 98.7±0.3 82.5±1.0
        mammograms  63.4±4.3 68.8±2.0 62.0±12.2 66.2±6.3 49.6±3.7
        knee        91.5±1.1 89.0±3.1 89.3±6.3 63.8±5.7 68.3±11.0
        isic        94.2±1.3 93.1±2.3 90.8±0.8 90.6±0.6 84.0±2.3
        pcam-small  93.8±1.1 93.2±2.5 87.1±2.3 86.0±1.8 73.4±8.2
        """,
        divisor=100,
    ),
    Table(
        quantity="error_agreement",
        source="Juodelyte et al. 2023 v1, results/similarity.csv",
        confidence="C",
        protocol="share of validation images where the ImageNet and the "
        "RadImageNet network are both right or both wrong; independent: a^2 + "
        f"(1 - a)^2 of the ImageNet network's accuracy a; {_FOLDS}",
        fixed={"network": "resnet50"},
        rows="dataset",
        columns=(
            "of",
            (
                "observed",
                "independent",
                "observed_frozen_first",
                "independent_frozen_first",
            ),
        ),
        text="""
        thyroid     0.633±0.194 0.528±0.026 0.431±0.335 0.521±0.005
        breast      0.823±0.055 0.740±0.046 0.779±0.125 0.747±0.043
        chest       0.954±0.008 0.920±0.012 0.946±0.007 0.910±0.016
        mammograms  0.626±0.036 0.525±0.010 0.619±0.064 0.536±0.009
        knee        0.906±0.035 0.796±0.021 0.825±0.035 0.771±0.019
        isic        0.844±0.017 0.659±0.013 0.841±0.008 0.653±0.016
        pcam-small  0.834±0.022 0.688±0.018 0.822±0.020 0.675±0.009
        """,
    ),
)
