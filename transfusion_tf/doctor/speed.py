"""Check of speed: some training steps against the table of docs/guide.md."""

import math
import os

from transfusion_tf.doctor import finding

# {(network, image size, batch size): images a second} of the steps that `probe`
# measures, as the table of docs/guide.md has them.
REFERENCE = {
    ("cbr_tiny", 32, 64): 450,
    ("cbr_small", 64, 32): 77,
}
REFERENCE_MACHINE = "2 cores of an Intel Xeon (AVX-512, 2.6 GHz), oneDNN on"
# Slower than that needs a reason: fewer or older cores give half.
_SLOW = 1 / 3


def speed(probe, load=None):
    """Returns a Finding for each network whose steps were measured.

    Args:
        probe: what probing.run returned.
        load: mean number of processes that ran in the last minute; None: ask
            the system.
    """
    load = os.getloadavg()[0] if load is None else load
    return [_of_network(measured, load) for measured in probe.get("speed", ())]


def _of_network(measured, load):
    """Returns the Finding on one network."""
    key = tuple(measured[k] for k in ("model", "image_size", "batch_size"))
    model, side, batch_size = key
    check = f"speed, {model} {side} px, batch {batch_size}"
    if not math.isfinite(measured["loss"]):
        return finding.problem(
            check,
            f"the loss is {measured['loss']}",
            advice="The processor or TensorFlow computes wrongly: install "
            "TensorFlow anew, and try TF_ENABLE_ONEDNN_OPTS=0.",
        )
    found, reference = measured["images_per_second"], REFERENCE[key]
    ratio = found / reference
    text = (
        f"{found:,.0f} images/s, {ratio:.2f} of {reference:,.0f} on "
        f"{REFERENCE_MACHINE}"
    )
    if ratio >= _SLOW:
        return finding.ok(check, text)
    return finding.warning(
        check,
        text,
        advice=f"Some {load:.0f} processes ran in the last minute: wait until "
        "the machine is idle; see whether oneDNN is on, and what the line on "
        "processors says.",
    )
