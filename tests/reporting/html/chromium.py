"""A headless Chromium, driven over a pipe by the DevTools protocol.

https://chromedevtools.github.io/devtools-protocol; messages are JSON, each
ended by a zero byte, on file descriptors 3 (in) and 4 (out).
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"no browser that starts on the path ({', '.join(NAMES)})"
_OPTIONS = (
    "--headless",
    "--no-sandbox",  # Root has none; only pages of our own are opened.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # Nothing leaves the machine.
    "--remote-debugging-pipe",
)
_TIMEOUT = 60  # Seconds that an answer may take.


def find():
    """The path of a Chromium that starts, or None."""
    for binary in filter(None, map(shutil.which, NAMES)):
        # A name may be of a script that only asks for an install.
        asked = subprocess.run([binary, "--version"], capture_output=True)
        if asked.returncode == 0:
            return binary
    return None


class Chromium:
    """A browser with one tab; a context manager.

    Attributes:
      events: (method, parameters) of what the tab has reported.
    """

    def __init__(self, binary):
        self.events = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._number = 0
        self._received = b""
        self._session = None
        inward, self._out = os.pipe()
        self._in, outward = os.pipe()
        self._process = subprocess.Popen(
            [
                *("bash", "-c", f'exec "$@" 3<&{inward} 4>&{outward}', "bash"),
                *(binary, f"--user-data-dir={self._profile.name}", *_OPTIONS),
            ],
            pass_fds=(inward, outward),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(inward)
        os.close(outward)

    def __enter__(self):
        try:
            created = self.call("Target.createTarget", url="about:blank")
            self._session = self.call(
                "Target.attachToTarget",
                targetId=created["targetId"],
                flatten=True,
            )["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(f"{domain}.enable")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _end(self):
        self._process.terminate()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def call(self, method, **parameters):
        """Calls a method of the protocol; returns its result.

        Raises:
          RuntimeError: the browser answers with an error.
          TimeoutError: it does not answer.
        """
        return self._answer(self._send(method, parameters), method)

    def evaluate(self, expression):
        """The JSON value of a JavaScript expression in the page."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression[:80]}: {found}")
        return found["result"].get("value")

    def open(self, path):
        """Opens a file and waits until it is loaded; forgets older events."""
        self.events.clear()
        url = path.resolve().as_uri()
        failure = self.call("Page.navigate", url=url).get("errorText")
        if failure:
            raise RuntimeError(f"{path}: {failure}")
        while "Page.loadEventFired" not in dict(self.events):
            self._read("Page.loadEventFired")

    def _send(self, method, parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._number

    def _answer(self, number, method):
        while True:
            message = self._read(method)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def _read(self, awaited):
        """The next message; an event is kept in `events`."""
        deadline = time.monotonic() + _TIMEOUT
        while b"\0" not in self._received:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self._in], [], [], left)[0]:
                raise TimeoutError(f"No {awaited} within {_TIMEOUT} s.")
            got = os.read(self._in, 1 << 20)
            if not got:
                raise RuntimeError(f"The browser ended before {awaited}.")
            self._received += got
        text, self._received = self._received.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message
