"""Runs binaries as processes that need not import TensorFlow again.

    python tests/warm_start.py < requests > replies

A request is a line of JSON: {"argv": [script, flag, ...], "cwd": directory or
null, "stdout": file, "stderr": file}. Each is run in a fork of this process,
which has imported the heavy libraries and of the project only the package's
__init__.py, which comes before TensorFlow; the reply is {"returncode": n}. Most
tests of binaries would otherwise spend their time on the same five seconds of
imports. For a process that stops itself (SIGSTOP) the reply is {"returncode":
null, "stopped": pid}; the request {"kill": pid} ends it.
"""

import gc
import importlib.machinery
import json
import os
import pathlib
import runpy
import signal
import sys
import traceback

import transfusion_tf  # noqa: F401 (sets how TensorFlow will compute)

ROOT = pathlib.Path(__file__).resolve().parents[1]
_TIMEOUT = 240
# What `quiet.start_tensorflow` asks for before it imports TensorFlow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main():
    """Answers requests until there are no more."""
    replies = os.fdopen(os.dup(1), "w")
    _import_libraries()
    _compile_project()
    gc.freeze()  # No fork need look at the libraries' objects, or copy them.
    for line in sys.stdin:
        reply = _answer(json.loads(line))
        print(json.dumps(reply), file=replies, flush=True)


def _answer(request):
    child = request.get("kill")
    if child is not None:
        os.kill(child, signal.SIGKILL)
    else:
        child = os.fork()
        if not child:
            _become(request)
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return {"returncode": None, "stopped": child}
    return {"returncode": os.waitstatus_to_exitcode(status)}


def _import_libraries():
    import fsspec  # noqa: F401
    import google_crc32c  # noqa: F401
    import h5py  # noqa: F401
    import imagehash  # noqa: F401
    import keras  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import pandas  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    import tensorboard.summary  # noqa: F401
    import tensorflow  # noqa: F401
    import tensorflow_datasets  # noqa: F401


def _compile_project():
    """Spares forks the parsing of what they import, if no bytecode is kept."""
    if not sys.dont_write_bytecode:
        return
    codes = {
        str(path): compile(path.read_bytes(), path, "exec", dont_inherit=True)
        for folder in ("transfusion_tf", "data_prep", "run_scripts")
        for path in (ROOT / folder).rglob("*.py")
    }
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code
    loader.get_code = lambda self, name: (
        codes.get(self.path) or plain(self, name)
    )


def _become(request):
    """Runs a script in this process, as Python would, and ends it."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if request["cwd"] is not None:
        os.chdir(request["cwd"])
    sys.argv = request["argv"]
    sys.path[0] = os.path.dirname(sys.argv[0])
    signal.alarm(_TIMEOUT)  # Ends a process that hangs.
    code = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 (as the interpreter does)
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
