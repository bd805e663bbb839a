"""Tests of keeping libraries in C from writing to the terminal."""

import os
import threading

from transfusion_tf.process import silence


def test_nothing_reaches_stderr_until_the_last_thread_leaves(capfd):
    entered, leave = threading.Event(), threading.Event()

    def other():
        with silence.of_stderr:
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with silence.of_stderr:
        thread.start()
        entered.wait()
        os.write(2, b"one")
    os.write(2, b"two")  # The other thread is still in it.
    leave.set()
    thread.join()
    os.write(2, b"three")
    assert capfd.readouterr().err == "three"
