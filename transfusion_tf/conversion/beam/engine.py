"""Apache Beam in the place of a pool: the same tasks, on other machines too."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import uuid

from transfusion_tf import paths
from transfusion_tf.conversion.beam import job as beam_job

FOLDER = ".work-beam"
_COMMAND = "from transfusion_tf.conversion.beam import process; process.main()"
_SECONDS_TO_END = 10
_ERRORS = {"OSError": OSError, "ValueError": ValueError}


class Beam:
    """Runs `function(held, task)` for many tasks with Apache Beam.

    It does what a pool.Pool does, with these differences: functions return
    what JSON can hold; no result is there before all of `run` are; nothing is
    given up at the first error. Used in a `with` statement, which ends a
    running job where it ends in an exception.
    """

    def __init__(self, held, output_dir, *, flags=(), further=()):
        """Notes what is to be done; nothing is started yet.

        Args:
            held: what every task gets; it is pickled.
            output_dir: a folder that all workers can write to.
            flags: Beam's options, --name=value, as of beam_options.make.
            further: see beam_options.make.
        """
        self._held = held
        self._root = paths.path(output_dir) / FOLDER
        self._options = {"flags": [*flags], "further": [*further]}
        self._process = self._log = None
        self._keeps_log = False

    def __enter__(self):
        """Starts Beam's process and has it check the options.

        Raises:
            ValueError: Beam is not installed, or does not take the options.
            OSError: what the options name does not answer.
        """
        if importlib.util.find_spec("apache_beam") is None:
            raise ValueError(
                "--engine=beam needs Apache Beam. Install it with "
                "`pip install -e '.[beam]'`, or leave --engine out."
            )
        paths.remove_tree(self._root)  # Of a process that was killed.
        descriptor, self._log = tempfile.mkstemp(".log", "transfusion-beam-")
        with open(descriptor, "w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Workers import what we do from where we do.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        try:
            self._ask(self._options)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()
        paths.remove_tree(self._root)

    def run(self, function, tasks):
        """Yields (task, result) of all tasks, when all have ended.

        Raises what `function` raises, and OSError if Beam or a worker fails.
        """
        job = beam_job.BeamTaskFolder(self._root / uuid.uuid4().hex)
        count = job.write(function, self._held, tasks)
        if count:
            try:
                self._ask({"root": str(job.root), "count": count})
            except OSError as error:
                self._keeps_log = True
                raise OSError(f"{error} Beam's log: {self._log}") from None
            yield from job.results(count)
        paths.remove_tree(job.root)

    def _ask(self, request):
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            reply = json.loads(self._process.stdout.readline() or "null")
        except BrokenPipeError:
            reply = None
        if reply is None:
            raise OSError("The process of Apache Beam died unexpectedly.")
        if reply:
            raise _ERRORS[reply["kind"]](reply["text"])

    def _end(self):
        self._process.stdin.close()  # It cancels what is running, and ends.
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        if not self._keeps_log:
            os.unlink(self._log)
