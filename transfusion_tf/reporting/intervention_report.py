"""Writes a view of interventions: tables, pictures, and what they say."""

import collections.abc
import dataclasses
import pathlib

from transfusion_tf import tables
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.figures.interventions import (
    barrier,
    criticality,
    probes,
    resilience,
    shortcut,
)
from transfusion_tf.reporting.sentences import interventions as sentences
from transfusion_tf.reporting.sentences import probes as probe_sentences
from transfusion_tf.reporting.sentences import shortcut as shortcut_sentences


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of a view.

    Attributes:
      draw: function ({stem: DataFrame}) -> Figure.
      table: stem of the table that it shows; where the view was not asked for
        it, there is no picture.
      needs: column of that without a value in which there is no picture.
    """

    draw: collections.abc.Callable
    table: str
    needs: str


@dataclasses.dataclass(frozen=True)
class Shown:
    """How a view is shown.

    Attributes:
      pictures: {stem of a PNG file: Picture}.
      sentences: function ({stem: DataFrame}, margin) -> lines of text.
    """

    pictures: dict
    sentences: collections.abc.Callable


# {name, of names.INTERVENTIONS: how it is shown}
VIEWS = {
    "resilience": Shown(
        {
            "resilience": Picture(resilience.stages, "resilience_arms", "lost"),
            "resilience_path": Picture(
                resilience.path, "resilience_arms", "lost"
            ),
            "criticality": Picture(
                criticality.stages, "criticality_arms", "num_beyond"
            ),
        },
        sentences.resilience,
    ),
    "barrier": Shown(
        {
            "barrier": Picture(barrier.lines, "barrier", "auc"),
            "barrier_arms": Picture(
                barrier.heights, "barrier_arms", "auc_barrier"
            ),
        },
        sentences.barrier,
    ),
    "shortcut": Shown(
        {"shortcut": Picture(shortcut.distortions, "shortcut_arms", "lost")},
        shortcut_sentences.shortcut,
    ),
    "probes": Shown(
        {"probes": Picture(probes.stages, "probes_arms", "value")},
        probe_sentences.probes,
    ),
}


def write(found, options, output_dir, examples=None):
    """Writes the tables and pictures of a view.

    Args:
      found: {stem: DataFrame}, as of analysis.interventions.registry.run.
      options: InterventionOptions.
      output_dir: directory, made if need be.
      examples: as of registry.examples; drawn as <view>_images.png.

    Returns:
      What the terminal shows: sentences, then the paths.
    """
    paths = tables.write_all(output_dir, found)
    # From the files, so that pictures and words are of what was written.
    read = {
        stem: tables.read(path) for stem, path in zip(found, paths, strict=True)
    }
    shown = VIEWS[options.view]
    for stem, picture in shown.pictures.items():
        if picture.table not in read:
            continue
        path = pathlib.Path(output_dir) / f"{stem}.png"
        if style.has_points(path, read[picture.table], picture.needs):
            paths.append(style.save(picture.draw(read), path))
    if examples is not None:
        path = pathlib.Path(output_dir) / f"{options.view}_images.png"
        paths.append(style.save(shortcut.examples(examples), path))
    lines = shown.sentences(read, options.margin)
    return "\n".join([*lines, *map(str, paths)])
