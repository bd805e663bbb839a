"""A few lines of text on a run, for the terminal."""

from transfusion_tf import names


def run_summary(run):
    """Where a finished run lies and what came out, one line each."""
    metrics = run.read_metrics()
    lines = [
        f"run: {run.root}",
        f"init: {_init_summary(run.read_init_report())}",
        f"best step: {metrics['best_step']}{_end(metrics)}",
        *(
            split_summary(split, metrics[split])
            for split in metrics
            if split in names.SPLITS
        ),
        *(f"warning: {one['text']}" for one in metrics.get("warnings", ())),
        f"metrics: {run.metrics}",
    ]
    return "\n".join(lines)


def profile_summary(rows):
    """Where the time of a training step goes, as lines of a table.

    Args:
      rows: of experiment.profile.
    """
    lines = [
        f"{row['part'].replace('_', ' '):12s} {row['milliseconds']:10.3f} ms"
        f" {row['share']:7.1%}"
        for row in rows
    ]
    return "\n".join(lines)


def _end(metrics):
    """After how many steps the training ended; older runs do not say."""
    last = metrics.get("last_step")
    return "" if last is None else f" of {last}"


def _init_summary(report):
    """How many tensors came from where; init_report.json names each."""
    counts = ", ".join(
        f"{count} tensors {kind}" for kind, count in report["counts"].items()
    )
    text = f"{report['scheme']}: {counts}"
    if report["source"]:
        text += f"; source {source_summary(report['source'])}"
    return "\n".join([text, *(f"warning: {w}" for w in report["warnings"])])


def source_summary(source):
    """Where the weights of a source's identity are from, and which bytes."""
    origin = f"{source['file']} ({source['format']})"
    if source["kind"] == "run":
        origin = (
            f"{source['model']} trained on {source['dataset']} (step "
            f"{source['step']})"
        )
    return f"{origin}, sha256 {source['sha256'][:12]}"


def split_summary(split, numbers):
    """AUC, one line for each of its parts, and accuracy, with intervals."""
    unit = f"{numbers['num_images']} images"
    if numbers["num_patients"]:
        unit += f" of {numbers['num_patients']} patients"
    level = f"{100 * numbers['level']:g}% interval"
    lines = [f"{split}: AUC {_value(numbers['auc'])} ({level}; {unit})"]
    if len(numbers["aucs"]) > 1:
        lines += [
            f"  AUC {entry['name']}: {_value(entry)}"
            for entry in numbers["aucs"]
        ]
    lines.append(f"  accuracy {_value(numbers['accuracy'])}")
    majority = numbers["accuracy"].get("majority")
    if majority is not None:
        lines[-1] += f", always the most frequent answer: {majority:.4f}"
    return "\n".join(lines)


def _value(entry):
    if entry["value"] is None:
        return f"n/a ({entry['reason']})"
    text = f"{entry['value']:.4f} [{entry['low']:.4f}, {entry['high']:.4f}]"
    return f"{text} ({entry['note']})" if entry.get("note") else text
