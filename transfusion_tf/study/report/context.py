"""What a study has to say: what sections of its report are made from."""

import dataclasses
import pathlib

import pandas as pd

from transfusion_tf import datasets, files, tables
from transfusion_tf.data import card
from transfusion_tf.study import cell_state, directory, spec
from transfusion_tf.study.directory import StudyDir

_REPEAT = "Start run_study.py again with the same --study_dir."


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """A study that has at least one finished run.

    Attributes:
      study: StudyDir.
      config: spec.StudyConfig.
      output_dir: directory of the report, with its tables and pictures.
      verdict: what verdict.json holds.
      cells: study.csv: a row a run that was planned.
      arms: arms.csv.
      comparisons: comparisons.csv; without rows where nothing is compared.
      runs: directories of the finished runs that are compared, in the order of
        study.csv: those at their arms' chosen learning rates.
      card: DataCard of the data set; None where its records are gone.
    """

    study: StudyDir
    config: spec.StudyConfig
    output_dir: pathlib.Path
    verdict: dict
    cells: pd.DataFrame
    arms: pd.DataFrame
    comparisons: pd.DataFrame
    runs: tuple[pathlib.Path, ...]
    card: card.DataCard | None

    @property
    def dataset(self):
        """Name of the data set."""
        return self.comparisons_or_arms["dataset"].iloc[0]

    @property
    def comparisons_or_arms(self):
        """The table that has a row in any case."""
        return self.comparisons if len(self.comparisons) else self.arms

    def relative(self, path):
        """A path as the page links to it."""
        return pathlib.Path(path).relative_to(self.output_dir).as_posix()


def gather(study_dir, output_dir=None):
    """The Context of a study.

    Args:
      study_dir: its directory.
      output_dir: of the report; None: <study_dir>/report.

    Raises:
      FileNotFoundError: there is no study, or none of its runs is finished.
      ValueError: its files are damaged, or of another format.
    """
    study = StudyDir(study_dir)
    config = directory.read(study)
    for path in (study.table, study.root / "verdict.json"):
        if not path.is_file():
            raise FileNotFoundError(
                f"{study.root} has no {path.name}: none of its runs is "
                f"finished, or not all jobs have ended. {_REPEAT}"
            )
    cells = tables.read(study.table)
    chosen = cells["status"].eq(cell_state.FINISHED) & cells["chosen"].eq("yes")
    runs = tuple(study.root / "runs" / name for name in cells["run"][chosen])
    found = {
        name: tables.read(study.root / f"{name}.csv")
        for name in ("arms", "comparisons")
    }
    output = pathlib.Path(output_dir or study.root / "report")
    return Context(
        study=study,
        config=config,
        output_dir=output,
        verdict=files.read_object(
            study.root / "verdict.json", _REPEAT, comparisons=list
        ),
        cells=cells,
        runs=runs,
        card=_card(config),
        **found,
    )


def _card(config):
    """The DataCard of the data set, or None where its records are gone."""
    size = config.settings.get("image_size")
    try:
        return datasets.open_dataset(config.dataset, image_size=size).card
    except FileNotFoundError:
        return None
