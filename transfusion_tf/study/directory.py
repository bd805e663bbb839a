"""Every file name of a study, and whether a directory is that of a study."""

import dataclasses
import pathlib

from transfusion_tf import files, names
from transfusion_tf.data import records
from transfusion_tf.runs import study_runs
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study import grid
from transfusion_tf.study.spec import StudyConfig

FORMAT = 1
_ADVICE = "Give another --study_dir, or delete this one."


@dataclasses.dataclass(frozen=True)
class StudyDir:
    """Paths of one study.

    study.json, runs/<cell>/ and, of sources that the study trains,
    sources/<cell>/ (see RunDir), logs/<cell>.log, and failures/<cell>.json; the
    tables are study.csv, sources.csv, arms.csv, comparisons.csv, remarks.csv,
    verdict.json and comparisons.png.
    """

    root: pathlib.Path

    def __post_init__(self):
        object.__setattr__(self, "root", pathlib.Path(self.root))

    @property
    def config(self):
        """The StudyConfig, and the fingerprint of its records."""
        return self.root / "study.json"

    @property
    def table(self):
        """One row a cell."""
        return self.root / study_runs.TABLE

    @property
    def sources_table(self):
        """One row a run on a source data set."""
        return self.root / "sources.csv"

    def run(self, cell):
        """The RunDir of a Cell or a SourceCell."""
        return RunDir(self.root / cell.folder / cell.name)

    def log(self, cell):
        """What the run of a cell has printed."""
        return self.root / "logs" / f"{cell.name}.log"

    def failure(self, cell):
        """Why a cell has failed, there for as long as it has."""
        return self.root / "failures" / f"{cell.name}.json"

    def make(self):
        """Creates the directories; OSError where that cannot be done."""
        for name in ("runs", "logs", "failures"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        return self


def begin(study, config, cells):
    """Writes study.json, or goes on with the study that is there.

    Cells may be added to a study; margin, reference and the weights that are
    kept may change.

    Args:
      study: StudyDir.
      config: StudyConfig.
      cells: its Cells.

    Returns:
      {data set: fingerprint of its records}, that and those of the sources;
      None of one that is made on first use.

    Raises:
      ValueError: the directory holds another study, or files of none.
      FileNotFoundError: there are no such records.
    """
    data = _fingerprint(config.dataset)
    source_data = {
        dataset: _fingerprint(dataset, flag="source_dataset")
        for dataset in config.source_dataset
    }
    if study.config.is_file():
        _refuse_other(study, config, cells, data, source_data)
    elif study.root.is_dir() and any(
        not path.name.startswith(".") for path in study.root.iterdir()
    ):
        raise ValueError(
            f"{study.root} has files in it but is not a study (it has no "
            "study.json); give another --study_dir."
        )
    study.root.mkdir(parents=True, exist_ok=True)
    files.write_json(
        study.config,
        {
            "format": FORMAT,
            "study": config.to_json(),
            "data": data,
            "source_data": source_data,
        },
    )
    study.make()
    return {**source_data, config.dataset: data}


def read(study):
    """The StudyConfig of a StudyDir.

    Raises:
      FileNotFoundError: the directory is not that of a study.
      ValueError: study.json is damaged, or of another format.
    """
    if not study.config.is_file():
        raise FileNotFoundError(
            f"{study.root} is not a study (it has no study.json); give the "
            "--study_dir of run_study.py."
        )
    return _read(study)[0]


def _read(study):
    """(StudyConfig, all that study.json holds)."""
    found = files.read_object(study.config, _ADVICE, study=dict, format=int)
    if found["format"] != FORMAT:
        raise ValueError(
            f"{study.root} holds a study of the format {found['format']}, "
            f"this release reads {FORMAT}. {_ADVICE}"
        )
    return StudyConfig.from_json(found["study"]), found


def _fingerprint(dataset, *, flag="dataset"):
    """That of the records; None of a data set that is made on first use."""
    if dataset in names.SYNTHETIC:
        return None
    try:
        return records.open_records(dataset).card.fingerprint
    except FileNotFoundError as error:
        raise FileNotFoundError(f"--{flag}={dataset}: {error}") from None


def _refuse_other(study, config, cells, data, source_data):
    old, found = _read(study)
    difference = _other_data(
        {**found.get("source_data", {}), old.dataset: found.get("data")},
        {**source_data, old.dataset: data},
    ) or _difference(old, config, cells)
    if difference:
        raise ValueError(
            f"{study.root} holds a study of another configuration: "
            f"{difference}. {_ADVICE}"
        )


def _other_data(old, new):
    """Which records of both studies are others, in words; None if none."""
    for dataset in old.keys() & new.keys():
        if old[dataset] != new[dataset]:
            return f"its records are others ({dataset} there)"
    return None


def _difference(old, new, cells):
    """What makes the old study another one, in words; None if nothing."""
    for name in ("source_epochs", "source_steps"):
        there, here = getattr(old, name), getattr(new, name)
        if old.source_dataset and there != here:
            return f"{name}: {there} there, {here} here"
    for name in sorted(old.settings.keys() | new.settings.keys()):
        there, here = old.settings.get(name), new.settings.get(name)
        if files.plain(there) != files.plain(here):
            return f"{name}: {there} there, {here} here"
    here = {cell.name for cell in cells}
    missing = [c.name for c in grid.cells(old)[0] if c.name not in here]
    if missing:
        return (
            f"it has {len(missing)} cells that are not asked for now, as "
            f"{missing[0]}; values may be added to a grid, not taken away"
        )
    return None
