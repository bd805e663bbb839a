"""What a study has to say: what sections of its report are made from."""

import dataclasses
import os
import pathlib

import pandas as pd

from transfusion_tf import datasets, files
from transfusion_tf.data import records
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs import study_runs
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study import directory, spec
from transfusion_tf.study.directory import StudyDir
from transfusion_tf.study.report import study_files


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
      records: Records of the data set, as converted; None where they are gone.
      records_gone: why they are, in a sentence; "" where they are there.
    """

    study: StudyDir
    config: spec.StudyConfig
    output_dir: pathlib.Path
    verdict: dict
    cells: pd.DataFrame
    arms: pd.DataFrame
    comparisons: pd.DataFrame
    runs: tuple[pathlib.Path, ...]
    records: records.Records | None
    records_gone: str = ""

    @property
    def card(self):
        """DataCard of the data set; None where its records are gone."""
        return self.records.card if self.records else None

    @property
    def dataset(self):
        """Name of the data set."""
        return self.comparisons_or_arms["dataset"].iloc[0]

    @property
    def rows(self):
        """comparisons.csv as dicts, undefined values None."""
        return [study_files.as_row(row) for row in self.verdict["comparisons"]]

    @property
    def arm_rows(self):
        """arms.csv as dicts, undefined values None."""
        rows = self.arms.to_dict("records")
        return [
            {
                key: None if value != value else value
                for key, value in row.items()
            }
            for row in rows
        ]

    @property
    def comparisons_or_arms(self):
        """The table that has a row in any case."""
        return self.comparisons if len(self.comparisons) else self.arms

    def relative(self, path):
        """A path as the page links to it."""
        found = os.path.relpath(path, self.output_dir)
        return pathlib.PurePath(found).as_posix()

    def table(self, name):
        """A table of the study, such as "comparisons.csv", as linked to."""
        return self.relative(self.study.root / name)


def gather(study_dir, output_dir=None):
    """The Context of a study.

    Args:
      study_dir: its directory.
      output_dir: of the report; None: <study_dir>/report.

    Raises:
      FileNotFoundError: there is no study, or none of its runs is finished.
      ValueError: its files are damaged, of another format, or do not agree.
    """
    study = StudyDir(study_dir)
    config = directory.read(study)
    found = study_files.read(study)
    study_files.check_agreement(study, config, found)
    cells = found.tables["study"]
    runs = tuple(study_runs.compared(study.root))
    opened, gone = _records(config, runs)
    return Context(
        study=study,
        config=config,
        output_dir=pathlib.Path(output_dir or study.root / "report"),
        verdict=found.verdict,
        cells=cells,
        arms=found.tables["arms"],
        comparisons=found.tables["comparisons"],
        runs=runs,
        records=opened,
        records_gone=gone,
    )


def _records(config, runs):
    """(Records that the runs are on, or None, and why there are none)."""
    size = config.settings.get("image_size")
    try:
        opened = datasets.open_existing(config.dataset, image_size=size)
    except FileNotFoundError:
        return None, f"There are no records of {config.dataset} any more."
    except (OSError, ValueError) as error:
        return None, f"The records cannot be read: {files.one_line(error)}"
    run = RunDir(runs[0])
    known = run_record.read(run)["data"]["fingerprint"] if runs else None
    if known != opened.card.fingerprint:
        return None, (
            f"The records in {opened.root} are others than those that the "
            "study was trained on (another fingerprint)."
        )
    return opened, ""
