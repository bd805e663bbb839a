"""Measures what the initialisations do, on real and on embedded data.

    python tests/benchmarks/measure_inits.py --experiments=pneumoniamnist \
        --data_dir=data --work_dir=runs/inits --output_dir=docs/results

Trains every run of the named experiments (those that are finished are kept),
and writes for each <experiment>_runs.csv (one row a run), <experiment>.csv
(one row an arm, at the learning rate with the higher validation AUC) and
<experiment>.png. --data_dir holds the records `pneumoniamnist`,
`kermany_chest` and `idrid` (both of --image_size=112) and `cifar10`, as
make_tfrecords.py writes them; --squeezenet_weights is the file of ImageNet
weights. On two cores a run takes one to six minutes.
"""

import concurrent.futures
import multiprocessing
import os
import pathlib

from absl import flags
from inits_experiments import EXPERIMENTS, SOURCES, SQUEEZENET

from transfusion_tf import cli, names

FLAGS = flags.FLAGS
flags.DEFINE_list("experiments", None, "names of EXPERIMENTS")
flags.DEFINE_string("data_dir", "data", "directory of the records")
flags.DEFINE_string("work_dir", "runs/inits", "where the runs go")
flags.DEFINE_string("output_dir", "docs/results", "where the results go")
flags.DEFINE_string("squeezenet_weights", None, "file of ImageNet weights")
flags.DEFINE_integer(
    "num_processes", 2, "runs at a time, each on one thread", lower_bound=1
)
flags.DEFINE_bool("train", True, "train what is missing, or only summarize")
flags.mark_flag_as_required("experiments")


def _resolved(settings):
    """The flags with the paths that names of records and sources stand for."""
    settings = dict(settings)
    records = pathlib.Path(FLAGS.data_dir) / settings["dataset"]
    if not settings["dataset"].startswith("synthetic"):
        settings["dataset"] = str(records)
    source = settings.get("weights")
    if source in SOURCES:
        settings["weights"] = str(pathlib.Path(FLAGS.work_dir) / source)
    elif source == SQUEEZENET:
        settings["weights"] = FLAGS.squeezenet_weights
    return settings


def _grid(names):
    """{run directory: (experiment, arm, learning rate, seed, flags)}."""
    found = {}
    for name in names:
        for arm, rate, seed, settings in EXPERIMENTS[name].runs():
            label = f"{arm.replace(' ', '-')}-{rate:g}-seed{seed}"
            path = pathlib.Path(FLAGS.work_dir) / name / label
            found[path] = (name, arm, rate, seed, _resolved(settings))
    return found


def _start_worker():
    # Small networks leave a second core idle; two processes do not.
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"


def _train(path, settings):
    from transfusion_tf.process import quiet

    quiet.start_tensorflow()
    import keras

    from transfusion_tf import experiment
    from transfusion_tf.config.run import RunConfig

    keras.backend.clear_session()
    experiment.train(RunConfig.from_flags_dict(settings), run_dir=path)
    return path


def _train_all(jobs):
    """Trains {directory: flags} in processes of their own."""
    import tqdm

    with concurrent.futures.ProcessPoolExecutor(
        FLAGS.num_processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    ) as pool:
        waiting = [pool.submit(_train, *job) for job in jobs.items()]
        done = concurrent.futures.as_completed(waiting)
        for future in tqdm.tqdm(done, total=len(waiting), unit="run"):
            print(future.result(), flush=True)


def _sources(grid):
    """{run directory: flags} of the sources that the runs start from."""
    used = {settings.get("weights") for *_, settings in grid.values()}
    paths = {pathlib.Path(FLAGS.work_dir) / name: name for name in SOURCES}
    return {
        path: _resolved(SOURCES[name])
        for path, name in paths.items()
        if str(path) in used
    }


def _summarize(name, grid):
    """Writes the tables and the figure of an experiment; yields their paths."""
    import inits_results

    from transfusion_tf import tables
    from transfusion_tf.reporting.figures import style

    output_dir = pathlib.Path(FLAGS.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    rows = [
        inits_results.run_row(path, *entry[:-1]) for path, entry in grid.items()
    ]
    arms = [
        inits_results.arm_row(name, arm, rows) for arm in EXPERIMENTS[name].arms
    ]
    yield tables.write(
        output_dir / f"{name}_runs.csv",
        rows,
        columns=inits_results.RUN_COLUMNS,
    )
    yield tables.write(
        output_dir / f"{name}.csv", arms, columns=inits_results.ARM_COLUMNS
    )
    chosen = {row["arm"]: row["learning_rate"] for row in arms}
    paths = {
        arm: [p for p, e in grid.items() if e[1:3] == (arm, rate)]
        for arm, rate in chosen.items()
    }
    figure = inits_results.figure(name, paths)
    yield style.save(figure, output_dir / f"{name}.png")


def main(argv):
    """Trains and summarizes."""
    del argv
    for name in FLAGS.experiments:
        names.check("experiment", name, sorted(EXPERIMENTS))
    grid = _grid(FLAGS.experiments)
    if FLAGS.train:
        _train_all(_sources(grid))
        _train_all({path: entry[-1] for path, entry in grid.items()})
    for name in FLAGS.experiments:
        of_name = {p: e for p, e in grid.items() if e[0] == name}
        for path in _summarize(name, of_name):
            print(path)


if __name__ == "__main__":
    cli.run(main)
