"""Tests of the files of a job of Apache Beam, without Beam."""

import pytest

from tests import buckets
from transfusion_tf import paths
from transfusion_tf.conversion.beam import job as beam_job


def divide(held, task):
    """A result for JSON, or an error of each kind; notes who has asked."""
    held.append(task)
    if task == "absent":
        raise FileNotFoundError(2, "No such file", "a.png")
    return [12 // task, "12"]


def make_job(root, tasks, held=()):
    """A job, and the number of its tasks."""
    job = beam_job.BeamTaskFolder(paths.path(root))
    return job, job.write(divide, list(held), tasks)


def results(root):
    """Of three tasks, one of them done twice, in another order."""
    job, count = make_job(root, iter([3, 4, 6]))
    assert count == 3
    for number in (2, 0, 1, 0):
        job.do(number)
    return list(job.results(count))


EXPECTED = [(3, [4, "12"]), (4, [3, "12"]), (6, [2, "12"])]


def test_every_task_has_its_result(tmp_path):
    assert results(tmp_path / "job") == EXPECTED


def test_in_an_object_store():
    with buckets.bucket():
        assert results("s3://bucket/job") == EXPECTED


def test_what_was_done_is_not_done_again(tmp_path):
    job, _ = make_job(tmp_path / "job", [3])
    job.do(0)
    (result,) = (tmp_path / "job").glob("result-*")
    result.write_text('{"result": "of another machine"}')
    job.do(0)
    assert list(job.results(1)) == [(3, "of another machine")]


@pytest.mark.parametrize(
    "task, error, message",
    [
        ("absent", OSError, "^.Errno 2. No such file: 'a.png'$"),
        ("12", TypeError, None),
        (0, ZeroDivisionError, None),
    ],
)
def test_what_a_task_raises_comes_to_the_launcher(
    task, error, message, tmp_path
):
    job, count = make_job(tmp_path / "job", [3, task])
    for number in range(count):
        job.do(number)
    results = job.results(count)
    assert next(results) == (3, [4, "12"])
    # A bug keeps the traceback of the worker, as text.
    kind = error if message else RuntimeError
    message = message or rf"in divide(.|\n)*{error.__name__}"
    with pytest.raises(kind, match=message):
        next(results)
