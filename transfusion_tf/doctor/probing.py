"""Runs `probe` and gathers what it prints."""

import json
import os
import signal
import subprocess
import sys

from transfusion_tf.process import errors

_MODULE = "transfusion_tf.doctor.probe"
SECONDS = 5  # Of training, for each of two networks.
_TIMEOUT = 300  # Of a process that stands still: a driver that hangs.


def run(seconds=SECONDS, *, command=None):
    """Returns what TensorFlow says of itself and its devices.

    It is started in another process, which it may end.

    Args:
        seconds: how long each network trains; 0: none does.
        command: what to run, a list of text; None: `probe`.

    Returns:
        dict with what was found, of "tensorflow" and "keras" (versions),
        "backend", "onednn", "devices", "decoded" and "speed", and with
        "failure", text, where the process did not end well.
    """
    command = command or [sys.executable, "-m", _MODULE, str(seconds)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired as expired:
        said = expired.stdout or b""
        failure = f"it stood still for {_TIMEOUT} seconds"
        return {**_gathered(said.decode(errors="replace")), "failure": failure}
    found = _gathered(done.stdout)
    if done.returncode:
        found["failure"] = _failure(done.returncode, done.stderr)
    return found


def _gathered(text):
    """All that the whole lines of JSON in `text` say."""
    found = {}
    for line in text.splitlines():
        try:
            found |= json.loads(line)
        except (ValueError, TypeError):
            continue  # A library's note, or a line that was cut off.
    return found


def _failure(status, text):
    """Why a process has ended: a signal, or the last line that it wrote."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    lines = text.strip().splitlines()
    return errors.one_line(lines[-1] if lines else f"exit status {status}")
