"""The Gabor filters that a run with --init=gabor starts from, as tables."""

import numpy as np

from transfusion_tf import tables
from transfusion_tf.analysis.filters import changes
from transfusion_tf.initialization import gabor, pretrained, schemes
from transfusion_tf.models import zoo

COLUMNS = (
    "run",
    "filter",
    "rank",
    "orientation_degrees",
    "wavelength_pixels",
    "phase_degrees",
    "sigma_pixels",
    "color",
)


def run(config):
    """The filters that a RunConfig puts into conv1, and their numbers.

    Args:
      config: RunConfig; network, weights, Gabor settings and seed count.

    Returns:
      {"gabor_bank": DataFrame of COLUMNS, one row a filter, "gabor_kernels":
      DataFrame of changes.KERNEL_COLUMNS, one row a number}.

    Raises:
      ValueError: the first convolution is too small, or the weights of
        another network.
    """
    waves, kernel = bank(config)
    of_filters = rows(waves, run=config.model.name)
    numbers = changes.kernel_rows(kernel, of_filters, step=0)
    return {
        "gabor_bank": tables.frame(of_filters, columns=COLUMNS),
        "gabor_kernels": tables.frame(numbers, columns=changes.KERNEL_COLUMNS),
    }


def bank(config):
    """(list of gabor.Wave, kernel (side, side, 3, num_filters), red first).

    Args and errors are those of `run`.
    """
    source, model = pretrained.source_and_model(config)
    backbone = zoo.build(
        model.name,
        num_outputs=1,
        image_size=zoo.find(model.name).min_size,
        **model.build_options,
    )
    waves, kernel, _ = schemes.draw_bank(
        backbone, source, config.init, config.seed
    )
    return waves, backbone.in_rgb(kernel)


def rows(waves, *, run):
    """One row (dict of COLUMNS) per filter; `rank` puts like by like.

    Args:
      waves: list of gabor.Wave.
      run: name, for the column.
    """
    order = sorted(
        range(len(waves)),
        key=lambda index: _sorting_key(waves[index]),
    )
    return [
        {
            "run": run,
            "filter": index,
            "rank": order.index(index),
            "orientation_degrees": round(np.degrees(wave.orientation), 3),
            "wavelength_pixels": round(wave.wavelength, 3),
            "phase_degrees": round(np.degrees(wave.phase), 3),
            "sigma_pixels": round(wave.sigma, 3),
            "color": wave.color,
        }
        for index, wave in enumerate(waves)
    ]


def _sorting_key(wave):
    colors = list(gabor.COLORS)
    return (
        colors.index(wave.color),
        wave.wavelength,
        wave.orientation,
        wave.phase,
    )
