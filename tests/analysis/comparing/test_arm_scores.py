"""Numbers of runs by arm: mean and range, without those undefined."""

import pandas as pd

from transfusion_tf.analysis.comparing import arm_scores

ARMS = {"a": "tiny random", "b": "tiny random", "c": "tiny gabor"}


def test_mean_and_range_over_the_runs_of_an_arm():
    about = {"dataset": "eyes", "split": "test", "auc_of": "sick"}
    calibration = pd.DataFrame({"run": list("abc"), **about})
    for measure in arm_scores.MEASURES:
        calibration[measure] = [0.1, 0.3, None]
    points = pd.DataFrame(
        {
            "run": list("abc"),
            **about,
            "given": "specificity",
            "asked": 0.95,
            "measure": "sensitivity",
            "value": [0.5, None, 0.25],
        }
    )
    table = arm_scores.run(calibration, points, ARMS)
    assert len(table) == 2 * (len(arm_scores.MEASURES) + 1)
    numbers = ["mean", "lowest", "highest", "num_runs", "num_undefined"]
    found = table.set_index(["arm", "measure"])[numbers]
    assert list(found.loc[("tiny random", "ece")]) == [0.2, 0.1, 0.3, 2, 0]
    undefined = found.loc[("tiny gabor", "ece")]
    assert undefined[["mean", "lowest"]].isna().all()
    assert list(undefined[["num_runs", "num_undefined"]]) == [1, 1]
    point = found.loc[("tiny random", "sensitivity at specificity 0.95")]
    assert list(point) == [0.5, 0.5, 0.5, 2, 1]
