"""Numbers of Raghu et al. 2019 (arXiv:1902.07208).

Transfusion: Understanding Transfer Learning for Medical Imaging. Rows of the
tables that no source could be found for are left out.
"""

from transfusion_tf.reporting.published.table import Table


def _transfusion(number, *, fixed, rows, text, protocol):
    """AUC in percent; whether the spread is of runs or of the mean is open."""
    return Table(
        quantity="auc",
        source=f"Raghu et al. 2019, Table {number}",
        confidence="T",
        protocol=f"{protocol}; three runs",
        fixed=fixed,
        rows=rows,
        columns=("of", ("random", "pretrained")),
        text=text,
        divisor=100,
    )


def _steps(panel, *, network, dataset, levels, text):
    """Steps to an AUC, read from the curves of Figure 6."""
    return Table(
        quantity="steps_to_auc",
        source=f"Raghu et al. 2019, Figure 6{panel}",
        confidence="C",
        protocol="first step at which the mean test AUC reaches the level; "
        "digitised, about 500 steps off",
        fixed={"network": network, "dataset": dataset},
        rows="of",
        columns=("at", levels),
        text=text,
    )


_RETINA_LEVELS = ("0.80", "0.90", "0.91", "0.95")

TABLES = (
    _transfusion(
        1,
        fixed={"dataset": "retina"},
        rows="network",
        protocol="test AUC of moderate (another source: referable) diabetic "
        "retinopathy",
        text="""
        resnet50     96.4±0.05 96.7±0.04
        inception_v3 96.6±0.13 96.7±0.05
        cbr_larget   96.2±0.04 96.2±0.04
        """,
    ),
    _transfusion(
        2,
        fixed={"dataset": "chexpert", "network": "resnet50"},
        rows="at",
        protocol="test AUC",
        text="""
        atelectasis      79.52 79.76
        cardiomegaly     75.23 74.93
        consolidation    85.49 84.42
        edema            88.34 88.89
        pleural_effusion 88.70 88.07
        """,
    ),
    _transfusion(
        3,
        fixed={"dataset": "retina_5000"},
        rows="network",
        protocol="test AUC after training on 5,000 images",
        text="""
        resnet50   92.2 94.6
        cbr_larget 93.6 93.9
        cbr_largew 93.6 93.7
        """,
    ),
    Table(
        quantity="cca_top_two",
        source="Raghu et al. 2019, Figure 2 (as in the authors' blog)",
        confidence="C",
        protocol="CCA of trained networks, mean of the top two stages; middle, "
        "lowest and highest tick of a violin, digitised, 0.0005 off; data set "
        "and number of pairs are not known",
        fixed={},
        rows="network",
        columns=("of", ("random_imagenet", "random_random")),
        text="""
        resnet50     0.2389[0.2365,0.2425] 0.2661[0.2625,0.2693]
        inception_v3 0.2173[0.2127,0.2246] 0.2546[0.2529,0.2571]
        cbr_largew   0.3596[0.3557,0.3632] 0.3623[0.3549,0.3673]
        cbr_small    0.3695[0.3627,0.3734] 0.3749[0.3691,0.3792]
        cbr_tiny     0.3599[0.3579,0.3634] 0.3589[0.3571,0.3600]
        """,
    ),
    _steps(
        "a",
        network="inception_v3",
        dataset="retina",
        levels=_RETINA_LEVELS,
        text="""
        pretrained 5400 7400 8000 9500
        mean_var 17300 24100 25600 43800
        random 26100 43800 47400 70800
        """,
    ),
    _steps(
        "b",
        network="resnet50",
        dataset="retina",
        levels=_RETINA_LEVELS,
        text="""
        pretrained 5700 7800 8300 9400
        mean_var 19200 27000 30200 68600
        random 45700 65500 69100 105000
        """,
    ),
    _steps(
        "c (consolidation)",
        network="resnet50",
        dataset="chexpert",
        levels=("0.70", "0.75", "0.80", "0.83", "0.85"),
        text="""
        pretrained 1400 2100 3900 8800 55700
        mean_var 4900 8400 16800 34000 60600
        random 10900 16500 30100 55700 84800
        """,
    ),
)
