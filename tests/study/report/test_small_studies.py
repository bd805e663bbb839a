"""The studies that the tests of reports are on, and reports of each kind."""

from transfusion_tf.runs import networks
from transfusion_tf.study.report import context


def test_the_tiny_study_is_whole(tiny_study):
    found = context.gather(tiny_study, tiny_study.parent / "report")
    assert len(found.runs) == 6 and list(found.comparisons["verdict"]) == [
        "helps"
    ]
    assert found.card.num_examples == {"train": 40, "val": 20, "test": 40}
    assert found.comparisons["num_patients"].item() == 20
    first, last = (
        networks.load_backbone(found.runs[0], step).model.get_weights()
        for step in (0, "last")
    )
    assert (first[0] != last[0]).any()
