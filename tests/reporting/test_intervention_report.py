"""What is written of a view that was not asked for all that it can do."""

import types

from tests.reporting.figures.interventions import tables_of_views
from transfusion_tf.reporting import intervention_report

OPTIONS = types.SimpleNamespace(view="resilience", margin=0.01)


def test_a_picture_is_written_where_its_table_is(tmp_path):
    plain = tables_of_views.of_resilience()
    noisy = {**plain, **tables_of_views.of_criticality()}
    texts = [
        intervention_report.write(found, OPTIONS, tmp_path / name)
        for name, found in (("plain", plain), ("noisy", noisy))
    ]
    names = {"resilience_arms.csv", "resilience.png", "resilience_path.png"}
    assert {path.name for path in (tmp_path / "plain").iterdir()} == names
    names |= {"criticality.csv", "criticality_arms.csv", "criticality.png"}
    assert {path.name for path in (tmp_path / "noisy").iterdir()} == names
    assert "criticality" not in texts[0]
    assert "most critical: conv3 (beyond" in texts[1]
