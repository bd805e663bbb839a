"""What the networks of arms cost: counted, and timed on this machine."""

import functools

from transfusion_tf.analysis import network_costs, network_timing
from transfusion_tf.models import zoo


def of_arms(chosen, *, is_timed):
    """For each arm a dict of network_sizes.COSTS and the machine.

    A network that several arms share is built and timed once.

    Args:
        chosen: chosen_arms.ChosenArms.
        is_timed: whether milliseconds are measured; else they are None.

    Returns:
        List of dicts.
    """
    return [
        dict(
            _costs(
                one.config.model,
                one.num_outputs,
                one.image_size,
                one.config.train.batch_size if is_timed else None,
            )
        )
        for one in chosen
    ]


@functools.cache
def _costs(model, num_outputs, image_size, batch_size):
    """The costs of a ModelConfig; without `batch_size` nothing is timed."""
    _, table = network_costs.run(
        model, num_outputs=num_outputs, image_size=image_size
    )
    found = {
        "parameters": int(table["parameters"].sum()),
        "multiply_adds": int(table["multiply_adds"].sum()),
        "milliseconds_single": None,
        "milliseconds_batch": None,
        "machine": "",
    }
    if batch_size is not None:
        backbone = zoo.build(
            model.name,
            num_outputs=num_outputs,
            image_size=image_size,
            **model.build_options,
        )
        found["milliseconds_single"] = network_timing.milliseconds(
            backbone.model, 1
        )
        found["milliseconds_batch"] = network_timing.milliseconds(
            backbone.model, batch_size
        )
        found["machine"] = network_timing.machine()
    return found
