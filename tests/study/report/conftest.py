"""Studies to report on, made without training."""

import pytest

from tests.study.report import small_records, small_studies
from transfusion_tf.study.report import build
from transfusion_tf.study.report.features import first_filters


@pytest.fixture(scope="session")
def tiny_records(tmp_path_factory):
    """Records of 100 images of 50 patients, two classes, 32 px."""
    return small_records.make_records(tmp_path_factory.mktemp("tiny") / "lungs")


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory, tiny_records):
    """A study of two arms, three seeds, with records and weights.

    Nothing may be written into it: give the report an output directory.
    """
    return small_studies.make(
        tmp_path_factory.mktemp("tiny_study") / "study",
        records_dir=tiny_records,
        weights=True,
    )


@pytest.fixture(scope="session")
def page_study(tmp_path_factory, tiny_records):
    """As `tiny_study`, with few layers and seeds: all sections take seconds."""
    return small_studies.make(
        tmp_path_factory.mktemp("page_study") / "study",
        records_dir=tiny_records,
        weights=True,
        values={"models": "cbr_tiny@conv2", "seeds": 2},
    )


@pytest.fixture(scope="session")
def tiny_page(page_study, tmp_path_factory):
    """The page of the report of `page_study`, with all of its sections."""
    folder = tmp_path_factory.mktemp("tiny_report") / "a" / "b"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_filters, "_NUM_SCRAMBLES", 1)
        return build.run(page_study, output_dir=folder)


@pytest.fixture(scope="session")
def study_of_kind(tmp_path_factory):
    """study_of_kind(name of small_studies.KINDS): a study like `tiny_study`.

    Without weights, and its records are gone. Nothing may be written into it.
    """
    made = {}

    def get(kind):
        if kind not in made:
            root = tmp_path_factory.mktemp(kind) / "study"
            made[kind] = small_studies.make(root, **small_studies.KINDS[kind])
        return made[kind]

    return get


@pytest.fixture
def make_study(tmp_path):
    """make_study(**options of small_studies.make): a study of the test's own.

    Without weights, and its records are gone unless `records_dir` is given.
    """
    made = []

    def make(**options):
        made.append(tmp_path / f"{len(made)}" / "study")
        return small_studies.make(made[-1], **options)

    return make
