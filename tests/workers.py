"""Trains by several worker processes on this machine, in double precision.

    python tests/workers.py 2 FOLDER run_scripts/train.py --steps=50 ...
    python tests/workers.py 2 --killed_at=7 FOLDER run_scripts/train.py ...

Each worker writes its output and the loss of each step into FOLDER, as
`<rank>.out`, `<rank>.err` and `<rank>.json`. The last one kills itself in front
of the step `killed_at`, counted from 1. Prints a JSON object: `codes`, what
each has ended with, and `seconds` from the first end to the last.
"""

import contextlib
import json
import os
import pathlib
import runpy
import signal
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


def free_ports(count):
    """Ports at which nothing listens."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in sockets]


def work(rank, folder, killed_at, argv):
    """Is one worker; ends the process."""
    for number, ending in ((1, "out"), (2, "err")):
        path = folder / f"{rank}.{ending}"
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    import keras

    from transfusion_tf.training import step

    keras.config.set_floatx("float64")
    take, losses = step.TrainStep.__call__, []

    def take_or_die(self, *arguments, **options):
        """Takes a step and keeps its loss."""
        if len(losses) + 1 == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        loss = take(self, *arguments, **options)
        losses.append(float(loss))
        # At once: the process may end without coming back here.
        (folder / f"{rank}.json").write_text(json.dumps(losses))
        return loss

    step.TrainStep.__call__ = take_or_die
    script = str(ROOT / argv[0])
    sys.argv = [script, *argv[1:]]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ending:
        sys.stdout.flush()
        os._exit(ending.code)
    os._exit(1)


def main(argv):
    """Starts the workers and waits for them."""
    count, killed_at = int(argv[0]), None
    if argv[1].startswith("--killed_at="):
        killed_at = int(argv.pop(1).partition("=")[2])
    folder = pathlib.Path(argv[1])
    folder.mkdir(exist_ok=True)
    addresses = [f"localhost:{port}" for port in free_ports(count)]
    ranks = {}
    for rank in range(count):
        if count > 1:
            task = {"type": "worker", "index": rank}
            cluster = {"worker": addresses}
            config = json.dumps({"cluster": cluster, "task": task})
            os.environ["TF_CONFIG"] = config
        pid = os.fork()
        if not pid:
            dies = killed_at if rank == count - 1 else None
            work(rank, folder, dies, argv[2:])
            return
        ranks[pid] = rank
    codes, ends = {}, []
    while len(codes) < count:
        pid, status = os.wait()
        codes[ranks[pid]] = os.waitstatus_to_exitcode(status)
        ends.append(time.monotonic())
    ended = {"codes": [codes[rank] for rank in range(count)]}
    print(json.dumps({**ended, "seconds": ends[-1] - ends[0]}))


if __name__ == "__main__":
    main(sys.argv[1:])
