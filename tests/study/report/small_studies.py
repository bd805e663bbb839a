"""Studies whose runs were never trained: every file of them, made by hand."""

import dataclasses
import pathlib

import numpy as np

from tests.study.report import small_records
from transfusion_tf import files, tables
from transfusion_tf.data import records
from transfusion_tf.metrics import summary as metrics_summary
from transfusion_tf.models import zoo
from transfusion_tf.runs import checksums, predictions, record
from transfusion_tf.study import cell_state, grid, summary
from transfusion_tf.study.directory import FORMAT, StudyDir
from transfusion_tf.study.spec import StudyConfig

STEPS = (2, 4)
SIGNAL = {"random": 0.5, "gabor": 1.0, "transfusion": 1.5, "pretrained": 3.0}
# Studies of each kind that a report has to do with: options of `make`.
KINDS = {
    "one_seed": {"values": {"seeds": 1}},
    "failed_arm": {"failed": lambda cell: cell.init == "pretrained"},
    "missing_runs": {"waiting": lambda cell: cell.seed == 2},
    "undefined_aucs": {"one_class": True},
    "no_comparison": {"values": {"inits": "random"}},
    "multilabel": {"task": "multilabel"},
    "ordinal": {"task": "ordinal"},
    "folds": {"values": {"num_folds": 2}},
    "no_patients": {"patients": False},
}
# Of the records where there are none.
_FINGERPRINT = "f" * 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class SmallStudy:
    """What a small study is made of.

    Attributes:
      root: directory of the study.
      records: of make_records, or None: the records are gone.
      task: one of small_records.CLASSES.
      failed, waiting: functions of a Cell: whether its run has failed, or is
        not finished.
      one_class: whether all test images are of one class: AUCs are undefined.
      patients: whether patients are known.
      weights: whether its runs, of one network, have those of steps 0, 2, 4.
    """

    root: pathlib.Path
    records: pathlib.Path | None = None
    task: str = "multiclass"
    failed: object = lambda cell: False
    waiting: object = lambda cell: False
    one_class: bool = False
    patients: bool = True
    weights: bool = False

    @property
    def classes(self):
        """Names of the outputs."""
        return small_records.CLASSES[self.task]

    def split(self, name, fold):
        """The small_records.Split of this name."""
        if self.records:
            return small_records.read_split(self.records, name)
        return small_records.named_split(
            name,
            self.task,
            fold=fold,
            patients=self.patients,
            one_class=self.one_class and name == "test",
        )


def make(root, *, records_dir=None, values=None, **options):
    """Makes a study of cbr_tiny from random and pretrained weights, 3 seeds.

    Args:
      root: its directory.
      records_dir: of make_records; None: a directory that is gone.
      values: {flag of run_study.py: value} in place of these.
      **options: of SmallStudy.

    Returns:
      `root`.
    """
    about = SmallStudy(root=root, records=records_dir, **options)
    source = root.parent / "textures"
    source.mkdir(parents=True, exist_ok=True)
    config = StudyConfig.from_values(
        {
            "dataset": str(records_dir or root.parent / "gone"),
            "weights": str(source),
            "seeds": 3,
            "learning_rates": "1e-3",
            "image_size": small_records.IMAGE_SIZE,
            "steps": STEPS[-1],
            "eval_every": STEPS[0],
            **(values or {}),
        }
    )
    cells, left_out = grid.cells(config)
    study = StudyDir(root).make()
    fingerprint = _data(about)["fingerprint"]
    files.write_json(
        study.config,
        {
            "format": FORMAT,
            "study": config.to_json(),
            "data": fingerprint,
            "source_data": {},
        },
    )
    _make_runs(about, study, cells)
    states = [cell_state.read(study, cell) for cell in cells]
    summary.write(study, config, cells, states, left_out=left_out)
    return root


def _make_runs(about, study, cells):
    model = _model(about, cells[0].config.model) if about.weights else None
    splits = {}
    for cell in cells:
        if about.failed(cell):
            files.write_json(study.failure(cell), {"reason": "no memory"})
        elif not about.waiting(cell):
            for name in ("val", "test"):
                key = name, cell.fold
                splits[key] = splits.get(key) or about.split(*key)
            parts = {n: splits[n, cell.fold] for n in ("val", "test")}
            _make_run(about, study.run(cell).make(), cell, parts)
            if model:
                _save_weights(model, study.run(cell), cell)


def _data(about):
    fingerprint = _FINGERPRINT
    if about.records:
        fingerprint = records.open_records(about.records).card.fingerprint
    return {
        "name": "lungs",
        "fingerprint": fingerprint,
        "task": about.task,
        "classes": list(about.classes),
        "image_size": small_records.IMAGE_SIZE,
        "source": {"kind": "test"},
    }


def _make_run(about, run, cell, splits):
    config = cell.config
    scaling = zoo.native_scaling(config.model.name)
    model = dataclasses.replace(config.model, input_scaling=scaling)
    config = dataclasses.replace(config, model=model)
    source = None
    if cell.source:
        source = {
            "kind": "file",
            "file": pathlib.Path(cell.source).name,
            "format": "keras",
            "sha256": "5" * 64,
        }
    plan = {
        "batch_size": config.train.batch_size,
        "devices": 1,
        "eval_every": STEPS[0],
        "num_images": cell.train_size or small_records.SIZES["train"],
        "snapshots": [0, *STEPS],
        "total_steps": STEPS[-1],
    }
    machine = {
        "devices": ["CPU"],
        "onednn": True,
        "started": "2026-01-02T03:04:05+00:00",
        "step": 0,
    }
    data = _data(about)
    files.write_json(
        run.config,
        record.build(
            config, data=data, source=source, plan=plan, machine=machine
        ),
    )
    files.write_json(run.init_report, _init_report(cell, source))
    signal = SIGNAL[cell.config.init.scheme]
    numbers = {
        name: _score(about, run, name, split, cell.seed, signal)
        for name, split in splits.items()
    }
    files.write_json(run.metrics, {"best_step": STEPS[-1], **numbers})
    _write_history(run, numbers["val"])
    files.write_json(run.status, {"status": "finished", "reason": ""})


def _init_report(cell, source):
    kind = "random" if source is None else "source"
    return {
        "scheme": cell.config.init.scheme,
        "through": cell.config.init.through,
        "seed": cell.seed,
        "counts": {kind: 22},
        "changed_fraction": 0.25,
        "num_random_states": 0,
        "skipped_source_tensors": {},
        "source": source,
        "variables": {},
        "warnings": [],
    }


def _score(about, run, name, split, seed, signal):
    """Writes predictions of a split; returns what metrics.json says of it."""
    scored = predictions.Predictions(
        ids=split.ids,
        patients=split.patients,
        labels=split.labels,
        scores=_scores(about, split.labels, seed, signal),
        extra=split.extra,
    )
    path = run.predictions(name)
    with checksums.recorded(run, path):
        predictions.write(path, scored, about.classes)
    scored, _ = predictions.read(path)
    numbers = metrics_summary.summarize(
        about.task,
        about.classes,
        scored.labels,
        scored.scores,
        groups=scored.patients,
    )
    return {**numbers, "loss": 0.5}


def _scores(about, labels, seed, signal):
    """Images are equally hard for all runs; each adds noise of its own."""
    hardness = np.random.default_rng(0).normal(size=labels.shape)
    own = np.random.default_rng([seed, int(10 * signal)])
    logits = hardness + own.normal(size=labels.shape) + signal * labels
    if about.task == "multilabel":
        return (1 / (1 + np.exp(-logits))).astype(np.float32)
    steps = np.stack([k * logits for k in range(len(about.classes))], axis=1)
    scores = np.exp(steps - steps.max(axis=1, keepdims=True))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def _write_history(run, val):
    auc = val["selection"]
    rows = [
        {
            "step": step,
            "epoch": step / 2,
            "examples": 32 * step,
            "seconds": 2.0 * step,
            "learning_rate": 1e-3,
            "train_loss": 1 / step,
            "val_loss": 1 / step,
            "val_auc": None if auc is None else auc - 0.1 * (STEPS[-1] - step),
        }
        for step in STEPS
    ]
    tables.write(run.history, rows, columns=tuple(rows[0]))
    files.write_json(run.best, {"step": STEPS[-1], "val_auc": auc})


def _model(about, config):
    return zoo.build(
        config.name,
        num_outputs=len(about.classes),
        image_size=small_records.IMAGE_SIZE,
        truncate_at=config.truncate_at,
    ).model


def _save_weights(model, run, cell):
    """Weights of steps 0, 2 and 4: each further from where the run began.

    Those of a source begin alike in all seeds.
    """
    first = 99 if cell.source else cell.seed
    rng = np.random.default_rng(first)
    start = [
        value if value.ndim < 2 else rng.normal(0, 0.05, value.shape)
        for value in model.get_weights()
    ]
    own = np.random.default_rng([cell.seed, 7])
    for step in (0, *STEPS):
        model.set_weights(
            [
                value + step * 0.005 * own.normal(size=value.shape)
                if value.ndim > 1
                else value
                for value in start
            ]
        )
        path = run.weights(step)
        with checksums.recorded(run, path):
            model.save_weights(path)
