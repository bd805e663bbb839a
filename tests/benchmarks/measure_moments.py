"""Measures what gathering moments costs.

    python tests/benchmarks/measure_moments.py --what=speed --model=cbr_small \\
        --image_size=64
    python tests/benchmarks/measure_moments.py --what=memory
    python tests/benchmarks/measure_moments.py --what=protocol --image_size=96

speed: all stages of two networks against their two forward passes alone, with
and without floors, medians of several rounds in turn; the design asks for at
most 1.10 and 1.20 (cbr_small, 64 px), 1.45 and 1.85 (resnet50, 128 px).
memory: peak of a process for 5,000 images over that for 500; at most 1.05.
protocol: one pass over all stages and channels against the way of paper 2's
script: one stage at a time, activations stored, 64 channels, five repeats; on
the same images, and on only as many of them as give 10,000 points.
"""

import multiprocessing
import resource
import statistics
import time

import numpy as np
from absl import flags

from transfusion_tf import cli
from transfusion_tf.process import quiet

FLAGS = flags.FLAGS
flags.DEFINE_enum(
    "what", "speed", ("speed", "memory", "protocol"), "what is measured"
)
flags.DEFINE_string("model", "cbr_small", "network")
flags.DEFINE_integer("image_size", 64, "side of the images")
flags.DEFINE_integer("num_images", 640, "images of a pass")
flags.DEFINE_integer("rounds", 5, "rounds, of which the median counts")
flags.DEFINE_bool("debiased", False, "also gather what debiased CKA needs")
BATCH_SIZE = 64
# Of paper 2's script (Juodelyte et al. 2023).
NUM_POINTS, NUM_CHANNELS, NUM_REPEATS = 10_000, 64, 5


def main(argv):
    """Prints what --what asks for."""
    del argv
    {"speed": _speed, "memory": _memory, "protocol": _protocol}[FLAGS.what]()


def _networks(model, image_size):
    """Two networks with other weights, {name: Backbone}."""
    import keras

    from transfusion_tf.models import zoo

    found = {}
    for seed, name in enumerate("ab"):
        keras.utils.set_random_seed(seed)
        found[name] = zoo.build(model, num_outputs=2, image_size=image_size)
    return found


def _images(num_images, image_size):
    """A function that yields batches without reading anything."""
    rng = np.random.default_rng(0)
    shape = (BATCH_SIZE, image_size, image_size, 3)
    batch = rng.integers(0, 256, shape).astype(np.float32)
    ids = np.array([f"i{n}" for n in range(num_images)])

    def images():
        for start in range(0, num_images, BATCH_SIZE):
            names = ids[start : start + BATCH_SIZE]
            yield {"image": batch[: len(names)], "id": names}

    return images


def _gather(networks, images, num_images, **options):
    from transfusion_tf.analysis import moments
    from transfusion_tf.analysis.streaming import plan

    found = moments.gather(
        networks,
        images,
        options=plan.GatherOptions(debiased=FLAGS.debiased, **options),
        batch_size=BATCH_SIZE,
        num_images=num_images,
    )
    return list(found)


def _forward(networks):
    """A function that runs all images through all stages of all networks."""
    import tensorflow as tf

    extractors = [n.feature_extractor() for n in networks.values()]

    @tf.function(reduce_retracing=True)
    def step(images):
        # Something of every stage, so that none is left out.
        return [
            maps[0, 0, 0, 0]
            for extract in extractors
            for maps in extract(images, training=False)
        ]

    def run(images):
        for batch in images():
            found = step(batch["image"])
        return float(found[-1])

    return run


def _speed():
    quiet.start_tensorflow()
    networks = _networks(FLAGS.model, FLAGS.image_size)
    images = _images(FLAGS.num_images, FLAGS.image_size)
    forward = _forward(networks)
    ways = {
        "forward": lambda: forward(images),
        "without floors": lambda: _gather(
            networks, images, FLAGS.num_images, floors=False
        ),
        "with floors": lambda: _gather(networks, images, FLAGS.num_images),
    }
    seconds = {name: [] for name in ways}
    for index in range(FLAGS.rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if index:  # The first round traces.
                seconds[name].append(time.perf_counter() - start)
    for name in ways:
        ratios = [
            a / b
            for a, b in zip(seconds[name], seconds["forward"], strict=True)
        ]
        print(
            f"{name}: {statistics.median(seconds[name]):.2f} s, ratio "
            f"{statistics.median(ratios):.3f}"
        )


def _peak(model, image_size, num_images, connection):
    quiet.start_tensorflow()
    _gather(
        _networks(model, image_size),
        _images(num_images, image_size),
        num_images,
    )
    usage = resource.getrusage(resource.RUSAGE_SELF)
    connection.send(usage.ru_maxrss / 1024)


def _memory():
    context, peaks = multiprocessing.get_context("fork"), []
    for num_images in (500, 5_000):
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_peak,
            args=(FLAGS.model, FLAGS.image_size, num_images, theirs),
        )
        process.start()
        peaks.append(ours.recv())
        process.join()
        print(f"{num_images} images: {peaks[-1]:.0f} MiB")
    print(f"ratio: {peaks[1] / peaks[0]:.3f}")


def _stored(networks, images, stage, *, num_images, seed):
    """Mean CCA of a stage from stored activations of drawn channels."""
    import keras

    channels = None
    stored = []
    for network in networks.values():
        output = network.stage(stage).output
        # Up to the stage only, as the script's K.function.
        model = keras.Model(network.model.input, output)
        if channels is None:
            rng = np.random.default_rng(seed)
            channels = rng.permutation(output.shape[-1])[:NUM_CHANNELS]
        maps, left = [], num_images
        for batch in images():
            found = model.predict_on_batch(batch["image"][:left])
            maps.append(found[..., channels])
            left -= len(found)
            if not left:
                break
        stored.append(np.concatenate(maps).reshape(-1, len(channels)))
    return _mean_cca(*stored)


def _mean_cca(x, y):
    """By the covariances of stored (num_datapoints, num_neurons) arrays."""
    cov, split = np.cov(x, y, rowvar=False), x.shape[1]
    sides = cov[:split, :split], cov[split:, split:]
    white = [np.linalg.pinv(np.linalg.cholesky(_regular(c))) for c in sides]
    between = white[0] @ cov[:split, split:] @ white[1].T
    return np.linalg.svd(between, compute_uv=False).mean()


def _regular(cov):
    return cov + 1e-10 * np.trace(cov) * np.eye(len(cov))


def _num_drawn(network, stage, num_images):
    """Images of the stage's draw, as the script rounds them."""
    _, height, width, _ = network.stage(stage).output.shape
    return min(num_images, max(1, round(NUM_POINTS / (height * width))))


def _one_pass(networks, images):
    from transfusion_tf.analysis import similarity

    for sums in _gather(networks, images, FLAGS.num_images, num_groups=1):
        for of_pair in sums.moments().values():
            value = similarity.svcca(of_pair.measured).value
            print(f"{sums.stage}: SVCCA {value:.3f} (one pass)")


def _protocol():
    quiet.start_tensorflow()
    networks = _networks("resnet50", FLAGS.image_size)
    images = _images(FLAGS.num_images, FLAGS.image_size)
    start = time.perf_counter()
    _one_pass(networks, images)
    ours = time.perf_counter() - start
    print(f"one pass, all channels, both floors: {ours:.1f} s")
    for drawn in (False, True):
        start = time.perf_counter()
        for stage in networks["a"].stage_names:
            number = FLAGS.num_images
            if drawn:
                number = _num_drawn(networks["a"], stage, number)
            values = [
                _stored(networks, images, stage, num_images=number, seed=seed)
                for seed in range(NUM_REPEATS)
            ]
            print(f"{stage}: CCA {np.mean(values):.3f} of {number} images")
        theirs = time.perf_counter() - start
        images_of = "those of 10,000 points" if drawn else "all"
        print(
            f"stored, {NUM_CHANNELS} channels, {images_of}: {theirs:.1f} s, "
            f"{theirs / ours:.1f} times as long"
        )


if __name__ == "__main__":
    cli.run(main)
