"""Converts raw images into records, TFRecord files that tfds can read.

python data_prep/make_tfrecords.py --source=image_folder --input=images.zip \
    --output_dir=data/images

The records come to <output_dir>/1.0.0. An interrupted conversion continues
when the same command is given again. data_prep/README.md says what each
source expects, docs/cluster.md how many machines do the work:

python data_prep/make_tfrecords.py --source=image_folder --input=/data/images \
    --output_dir=/data/records --engine=beam --runner=DirectRunner \
    --direct_num_workers=4
"""

from absl import flags

from data_prep import conversion_flags, engine_flags, source_flags
from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(source_flags)
flags.adopt_module_key_flags(conversion_flags)
flags.adopt_module_key_flags(engine_flags)


def main(argv):
    """Converts as the flags say; prints where to, how many, what may leak."""
    own = [flag.name for flag in FLAGS.get_key_flags_for_module(__name__)]
    conversion_flags.check(own)
    image_options = conversion_flags.image_options()
    split_options = conversion_flags.split_options()
    conversion_options = conversion_flags.conversion_options()
    engine = engine_flags.engine(argv[1:])

    from transfusion_tf import paths
    from transfusion_tf.conversion import convert
    from transfusion_tf.data import records
    from transfusion_tf.process import quiet
    from transfusion_tf.reporting import audit_text

    if paths.is_in_tensorflow_store(FLAGS.output_dir):
        quiet.start_tensorflow()
    with cli.continued():
        version_dir = convert.convert(
            conversion_flags.manifest(),
            FLAGS.output_dir,
            convert.ConvertOptions(
                image_options=image_options,
                split_options=split_options,
                engine=engine,
                overwrite=FLAGS.overwrite,
                **conversion_options,
            ),
        )
    print(version_dir)
    card = records.read_card(version_dir)
    print(counts_table(card))
    print(audit_text.across(card.audit))


def counts_table(card):
    """Returns lines: a header of splits, all images, images of each class."""
    rows = [["", *card.num_examples], ["images", *card.num_examples.values()]]
    for name in card.classes:
        shown = f"{name} (positive)" if name == card.positive else name
        rows.append([shown, *(counts[name] for counts in card.counts.values())])
    width = max(len(row[0]) for row in rows)
    lines = (
        row[0].ljust(width)
        + "".join(
            f"{n:>10,}" if isinstance(n, int) else f"{n:>10}" for n in row[1:]
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    cli.run(main, allow_unknown=engine_flags.is_beam)
