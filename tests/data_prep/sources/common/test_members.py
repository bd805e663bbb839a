"""Tests of what data sets of several files share."""

import re

import pytest

from data_prep.sources.common import members

FOLDERS = members.Folders("the set", "top/", ("a", "b"), "{a,b}/*.png")
PATTERN = re.compile(r"top/(?P<folder>a|b)/\d+\.png")


def test_images_below_the_root_match():
    FOLDERS.check_names(["top/a/1.png", "top/b/2.png", "c/x.png"], PATTERN)
    with pytest.raises(ValueError, match="outside of .*'top/c/1.png'. Expecte"):
        FOLDERS.check_names(["top/a/1.png", "top/c/1.png"], PATTERN)


def test_folders_that_are_needed_have_images():
    FOLDERS.check_filled(iter("abab"))
    with pytest.raises(ValueError, match=r"no images in b. Expected \{a,b\}/"):
        FOLDERS.check_filled(iter("aa"))


@pytest.mark.parametrize(
    "names, expected",
    [
        (["a.png", "b.zip.txt"], ""),
        (["a.png", "b.zip"], " It has 'b.zip': unpack it."),
    ],
)
def test_advice_on_archives(names, expected):
    advice = members.unpacked_advice(names, r"\.zip", "unpack it.")
    assert advice == expected
