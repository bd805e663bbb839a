"""Looks for leakage between splits, and for identities in records.

python data_prep/audit_dataset.py --records=data/images --phi \\
    --output_dir=audits/images
python data_prep/audit_dataset.py --source=image_folder --input=images.zip \\
    --output_dir=audits/images

Writes audit.csv (pairs of images that are identical or look alike), audit.png
(the first of them), audit.json (counts) and, with --phi, phi.csv (what looks
like a name, date, number, UID or path, with its letters and digits masked).
Nothing in the data set is changed, and findings are not errors.

Raw images are looked at as make_tfrecords.py would prepare them, in the splits
that they come with.
"""

import pathlib

from absl import flags

from data_prep import conversion_flags, source_flags, sources
from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "records", None, "Directory that make_tfrecords.py has written."
)
flags.DEFINE_integer(
    "distance",
    4,
    "Images count as near-duplicates if their perceptual hashes of 64 bits "
    "differ in at most this many. 4 finds copies that were compressed, resized "
    "or blurred; at 8 many pairs are different people.",
    lower_bound=0,
    upper_bound=64,
)
flags.DEFINE_integer(
    "max_pairs",
    100_000,
    "Pairs that audit.csv lists at most; all are counted.",
    lower_bound=0,
)
flags.DEFINE_bool(
    "phi",
    False,
    "Searches the records for what looks like an identity. What is burned "
    "into images is not found, nor is a name without a form of its own.",
)


def _image_flags(source):
    """Flags on images; how many may be unusable is a question of converting."""
    found = sources.SOURCES[source].image_flags
    return tuple(name for name in found if name != "max_bad_fraction")


flags.adopt_module_key_flags(source_flags)
for _name in (
    "output_dir",
    "num_workers",
    *_image_flags("dicom"),  # Of the sources, the most.
):
    flags.declare_key_flag(_name)
FLAGS["source"].help = "Kind of raw data, instead of --records."
FLAGS["seed"].help = "Seed of synthetic images."
FLAGS["output_dir"].help = "Directory of what is found."
_OWN = ("distance", "max_pairs", "output_dir")
_OF_RECORDS = (*_OWN, "records", "phi")


def main(argv):
    """Audits as the flags say and prints what was found."""
    del argv  # cli.run has refused any.
    _check_flags()
    from transfusion_tf import files
    from transfusion_tf.audit import audit
    from transfusion_tf.reporting import audit_text

    output_dir = pathlib.Path(FLAGS.output_dir)
    opened = _opened() if FLAGS.records else None
    facts, tells_label = _facts(opened)
    found = audit.audit(
        facts.table,
        on_leak="report",
        distance=FLAGS.distance,
        max_pairs=FLAGS.max_pairs,
    )
    output_dir.mkdir(parents=True, exist_ok=True)
    audit.write(found, output_dir, facts.image_of)
    report = {
        "images": len(facts.table),
        "left_out": facts.left_out,
        "counts": facts.counts,
        **found.summary,
        **(_proofs(opened.card) if opened else {}),
    }
    lines = audit_text.lines(found.summary)
    if facts.left_out:
        lines.append(f"images that cannot be used: {facts.left_out:,}")
    lines += tells_label.values()
    if FLAGS.phi:
        report["phi"], phi_lines = _search_identities(opened, output_dir)
        lines += phi_lines
    files.write_json(output_dir / "audit.json", report)
    print(output_dir)
    print("\n".join(_counts_lines(facts) + lines))
    print(audit_text.verdict(found.summary))


def _opened():
    from transfusion_tf.data import records

    return records.open_records(FLAGS.records, verify=True)


def _facts(opened):
    """ImageFacts, and {column that tells the label: sentence}."""
    from transfusion_tf.audit import image_facts, label_columns

    if opened:
        return image_facts.of_records(opened), opened.card.tells_label
    image_options = conversion_flags.image_options()  # Wrong ones come first.
    manifest = source_flags.manifest()
    facts = image_facts.of_manifest(
        manifest, image_options=image_options, num_workers=FLAGS.num_workers
    )
    return facts, label_columns.of_manifest(manifest)


def _search_identities(opened, output_dir):
    """Writes phi.csv; returns its counts for JSON, and lines of text."""
    from transfusion_tf import progress, tables
    from transfusion_tf.audit import phi_scan

    total = sum(opened.card.num_examples.values())
    with progress.bar("Searching", total, unit="images") as bar:
        found = phi_scan.scan(opened, on_record=bar.update)
    tables.write(output_dir / "phi.csv", found.rows, columns=phi_scan.COLUMNS)
    rows = [
        {"place": place, "kind": kind, "findings": number}
        for (place, kind), number in sorted(found.counts.items())
    ]
    lines = [
        f"looks like an identity: {row['findings']:,} x {row['kind']} in "
        f"{row['place']}"
        for row in rows
    ]
    if total_rows := sum(found.counts.values()) - len(found.rows):
        lines.append(f"phi.csv leaves out {total_rows:,} of them")
    return rows, lines or [
        f"nothing in {found.num_records:,} records looks like an identity"
    ]


def _proofs(card):
    """Returns what a data card says of its splits."""
    return {
        "splits": card.splits,
        "grouped_by": card.grouped_by,
        "quarantined": card.quarantined,
        "fingerprint": card.fingerprint,
    }


def _counts_lines(facts):
    """Returns a line for each split."""
    return [
        f"{split}: {(facts.table['split'] == split).sum():,} images ("
        + ", ".join(f"{name} {number:,}" for name, number in of.items())
        + ")"
        for split, of in facts.counts.items()
    ]


def _check_flags():
    """Raises ValueError for flags that are missing or would not be read."""
    source_flags.require("output_dir")
    if bool(FLAGS.records) == bool(FLAGS.source):
        raise ValueError(
            "Give either --records=DIR or --source=SOURCE with its flags. "
            f"Received: records={FLAGS.records}, source={FLAGS.source}."
        )
    known = {flag.name for flag in FLAGS.get_key_flags_for_module(__name__)}
    if FLAGS.source:
        _check_source(known)
        return
    wrong = [
        f"--{n}" for n in known if FLAGS[n].present and n not in _OF_RECORDS
    ]
    if wrong:
        raise ValueError(
            f"{', '.join(sorted(wrong))} does not go with --records, which "
            f"takes {', '.join(f'--{n}' for n in _OF_RECORDS)}."
        )


def _check_source(known):
    image_flags = _image_flags(FLAGS.source)
    source_flags.check(known, (*_OWN, "num_workers", *image_flags))
    options = sources.options(FLAGS.source)
    for name in ("seed", "fold"):  # Those of splits, which are not drawn here.
        if FLAGS[name].present and name not in options:
            raise ValueError(
                f"--{name} does not go with --source={FLAGS.source} here: "
                "splits are audited as they come. Audit the --records for "
                "those that a conversion has drawn."
            )


if __name__ == "__main__":
    cli.run(main)
