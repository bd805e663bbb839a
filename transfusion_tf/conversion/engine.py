"""What runs the tasks of a conversion: a pool of processes, or Apache Beam."""

import contextlib
import functools
import typing

import numpy as np

from transfusion_tf.process import pool
from transfusion_tf.stores import archives

# Below this much work, counted in raw bytes, processes take longer to start
# than they save. An image takes what this many bytes do, however small.
_SMALL_WORK = 3e7
_WORK_OF_AN_IMAGE = 1e4


@typing.runtime_checkable
class Engine(typing.Protocol):
    """Maps functions over tasks, used in a `with` statement.

    `pool.Pool` and `beam.engine.Beam` are engines. Each holds one object, the
    store of the raw images, that every task gets.
    """

    def __enter__(self): ...

    def __exit__(self, kind, error, traceback): ...

    def run(self, function, tasks):
        """Yields (task, function(held, task)) for `tasks`, in any order.

        Functions are those of a module, tasks can be pickled, and results are
        what JSON can hold. Raises what `function` raises, and OSError if a
        worker dies.
        """
        ...


def of_processes(num_workers, manifest):
    """Returns a function (store, output_dir) that returns a pool.Pool.

    Args:
        num_workers: processes; None: one a core, or none for small data.
        manifest: a Manifest, some of whose images are read for None.
    """
    number = num_workers or num_processes(
        manifest.table["image"].array, manifest.store
    )
    return functools.partial(_pool, num_workers=number)


def _pool(store, output_dir, *, num_workers):
    del output_dir  # Processes of one machine need no place to meet.
    return pool.Pool(store, num_workers, continues=True)


def num_processes(images, store):
    """Returns how many processes suit some raw images, from a few of them.

    Args:
        images: what `store` reads, a sequence of at least one.
        store: see `archives`.
    """
    places = np.linspace(0, len(images) - 1, 16, dtype=int)
    sizes = []
    for place in places:
        with contextlib.suppress(archives.ReadError):  # Will be met again.
            sizes.append(archives.num_bytes(store, images[place]))
    work = len(images) * (np.mean(sizes or [0]) + _WORK_OF_AN_IMAGE)
    return 1 if work < _SMALL_WORK else pool.num_cores()
