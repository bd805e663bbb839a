"""The process in which Apache Beam runs, apart from everything else.

    from transfusion_tf.conversion.beam import process; process.main()

Requests and replies are lines of JSON on stdin and stdout. The first request,
{"flags": [...], "further": [...]}, is answered once the options are checked;
each further one, {"root": folder, "count": tasks}, once the tasks are done. A
reply is {} or {"kind": of error, "text": its message}. At the end of stdin,
which comes when the launcher ends, however that ends, a running job is
cancelled. The process is one of its own because Beam's direct runner waits for
ever for a worker that was killed; a process can be ended.
"""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback

import apache_beam as beam

from transfusion_tf import files, paths
from transfusion_tf.conversion.beam import job
from transfusion_tf.conversion.beam import options as beam_options

WORKER_DIED = (
    "A worker of Apache Beam died unexpectedly, as it does when memory "
    "runs out. The same command goes on where it stopped."
)


# What a wrong choice of options leads to.
_MISTAKES = (AttributeError, ImportError, ValueError)


class Do(beam.DoFn):
    """Does the tasks of a BeamTaskFolder, by their numbers."""

    def __init__(self, root):
        self._root = root

    def process(self, number):
        """Does one; what comes of it goes to a file, not down the pipeline."""
        job.BeamTaskFolder(paths.path(self._root)).do(number)


class Server:
    """Answers requests one after the other."""

    def __init__(self):
        # What libraries print must not come between the replies.
        self._replies = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._requests = queue.Queue()
        self._running = None

    def serve(self):
        """Answers until the end of stdin, and ends the process."""
        threading.excepthook = self._on_thread
        threading.Thread(target=self._listen, daemon=True).start()
        flags = self._requests.get()
        self._answer(_check, flags)
        while True:
            self._answer(self._run, flags, **self._requests.get())

    def _run(self, flags, root, count):
        options = beam_options.make(**flags)
        pipeline = beam.Pipeline(options=options)
        numbers = pipeline | beam.Create(range(count)) | beam.Reshuffle()
        _ = numbers | beam.ParDo(Do(root))
        self._running = pipeline.run()
        state = self._running.wait_until_finish()
        self._running = None
        if state != "DONE":
            raise OSError(f"The job ended as {state}.")

    def _answer(self, function, *arguments, **options):
        reply = {}
        try:
            function(*arguments, **options)
        except Exception as error:  # noqa: BLE001 (each runner has its own)
            is_mistake = isinstance(error, _MISTAKES)
            traceback.print_exc()  # To the log.
            reply = {
                "kind": "ValueError" if is_mistake else "OSError",
                "text": files.one_line(error, 500) or type(error).__name__,
            }
        self._reply(reply)

    def _reply(self, reply):
        print(json.dumps(reply), file=self._replies, flush=True)

    def _listen(self):
        for line in sys.stdin:
            self._requests.put(json.loads(line))
        with contextlib.suppress(Exception):
            if self._running:
                self._running.cancel()
        os._exit(1)

    def _on_thread(self, failed):
        """Ends the process with a thread that looks after a worker."""
        threading.__excepthook__(failed)
        if failed.thread and failed.thread.name == "run_worker":
            self._reply({"kind": "OSError", "text": WORKER_DIED})
            os._exit(1)


def _check(flags):
    beam_options.check(beam_options.make(**flags))


def main():
    """Serves the launcher on the other end of stdin and stdout."""
    # Ctrl-C reaches every process of a terminal; ours ends with its launcher.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Server().serve()
