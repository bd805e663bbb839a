"""What came out, in a few lines for the terminal."""

from transfusion_tf.metrics import decision
from transfusion_tf.using import predict


def of_predictions(predicted):
    """How many files were scored and why others were not; the decisions."""
    table, network = predicted.table, predicted.network
    reasons = table.loc[table[predict.LEFT_OUT] != "", predict.LEFT_OUT]
    lines = [
        f"{len(table) - len(reasons):,} of {len(table):,} files scored with "
        f"step {network.step} of {network.run.root}"
    ]
    for reason, number in reasons.value_counts(sort=False).items():
        lines.append(f"left out, {number:,}: {reason}")
    lines += _decisions(predicted)
    return "\n".join(lines)


def _decisions(predicted):
    """Yields a line for each decision: how often it is what, and by what."""
    table, network = predicted.table, predicted.network
    if network.task == "multilabel":
        for name, threshold in zip(
            network.classes, predicted.thresholds, strict=True
        ):
            if threshold is None:
                yield f"{name}: not decided, val gives no threshold"
                continue
            number = (table[f"decision_{name}"] == "1").sum()
            yield f"{name}: {number:,} at a threshold of {threshold:.4g}"
        return
    counts = ", ".join(
        f"{(table['decision'] == name).sum():,} {name}"
        for name in network.classes
    )
    if decision.rule(network.task, len(network.classes)) == decision.THRESHOLD:
        yield f"decisions: {counts}, at a threshold of " + (
            f"{predicted.thresholds[0]:.4g} for {network.classes[1]}"
        )
    else:
        yield f"decisions: {counts} (the most probable class)"
