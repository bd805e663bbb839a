"""Which images stay decoded, and that a run is the same for it."""

import pytest

from tests import idle_steps, short_trainings
from transfusion_tf import datasets, experiment
from transfusion_tf.config.run import DataConfig
from transfusion_tf.process import machine
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import caching

VAL, TRAIN = 40 * 16 * 16, 160 * 16 * 16  # Bytes of grey pixels.


@pytest.fixture
def cache(tiny_dataset, tmp_path):
    """Makes the ImageCache of the tiny data set."""
    opened = datasets.open_dataset(str(tiny_dataset))

    def make(where):
        data = DataConfig(dataset=str(tiny_dataset), image_size=16, cache=where)
        return caching.ImageCache(opened, data, tmp_path)

    return make


def training(made, *, num_seen=1000):
    return made.training(None, 160, num_seen)


def test_auto_keeps_what_takes_a_quarter_of_the_memory_left(
    cache, monkeypatch, capsys
):
    monkeypatch.setattr(machine, "memory_left", lambda: 4 * TRAIN)
    assert training(cache("auto")).num_images == 160
    assert not capsys.readouterr().out
    monkeypatch.setattr(machine, "memory_left", lambda: 4 * TRAIN - 4)
    assert training(cache("auto")) is None
    assert "decoded in each epoch: the decoded images of train take 0 MB" in (
        capsys.readouterr().out
    )


def test_auto_keeps_nothing_that_is_seen_once(cache):
    assert training(cache("auto"), num_seen=160) is None
    assert training(cache("auto"), num_seen=161) is not None
    assert training(cache("memory"), num_seen=160) is not None


def test_what_does_not_fit_where_it_was_asked_for_is_refused(
    cache, monkeypatch
):
    monkeypatch.setattr(machine, "memory_left", lambda: TRAIN - 1)
    with pytest.raises(
        ValueError, match="^--cache=memory: .* --cache=disk, or"
    ):
        training(cache("memory"))
    full = type("Usage", (), {"free": TRAIN - 1})
    monkeypatch.setattr(caching.shutil, "disk_usage", lambda _: full)
    with pytest.raises(
        ValueError, match="^--cache=disk: .* --cache=memory, or"
    ):
        training(cache("disk"))


def test_val_is_decoded_once_and_test_never_kept(cache, monkeypatch):
    made, off = cache("memory"), cache("off")
    assert made.batches("test", 16) is None and off.batches("val", 16) is None
    first = made.batches("val", 16)
    monkeypatch.setattr(caching.decoded, "DecodedImages", None)
    assert len(list(made.batches("val", 16))) == len(list(first)) == 3


def test_runs_see_the_same_in_all_modes_also_when_continued(
    tiny_dataset, tmp_path, monkeypatch
):
    steps = idle_steps.replace_steps(monkeypatch)
    train = short_trainings.starter(tiny_dataset, tmp_path)
    settings = {"steps": 24, "augment": ["shift"], "eval_every": 12}
    for mode in ("off", "auto", "memory", "disk"):
        train(mode, cache=mode, **settings)
    off, *others = steps
    assert len(off.seen) == 24
    assert all(other.seen == off.seen for other in others)
    # Taken up with another mode after step 12, which changes no setting.
    validate, calls = experiment.setup.RunSetup.validate, []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return validate(*arguments, **options)

    monkeypatch.setattr(experiment.setup.RunSetup, "validate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train("broken", cache="off", **settings)
    train("broken", cache="disk", **settings)
    assert steps[-1].seen == off.seen[12:]
    names = [
        path.name for path in RunDir(tmp_path / "broken").state.parent.iterdir()
    ]
    assert not names or names == ["lock"]
