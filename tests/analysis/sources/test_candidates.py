"""Sources that are ranked, as they are named."""

import pytest

from transfusion_tf.analysis.sources import candidates


def test_a_source_is_not_taken_twice_by_another_spelling(tmp_path):
    """It would be one more comparison to allow for in p_adjusted."""
    twice = [f"{tmp_path}/w.h5", f"{tmp_path}/./w.h5"]
    with pytest.raises(ValueError, match="must name each source once"):
        candidates.of_sources(twice, "cbr_tiny", image_size=16, stages=())
