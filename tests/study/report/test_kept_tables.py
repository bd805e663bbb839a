"""Tables that take long are made once, and again when they must be."""

import pandas as pd
import pytest

from transfusion_tf import files
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import kept_tables


class Kept:
    """A report's directory, and how often its table was made."""

    card = None

    def __init__(self, output_dir, runs):
        self.output_dir, self.runs, self.num_made = output_dir, runs, 0

    def get(self, options=("cca",), make=None):
        """The table of the runs."""
        found = kept_tables.get(
            self, "views", self.runs, options, make or self._make
        )
        return found["between"]["value"].tolist()

    def _make(self):
        self.num_made += 1
        return {"between": pd.DataFrame({"value": [self.num_made / 3]})}


@pytest.fixture
def kept(tmp_path):
    run = RunDir(tmp_path / "run").make()
    files.write_json(run.config, {})
    files.write_json(run.checksums, {"weights/a": "1"})
    return Kept(tmp_path / "report", [run.root])


def test_the_same_runs_and_options_are_not_looked_at_again(kept):
    assert kept.get() == kept.get() == [1 / 3]
    assert kept.num_made == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: files.write_json(
            RunDir(kept.runs[0]).checksums, {"weights/a": "2"}
        ),
        lambda kept: (kept.output_dir / "between.csv").unlink(),
        lambda kept: (kept.output_dir / "between.csv").write_text("value\n9\n"),
        lambda kept: (kept.output_dir / ".kept/views.json").write_text("{"),
        lambda kept: (kept.output_dir / ".kept/views.json").write_text("[]"),
    ],
    ids=["other weights", "no table", "changed", "damaged", "no object"],
)
def test_tables_are_made_again(kept, change):
    kept.get()
    change(kept)
    assert kept.get() == [2 / 3]


def test_other_options_need_other_tables(kept):
    kept.get()
    assert kept.get(options=["svcca"]) == [2 / 3]


def test_an_interrupted_computation_leaves_nothing_to_be_reused(kept):
    def interrupted():
        raise KeyboardInterrupt

    kept.get()
    with pytest.raises(KeyboardInterrupt):
        kept.get(options=["svcca"], make=interrupted)
    assert kept.get() == [2 / 3]


def test_runs_without_checksums_are_known_by_their_weights(kept):
    run = RunDir(kept.runs[0])
    run.checksums.unlink()
    run.weights(0).write_bytes(b"a")
    assert kept.get() == kept.get() == [1 / 3]
    run.weights(0).write_bytes(b"b")
    assert kept.get() == [2 / 3]
