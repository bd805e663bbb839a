"""How PyTorch's tensors become layers with arrays as Keras has them."""

import numpy as np

from transfusion_tf.initialization import pytorch_files, sources


def by_name(tensors):
    """({layer: its arrays}, what is passed over)."""
    layers, passed_over = pytorch_files.layers(tensors)
    assert all(x.kind is None and x.sequence is None for x in layers)
    return {x.name: [a for _, a in x.tensors] for x in layers}, passed_over


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_kernels_are_turned():
    """Output 4 of input 2 at row 1, column 0, by its number."""
    found, _ = by_name({"conv.weight": numbers(5, 3, 2, 2)})
    (kernel,) = found["conv"]
    assert kernel.shape == (2, 2, 3, 5)
    assert kernel[1, 0, 2, 4] == 4 * 12 + 2 * 4 + 2
    found, _ = by_name({"fc.weight": numbers(5, 3), "fc.bias": numbers(5)})
    kernel, bias = found["fc"]
    assert kernel.shape == (3, 5) and kernel[2, 4] == 14
    assert bias.shape == (5,)


def test_one_input_channel_is_depthwise_where_another_takes_colours():
    depthwise = {"dw.weight": numbers(4, 1, 3, 3)}
    found, _ = by_name(depthwise | {"stem.weight": numbers(4, 3, 3, 3)})
    assert found["dw"][0].shape == (3, 3, 4, 1)
    assert found["dw"][0][2, 1, 3, 0] == 3 * 9 + 7
    # Then it takes grey images.
    found, _ = by_name(depthwise | {"top.weight": numbers(4, 4, 1, 1)})
    assert found["dw"][0].shape == (3, 3, 1, 4)


def test_tensors_of_a_norm_come_in_kerass_order_without_the_counter():
    kinds = ("num_batches_tracked", "running_var", "bias", "weight")
    tensors = {f"a.bn.{kind}": np.full(2, i) for i, kind in enumerate(kinds)}
    tensors["a.bn.running_mean"] = np.full(2, 9)
    found, passed_over = by_name(tensors)
    assert [list(x) for x in found["a.bn"]] == [[3, 3], [2, 2], [9, 9], [1, 1]]
    assert passed_over == {
        "a.bn.num_batches_tracked": "counts training steps of batch norm"
    }


def test_what_is_no_part_of_a_module_is_a_layer_as_it_is():
    found, _ = by_name({"cls_token": numbers(1, 1, 3), "queue": numbers(4, 2)})
    assert found["cls_token"][0].shape == (1, 1, 3)
    assert found["queue"][0].shape == (4, 2)


def test_odd_running_variances_are_reported():
    layers, _ = pytorch_files.layers(
        {
            "bn1.running_var": np.float32([2e5]),
            "bn2.running_var": np.float32([2e5]),
            "bn3.running_var": np.float32([-1]),
        }
    )
    source = sources.Source("w", tuple(layers), (), {})
    assert [x.split(":")[0] for x in sources.warnings_of(source)] == [
        "bn2.running_var",
        "bn3.running_var",
    ]
