"""Holds down how many files an image, and weights, go through."""

import re

# The most files that may hold what goes a way: an image, or weights.
MOST = {"kept": 14, "resized": 14, "h5": 9, "unnamed": 9}


def test_few_files_are_on_a_way(binary):
    done = binary(
        "tests/benchmarks/measure_ways.py", *(f"--way={way}" for way in MOST)
    )
    assert done.returncode == 0, done.stderr
    counts = re.findall(r"^(\S+): (\d+) carriers", done.stdout, re.MULTILINE)
    assert [way for way, _ in counts] == list(MOST)
    for way, count in counts:
        assert 3 < int(count) <= MOST[way], done.stdout
