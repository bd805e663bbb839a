"""What an audit found, in words for the terminal."""

_LATER = {"train": "val or test", "val": "test"}


def lines(summary):
    """Returns the lines that report what an audit found.

    Args:
        summary: that of an `audit.Audit`.
    """
    near = f"hash distance <= {summary['distance_searched']}"
    found = [
        _patients(summary["patients_in_common"]),
        f"identical pixels: {_pairs(summary['exact_pairs'])}",
        f"near-duplicates ({near}): {_pairs(summary['near_pairs'])}",
        across(summary),
    ]
    conflicts = summary["label_conflicts"]
    if conflicts["groups"]:
        found.append(
            f"identical images under different labels: {conflicts['images']:,}"
            f" in {conflicts['groups']:,} groups"
        )
    if summary["distance_searched"] < summary["distance"]:
        found.append(
            f"too many images look alike to search to distance "
            f"{summary['distance']}"
        )
    if summary["pairs_not_listed"]:
        found.append(
            f"audit.csv lists {summary['pairs_listed']:,} pairs and leaves out "
            f"{summary['pairs_not_listed']:,}"
        )
    return found


def across(summary):
    """Returns the line on near-duplicates in different splits.

    They are either copies that leak or different people who look alike, which
    no hash can decide: somebody has to look.
    """
    found = summary.get("near_pairs_across_by_distance")
    searched = summary.get("distance_searched")
    if found is None or searched is None:  # Of an earlier release.
        return "near-duplicates across splits: not counted"
    counts = {bits: count for bits, count in found.items() if count}
    if not counts:
        return (
            f"near-duplicates across splits: none to hash distance {searched}"
        )
    listed = ", ".join(f"{count:,} at {bits}" for bits, count in counts.items())
    text = (
        f"near-duplicates across splits, pairs by hash distance: {listed}; "
        "copies or different people, look at audit.png"
    )
    if gone := sum(summary.get("near_dropped", {}).values()):
        return f"{text} ({gone:,} images of earlier splits are left out)"
    return text


def verdict(summary):
    """Returns one sentence: whether the splits leak, and what of."""
    leaks = [
        f"{count:,} {split} images have the pixels of {_LATER[split]} images"
        for split, count in summary["leaking"].items()
    ]
    leaks += [
        f"{count:,} patients are in {pair.replace('-', ' and ')}"
        for pair, count in (summary["patients_in_common"] or {}).items()
    ]
    if leaks:
        return f"The splits leak: {'; '.join(leaks)}."
    text = "No identical pixels are in more than one split"
    if summary["patients_in_common"] is None:
        return f"{text}; who the patients are is not known."
    return f"{text}, and no patient."


def _patients(shared):
    if shared is None:
        return "patients in several splits: not known"
    if not shared:
        return "patients in several splits: none"
    listed = ", ".join(f"{pair} {count:,}" for pair, count in shared.items())
    return f"patients in several splits: {listed}"


def _pairs(counts):
    if not counts:
        return "no pairs"
    listed = ", ".join(f"{pair} {count:,}" for pair, count in counts.items())
    return f"{sum(counts.values()):,} pairs ({listed})"
