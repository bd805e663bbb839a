"""Pictures of a report and what stands beside them on the page."""

import re

from transfusion_tf.reporting import reading
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.html import page


def write(context, name, drawn, *, title, sentence, alt, files, kind=None):
    """Saves a picture as PNG and PDF; returns its page.Figure.

    Args:
      context: context.Context.
      name: of its files.
      drawn: matplotlib Figure.
      title, sentence, alt, files: as of page.Figure.
      kind: its name in reading.READING; None: `name`.
    """
    style.save_with_pdf(drawn, context.output_dir / name)
    return page.Figure(
        name=name,
        title=title,
        sentence=sentence,
        reading=reading.READING[kind or name],
        alt=alt,
        files=files,
    )


def of_network(kind, network):
    """Name of the files of a picture that each network has."""
    return f"{kind}_{re.sub(r'[^a-z0-9]+', '_', network.lower())}"
