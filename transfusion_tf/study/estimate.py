"""How long a study will take, and how much disk, from some steps of each net.

Steps, and batches of an evaluation, are measured for each network, in this
process and one after the other; the rest is counted.
"""

import dataclasses
import itertools
import time

import numpy as np

from transfusion_tf import datasets, names, progress
from transfusion_tf.study import grid, sources, spec
from transfusion_tf.training import plan, setup, step

_WARM, _TIMED = 2, 3  # Steps, and batches; the first of them trace graphs.
_HDF5_OVERHEAD = 2**20  # Of a file of weights; generous.
_PREDICTION_BYTES = 60  # A row of predictions: id, patient, label, scores.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cost:
    """What one network costs.

    Attributes:
      start: seconds until its first step.
      step: seconds of a training step.
      batch: seconds of a batch in an evaluation.
      weights: bytes of its weights.
    """

    start: float
    step: float
    batch: float
    weights: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the run of a cell takes: steps, seconds, bytes that stay."""

    steps: int
    seconds: float
    num_bytes: int


def of_cell(cell, cost, sizes, keep):
    """The Estimate of a Cell.

    Args:
      cell: grid.Cell, or sources.SourceCell.
      cost: Cost of its network.
      sizes: {split: images}.
      keep: weights that are kept, see spec.KEPT.
    """
    train = cell.config.train
    train_size = cell.config.data.train_size or sizes["train"]
    num_train = min(train_size, sizes["train"])
    made = plan.TrainingPlan.of(train, num_train)
    every = made.eval_every or max(1, num_train / made.batch_size)
    evaluations = int(np.ceil(made.total_steps / every))
    batches = {
        split: -(-sizes[split] // made.batch_size) for split in ("val", "test")
    }
    scored = evaluations * batches["val"] + sum(batches.values())
    kinds = {0: "initial", made.total_steps: "last"}
    kept = [
        step for step in made.snapshots if kinds.get(step, "snapshots") in keep
    ]
    files = len(kept) + ("best" in keep)
    rows = sizes["val"] + sizes["test"]
    return Estimate(
        steps=made.total_steps,
        seconds=cost.start + made.total_steps * cost.step + scored * cost.batch,
        num_bytes=files * cost.weights + rows * _PREDICTION_BYTES,
    )


def measure(config):
    """(Cost, {split: images}) of the network of a RunConfig, started at random.

    Raises:
      ValueError, FileNotFoundError: it cannot be trained.
    """
    began = time.perf_counter()
    prepared = setup.RunSetup.prepare(config)
    backbone, _ = prepared.initial_backbone()
    take_step = step.TrainStep(
        prepared.strategy, backbone.model, prepared.task, prepared.config.train
    )
    predictor = prepared.predictor(backbone)
    batches = iter(prepared.training_batches(0))

    def train():
        return float(take_step(next(batches), step=0, learning_rate=1e-6))

    steps = _seconds(train)
    start = time.perf_counter() - began - sum(steps[_WARM:])
    scored = itertools.cycle(
        datasets.images(
            prepared.records,
            "val",
            image_size=prepared.config.data.image_size,
            batch_size=prepared.config.train.batch_size,
        )
    )
    evaluated = _seconds(lambda: predictor.logits(next(scored)["image"]))
    size = sum(v.numpy().nbytes for v in backbone.model.variables)
    cost = Cost(
        start=start,
        step=min(steps[_WARM:]),
        batch=float(np.median(evaluated[_WARM:])),
        weights=size + _HDF5_OVERHEAD,
    )
    opened = prepared.records
    sizes = {split: opened.num_examples(split) for split in names.SPLITS}
    return cost, sizes


def _seconds(function):
    """Seconds of each of some calls."""
    found = []
    for _ in range(_WARM + _TIMED):
        began = time.perf_counter()
        function()
        found.append(time.perf_counter() - began)
    return found


def lines(config, *, num_workers):
    """The cells of a StudyConfig and what they take, for the terminal.

    Args:
      config: StudyConfig.
      num_workers: runs that are trained at a time.

    Raises:
      ValueError, FileNotFoundError: what cannot be trained.
    """
    cells, left_out = grid.cells(config)
    source_cells = sources.cells(config, cells)
    num_cells = len(cells)
    cells = (*source_cells, *cells)
    costs = {}
    for cell in cells:
        if _costs_as(cell) not in costs:
            costs[_costs_as(cell)] = measure(_at_random(cell.config))
    found = [
        of_cell(cell, *costs[_costs_as(cell)], config.keep) for cell in cells
    ]
    width = max(len(cell.name) for cell in cells)
    for cell, estimate in zip(cells, found, strict=True):
        yield (
            f"{cell.name:{width}}  {estimate.steps:>9,} steps  "
            f"{progress.duration(estimate.seconds):>9}  "
            f"{_size(estimate.num_bytes):>9}"
        )
    yield from (f"left out: {line}" for line in left_out)
    seconds = sum(estimate.seconds for estimate in found) / num_workers
    num_bytes = sum(estimate.num_bytes for estimate in found)
    what = f"{num_cells} runs"
    if source_cells:
        what += f" and {len(source_cells)} of sources"
    yield (
        f"{what}, {num_workers} at a time with "
        f"{config.num_threads} thread(s) each: about "
        f"{progress.duration(seconds)} and {_size(num_bytes)} of disk."
    )
    if len(config.keep) == len(spec.KEPT):
        yield "--keep=best,last takes less disk."


def _costs_as(cell):
    """What decides how long a step takes: the network and its images."""
    return cell.model, cell.config.data.dataset


def _at_random(config):
    """The run without its source: only its shapes matter here."""
    start = type(config.init)()
    data = dataclasses.replace(config.data, train_size=None, subset_seed=None)
    return dataclasses.replace(config, init=start, data=data)


def _size(num_bytes):
    if num_bytes < 2**30:
        return f"{num_bytes / 2**20:.0f} MB"
    return f"{num_bytes / 2**30:.1f} GB"
