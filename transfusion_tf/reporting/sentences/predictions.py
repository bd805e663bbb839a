"""What the pictures of predictions show, from the tables beside them.

Tables are as `tables.read` returns them. Numbers are those of the tables,
rounded; each function returns one sentence.
"""

from transfusion_tf.analysis import error_agreement, subgroups
from transfusion_tf.statistics import equivalence

_CHANCE = 0.5
_NOTHING = "There is no value to show: {reason}."


def arm_aucs(table, *, of=None):
    """Which arms have the highest and the lowest AUC.

    Args:
      table: rows of analysis.comparing.arm_aucs.COLUMNS.
      of: the class, label or threshold whose AUC counts; None: their mean
        where there are several.
    """
    is_mean = of is None and table["auc_of"].nunique() > 1
    of = of or table["auc_of"].iloc[-1]
    known = table[(table["auc_of"] == of) & table["value"].notna()]
    if known.empty:
        return _NOTHING.format(reason=table["note"].iloc[-1])
    about = "mean AUC" if is_mean else f"AUC of {of}"
    if known["arm"].nunique() == 1:
        return f"The {about} of {_with_arm(known.iloc[0])}{_by_chance(known)}."
    ranked = known.sort_values("value", ascending=False, kind="stable")
    return (
        f"The {about} is highest in {_with_arm(ranked.iloc[0])} and lowest in "
        f"{_with_arm(ranked.iloc[-1])}{_by_chance(known)}."
    )


def calibration(table, arms):
    """Whose scores are the best and the worst calibrated.

    Args:
      table: rows of analysis.probability_tables.CALIBRATION_COLUMNS.
      arms: {run: name of its arm}.
    """
    known = table[table["ece"].notna()]
    if known.empty:
        return _NOTHING.format(reason="no image has a score")
    least, most = (
        known.loc[index]
        for index in (known["ece"].idxmin(), known["ece"].idxmax())
    )
    text = f"The expected calibration error is {_error(least, arms)}"
    if least["ece"] != most["ece"]:
        text = (
            "The expected calibration error lies between "
            f"{_error(least, arms)} and {_error(most, arms)}"
        )
    return f"{text}; 0 is perfect."


def curves(table, arms):
    """Which run has the highest average precision, against its baseline.

    Args:
      table: rows of analysis.probability_tables.CALIBRATION_COLUMNS.
      arms: {run: name of its arm}.
    """
    known = table[table["average_precision"].notna()]
    if known.empty:
        return _NOTHING.format(reason=table["note"].iloc[0])
    gain = known["average_precision"] - known["prevalence"]
    best = known.loc[gain.idxmax()]
    precision = _interval(
        best["average_precision"],
        best["average_precision_low"],
        best["average_precision_high"],
    )
    return (
        f"The average precision is furthest above chance for {best['auc_of']} "
        f"in {_run(best, arms)}: {precision}, where scores that say nothing "
        f"have {best['prevalence']:.3f}, the share of positives."
    )


def subgroup_differences(table, arms):
    """Whether any difference between groups is shown, and which is largest.

    Args:
      table: rows of analysis.subgroups.DIFFERENCE_COLUMNS.
      arms: {run: name of its arm}.
    """
    known = table[table["difference"].notna()]
    if known.empty:
        return (
            "No two groups can be compared: an AUC needs positives and "
            "negatives in each."
        )
    shown = known[known["p_adjusted"] <= equivalence.SIGNIFICANCE]
    among = shown if len(shown) else known
    row = among.loc[among["difference"].abs().idxmax()]
    what = (
        f"the AUC of {row['auc_of']} in {_run(row, arms)}, "
        f"{row['column']}={row['group'] or subgroups.EMPTY} minus "
        f"{row['other_group'] or subgroups.EMPTY}: "
        f"{_difference(row)}"
    )
    if len(shown):
        return f"Groups differ; the largest difference shown is that of {what}."
    return (
        "No difference between groups is shown; the largest that was seen is "
        f"that of {what}."
    )


def agreement(table, arms):
    """How alike the errors are within an arm, and between arms.

    Args:
      table: rows of analysis.error_agreement.COLUMNS.
      arms: {run: name of its arm}.
    """
    about, known = _of_first_label(table, "kappa")
    if known.empty:
        return _NOTHING.format(reason="no run errs")
    same = known["run"].map(arms) == known["other_run"].map(arms)
    parts = [
        f"{_range(part['value'])} between {what}"
        for part, what in (
            (known[same], "seeds of one arm"),
            (known[~same], "arms"),
        )
        if len(part)
    ]
    return (
        f"The kappa of errors{about} is {' and '.join(parts)}; 0 is "
        "independence, 1 the same errors."
    )


def disagreement(table):
    """On the images of which class two runs differ most often.

    Args:
      table: rows of analysis.error_agreement.CLASS_COLUMNS.
    """
    about, known = _of_first_label(table, "one_right")
    if known.empty:
        return _NOTHING.format(reason="no class has images")
    medians = known.groupby("true_class", sort=False)["value"].agg(
        ["min", "max"]
    )
    ends = [
        f"{_share(low, high)} of the images whose true class is {name}"
        for name, (low, high) in zip(
            medians.index, medians.to_numpy(), strict=True
        )
    ]
    return (
        f"Exactly one of two runs{about} is right on {_listed(ends[:4])}"
        f"{'' if len(ends) < 5 else ', and so on'}."
    )


def _of_first_label(table, measure):
    """(" of <label>" or "", its defined rows), of the first of several."""
    of = table["of"].iloc[0]
    is_it = (table["measure"] == measure) & (table["of"] == of)
    about = "" if of == error_agreement.ALL_CLASSES else f" of {of}"
    return about, table[is_it & table["value"].notna()]


def _with_arm(row):
    return f"{row['arm']}: {_interval(row['value'], row['low'], row['high'])}"


def _by_chance(known):
    """Says so where an interval holds 0.5, the AUC of guessing."""
    is_chance = (known["low"] <= _CHANCE) & (known["high"] >= _CHANCE)
    if not is_chance.any():
        return ""
    if is_chance.all():
        whose = "every interval" if len(known) > 1 else "the interval"
    else:
        whose = f"the interval of {_listed(known['arm'][is_chance])}"
    return f"; {whose} holds chance"


def _error(row, arms):
    return f"{row['ece']:.3f} ({row['auc_of']}, {_run(row, arms)})"


def _run(row, arms):
    """A run by its arm and its seed."""
    name = arms.get(row["run"])
    return row["run"] if name is None else f"{name} seed {row['seed']}"


def _interval(value, low, high):
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _difference(row):
    interval = f"[{row['low']:+.3f}, {row['high']:+.3f}]"
    text = f"{row['difference']:+.3f} {interval}"
    if row["p_adjusted"] == row["p_adjusted"]:
        text += f", adjusted p = {row['p_adjusted']:.2g}"
    return text


def _range(values):
    low, high = values.min(), values.max()
    return f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"


def _share(low, high):
    return f"a share of {low:.2f}" + ("" if low == high else f" to {high:.2f}")


def _listed(names):
    """Names as a text has them: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
