"""Sums over images from which debiased HSIC follows, and their NumPy form.

Positions of one image are not independent, so a debiased estimate has to leave
out every pair of datapoints inside one image, not the diagonal alone. What it
needs of a pair of representations x and y are sums over images b, with X_b and
Y_b the (positions, neurons) of one image, s_b and t_b their sums over
positions, and M_b = X_b' Y_b:

    product   sum_b M_b                  sums       sum_b s_b t_b'
    within    sum_b |M_b|^2              left       sum_b M_b t_b
    right     sum_b M_b' s_b             through    sum_b s_b' M_b t_b
    s_tt      sum_b s_b |t_b|^2          t_ss       sum_b t_b |s_b|^2
    ss_tt     sum_b |s_b|^2 |t_b|^2      ss, tt     sum_b |s_b|^2, |t_b|^2

and of the positions of the images, p_b, the sums of p_b, p_b^2, p_b^3, p_b^4
(`powers`). All add up over batches, and over groups of images.
"""

import numpy as np

NAMES = (
    "product",
    "sums",
    "within",
    "left",
    "right",
    "through",
    "s_tt",
    "t_ss",
    "ss_tt",
    "ss",
    "tt",
)


def powers(positions, num_images):
    """(4,) sums of p_b^k for k = 1..4: images of equally many positions."""
    return num_images * np.array([positions**k for k in (1.0, 2, 3, 4)])


def hsic(s, sum_x, sum_y):
    """Returns the debiased HSIC of linear kernels: |cov(x, y)|^2, unbiased.

    The U-statistic of Song et al. 2012 (JMLR 13, eq. 5) with images in place of
    datapoints: every index of a product is from an image of its own.

    Args:
      s: {name of the table above: sum}, float64.
      sum_x, sum_y: sums of x and y over all datapoints, (num_neurons,).

    Returns:
      float; NaN with fewer than four images, for which it is not defined.
    """
    one, two, three, four = s["powers"]
    pairs = one**2 - two
    triples = one**3 - 3 * one * two + 2 * three
    quadruples = (
        one**4 - 6 * one**2 * two + 8 * one * three + 3 * two**2 - 6 * four
    )
    # The largest of them, so that rounding cannot make up a fourth image.
    if quadruples < 0.5 or pairs <= 0 or triples <= 0:
        return float("nan")
    # Two datapoints of different images: (x_i x_j)(y_i y_j).
    both = np.sum(s["product"] ** 2) - s["within"]
    # Three, of which y's partner of i is another one: (x_i x_j)(y_i y_k).
    shared = (
        sum_x @ s["product"] @ sum_y
        - sum_x @ s["left"]
        - s["right"] @ sum_y
        + s["through"]
    ) - (np.sum(s["product"] * s["sums"]) - s["through"])
    # Four: (x_i x_j)(y_k y_l), by images.
    products = np.sum(s["sums"] ** 2) - s["ss_tt"]
    chained = (
        sum_x @ s["sums"] @ sum_y
        - sum_x @ s["s_tt"]
        - s["t_ss"] @ sum_y
        + s["ss_tt"]
    )
    apart = (
        (sum_x @ sum_x - s["ss"]) * (sum_y @ sum_y - s["tt"])
        - 4 * chained
        + 2 * products
    )
    return float(both / pairs - 2 * shared / triples + apart / quadruples)


def of_arrays(x, y, images):
    """The sums of x (num_datapoints, neurons) and y; `images` (n,) of rows."""
    _, index, positions = np.unique(
        images, return_inverse=True, return_counts=True
    )
    order = np.argsort(index, kind="stable")
    starts = np.cumsum(positions) - positions
    x, y = x[order], y[order]
    s, t = (np.add.reduceat(a, starts, axis=0) for a in (x, y))
    image = index[order]
    # M_b t_b = X_b' (Y_b t_b), without making M_b.
    along_t = np.sum(y * t[image], axis=1)
    along_s = np.sum(x * s[image], axis=1)
    ss, tt = np.sum(s * s, axis=1), np.sum(t * t, axis=1)
    return {
        "product": x.T @ y,
        "sums": s.T @ t,
        "within": _within(x, y, starts, positions),
        "left": x.T @ along_t,
        "right": y.T @ along_s,
        "through": float(along_s @ along_t),
        "s_tt": s.T @ tt,
        "t_ss": t.T @ ss,
        "ss_tt": float(ss @ tt),
        "ss": float(ss.sum()),
        "tt": float(tt.sum()),
        "powers": sum(powers(p, 1) for p in positions),
    }


def _within(x, y, starts, positions):
    """sum_b |X_b' Y_b|^2."""
    if positions.max() == 1:
        return float(np.sum(x * x, axis=1) @ np.sum(y * y, axis=1))
    ends = zip(starts, starts + positions, strict=True)
    return float(sum(np.sum((x[a:b].T @ y[a:b]) ** 2) for a, b in ends))
