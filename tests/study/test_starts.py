"""How inits are written in studies."""

import pytest

from transfusion_tf.study import starts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("random", ("random", None, None)),
        ("shuffled", ("shuffled", None, None)),
        ("transfusion:conv1", ("transfusion", "conv1", "random")),
        ("transfusion:none:mean_var", ("transfusion", "none", "mean_var")),
    ],
)
def test_each_start_has_one_spelling(text, parts):
    assert starts.parse_init(text) == parts
    assert starts.init_text(*parts) == text
