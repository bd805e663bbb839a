"""docs/tables.md has every column and field that there is, and no other.

What the code writes is listed once, by `written`; a constant that moves is
changed in what that puts together.
"""

import csv
import dataclasses
import json
import pathlib
import re

import numpy as np
import pytest

from transfusion_tf.analysis import (
    auc_table,
    decision_table,
    error_agreement,
    gain,
    label_associations,
    network_costs,
    probability_tables,
    scaling_differences,
    scaling_probe,
    subgroups,
)
from transfusion_tf.analysis.comparing import (
    arm_aucs,
    arm_scores,
    convergence,
    network_sizes,
    paired_table,
    run_comparison,
    stage_convergence,
    train_sizes,
)
from transfusion_tf.analysis.filters import changes, gabor_bank, gabor_like
from transfusion_tf.analysis.filters import summaries as filter_summaries
from transfusion_tf.analysis.filters import tables as filter_tables
from transfusion_tf.analysis.interventions import (
    barrier,
    criticality_tables,
    probe_tables,
    resilience,
    shortcut_tables,
)
from transfusion_tf.analysis.sources import ranking, scores
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.analysis.views import start_end, summaries
from transfusion_tf.audit import pair_table, phi_scan
from transfusion_tf.config import augmentation
from transfusion_tf.conversion import id_table, quarantine, report
from transfusion_tf.data import card, carried, records
from transfusion_tf.initialization import weight_report
from transfusion_tf.metrics import agreement
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study import selection, summary
from transfusion_tf.study.report.claims import section as claims
from transfusion_tf.study.report.findings import counts, warnings
from transfusion_tf.study.report.methods import (
    checklists,
    cost,
    settings,
)
from transfusion_tf.study.report.records import audit, data
from transfusion_tf.training import profiling
from transfusion_tf.using import export, model_card, predict, trained

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "tables.md"
AUDIT = "`data_card.json`: `audit`"
# Columns that are one for each class are documented by this form.
OF_CLASSES = re.compile(r"^(val_auc_|label_|score_).+$")
# Objects of config.json and metrics.json that are one field of the page.
WHOLE = ("data.source", "source", "parts", "data.classes")
# Tables whose columns are a constant each, by what they are made from.
OF_PREDICTIONS = {
    "`auc.csv`": auc_table.COLUMNS,
    "`arm_aucs.csv`": arm_aucs.COLUMNS,
    "`arm_scores.csv`": arm_scores.COLUMNS,
    "`agreement.csv`": error_agreement.COLUMNS,
    "`disagreement_by_class.csv`": error_agreement.CLASS_COLUMNS,
    "`calibration.csv`": probability_tables.CALIBRATION_COLUMNS,
    "`calibration_bins.csv`": probability_tables.BIN_COLUMNS,
    "`operating_points.csv`": probability_tables.POINT_COLUMNS,
    "`decisions.csv`": decision_table.COLUMNS,
    "`curves.csv`": probability_tables.CURVE_COLUMNS,
    "`subgroups.csv`": subgroups.COLUMNS,
    "`subgroup_differences.csv`": subgroups.DIFFERENCE_COLUMNS,
    "`label_associations.csv`": label_associations.COLUMNS,
}
OF_COMPARISONS = {
    "`convergence.csv`": convergence.COLUMNS,
    "`convergence_runs.csv`": convergence.RUN_COLUMNS,
    "`convergence_curves.csv`": convergence.CURVE_COLUMNS,
    "`convergence_stages.csv`": stage_convergence.COLUMNS,
    "`study.csv`": summary.COLUMNS,
    "`sources.csv`": summary.SOURCE_COLUMNS,
    "`arms.csv`": paired_table.ARM_COLUMNS,
    "`comparisons.csv`": paired_table.COLUMNS,
    "`remarks.csv`": run_comparison.REMARK_COLUMNS,
    "`train_sizes.csv`": train_sizes.ARM_COLUMNS,
    "`train_sizes_differences.csv`": train_sizes.COLUMNS,
    "`train_sizes_limits.csv`": train_sizes.LIMIT_COLUMNS,
    "`network_sizes.csv`": network_sizes.COLUMNS,
    "`gain_points.csv`": gain.POINT_COLUMNS,
    "`gain_correlations.csv`": gain.CORRELATION_COLUMNS,
}
OF_NETWORKS = {
    "`<view>.csv`": view_rows.TABLE_COLUMNS,
    "`<view>_summary.csv`": summaries.COLUMNS,
    "`filters_summary.csv`": filter_summaries.COLUMNS,
    "`<view>_fits.csv`": start_end.COLUMNS,
    "`filters.csv`": (*changes.COLUMNS, *filter_tables.SUBJECT),
    "`filter_kernels.csv`": changes.KERNEL_COLUMNS,
    "`gabor_fits.csv`": gabor_like.COLUMNS,
    "`gabor_counts.csv`": gabor_like.COUNT_COLUMNS,
    "`gabor_scrambled.csv`": gabor_like.SCRAMBLED_COLUMNS,
    "`gabor_bank.csv`": gabor_bank.COLUMNS,
    "`stages.csv`": network_costs.COLUMNS,
    "`weights.csv`": weight_report.COLUMNS,
    "`scaling_probe.csv`": scaling_probe.COLUMNS,
    "`scaling_differences.csv`": scaling_differences.COLUMNS,
    "`source_ranking.csv`": ranking.COLUMNS,
    "`source_scores.csv`": scores.COLUMNS,
}
OF_INTERVENTIONS = {
    "`resilience.csv`": resilience.COLUMNS,
    "`resilience_arms.csv`": resilience.ARM_COLUMNS,
    "`criticality.csv`": criticality_tables.COLUMNS,
    "`criticality_arms.csv`": criticality_tables.ARM_COLUMNS,
    "`barrier.csv`": barrier.COLUMNS,
    "`barrier_heights.csv`": barrier.HEIGHT_COLUMNS,
    "`barrier_arms.csv`": barrier.ARM_COLUMNS,
    "`shortcut.csv`": shortcut_tables.COLUMNS,
    "`shortcut_arms.csv`": shortcut_tables.ARM_COLUMNS,
    "`shortcut_contrasts.csv`": shortcut_tables.CONTRAST_COLUMNS,
    "`probes.csv`": probe_tables.COLUMNS,
    "`probes_arms.csv`": probe_tables.ARM_COLUMNS,
    "`probes_peaks.csv`": probe_tables.PEAK_COLUMNS,
}
OF_REPORTS = {
    "`counts.csv`": counts.COLUMNS,
    "`warnings.csv`": warnings.COLUMNS,
    "`learning_rates.csv`": warnings.RATE_COLUMNS,
    "`data.csv`": data.COLUMNS,
    "`audit_pairs.csv`": audit.COLUMNS,
    "`claims.csv`": claims.COLUMNS,
    "`claim_comparisons.csv`": paired_table.COLUMNS,
    "`cost.csv`": cost.COLUMNS,
    "`settings.csv`": settings.COLUMNS,
    "`checklists.csv`": checklists.COLUMNS,
}


def documented():
    """{heading: names in the first column of the tables below it}."""
    found = {}
    for section in re.split(r"^### ", PAGE.read_text(), flags=re.M)[1:]:
        heading, _, text = section.partition("\n")
        cells = re.findall(r"^\| (`[^|]+`) \|", text, flags=re.M)
        names = [name for cell in cells for name in cell.split("`")[1::2]]
        found[heading] = names
    return found


DOCUMENTED = documented()


@pytest.fixture
def written(tiny_dataset, tiny_runs, tmp_path):
    """{heading: names of the columns or fields that the code writes}."""
    return {
        **of_records(tiny_dataset, tmp_path),
        **of_a_run(RunDir(tiny_runs[0])),
        **of_a_network_in_use(tiny_runs[0]),
        **OF_PREDICTIONS,
        **OF_COMPARISONS,
        "`verdict.json`": of_a_verdict(),
        **OF_NETWORKS,
        **OF_INTERVENTIONS,
        **OF_REPORTS,
    }


def of_records(dataset, folder):
    """What a conversion leaves: its tables and data card."""
    quarantine.write(folder, [], {})
    report.write_notes(folder, [("0", "a note")])
    (version,) = dataset.iterdir()
    on_card = json.loads((version / records.CARD).read_text())
    fields = [field.name for field in dataclasses.fields(card.DataCard)]
    assert on_card.keys() == set(fields) - set(card.OF_EXTRA)
    return {
        "`quarantine.csv`": header(folder / records.QUARANTINE),
        "The private table of `--id_table`": id_table.COLUMNS,
        "`notes.csv`": header(folder / records.NOTES),
        "`audit.csv`": pair_table.COLUMNS,
        "`phi.csv`": phi_scan.COLUMNS,
        "`data_card.json`": fields,
        "`data_card.json`: `shards`": card.ShardEntry.__annotations__,
        "`data_card.json`: `preprocessing`": on_card["preprocessing"],
        AUDIT: card.AuditSummary.__annotations__,
    }


def of_a_run(run):
    """The files of a RunDir."""
    return {
        "`history.csv`": [*header(run.history), "val_auc_<name>", "train_auc"],
        "`profile.csv`": profiling.COLUMNS,
        "`predictions.csv`": [
            *map(of_classes, header(run.predictions("val"))),
            "label_<name>",
            f"{carried.EXTRA}<name>",
            "in_training",
        ],
        "`config.json`": [
            *flat(json.loads(run.config.read_text())),
            "config.data.num_folds",
            "config.data.fold",
            *(f"config.data.{name}" for name in augmentation.RANGES),
        ],
        "`metrics.json`": flat_metrics(json.loads(run.metrics.read_text())),
    }


def of_a_network_in_use(run_dir):
    """What is predicted and exported; of two classes."""
    network = trained.open_run(run_dir)
    scored = {"a.png": (np.array([0.2, 0.8]), ()), "b.png": "damaged"}
    _, table = predict._table(network, (0.5,), list(scored), scored)
    exported = export.Exported("keras", pathlib.Path("absent"), 0.0, 1)
    card = model_card.build(network, network.preparation(), [exported])
    return {
        "`predictions.csv`: `predict.py`": [
            *dict.fromkeys(map(of_classes, table)),
            "decision_<name>",
        ],
        "`model_card.json`": flat(card),
    }


def of_a_verdict():
    """The fields of verdict.json."""
    comparison = run_comparison.Comparison(
        arm_rows=[],
        rows=[dict.fromkeys(paired_table.COLUMNS)],
        margin=0.01,
        left_out=[],
        warnings=[],
        learning_rates=[dict.fromkeys(selection.CHOICE_FIELDS)],
    )
    return flat_verdict(comparison.as_json())


def header(path):
    """The names of the columns of a CSV file."""
    with open(path, newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def of_classes(column):
    """`score_<name>` for a column of one class, else the column."""
    return OF_CLASSES.sub(r"\1<name>", column)


def flat(value, prefix=""):
    """Yields a.b for {"a": {"b": 1}}, and a[].b for lists of dicts."""
    for key, part in value.items():
        name = f"{prefix}{key}"
        if isinstance(part, dict) and name not in WHOLE:
            yield from flat(part, f"{name}.")
        elif isinstance(part, list) and part and name not in WHOLE:
            is_of_dicts = isinstance(part[0], dict)
            yield from flat(part[0], f"{name}[].") if is_of_dicts else [name]
        else:
            yield name


def flat_metrics(metrics):
    """The fields of metrics.json; those of its splits are the same."""
    first, second = metrics.pop("val"), metrics.pop("test")
    assert metrics["warnings"]  # Of a training of six steps.
    assert list(flat(first)) == list(flat(second))
    return flat({**metrics, **first})


def flat_verdict(verdict):
    """The fields of verdict.json but those of comparisons.csv."""
    columns = {f"comparisons[].{name}" for name in paired_table.COLUMNS}
    others = set(flat(verdict)) - columns
    return {*others, "comparisons[]"}


def test_page_has_every_column_and_no_other(written):
    # Of audit.json the fields are not in one place in the code; see below.
    assert set(DOCUMENTED) - {"`audit.json`"} == written.keys()
    others = {
        heading: set(DOCUMENTED[heading]) ^ set(names)
        for heading, names in written.items()
    }
    assert not {heading: names for heading, names in others.items() if names}
    for names in DOCUMENTED.values():
        assert len(set(names)) == len(names)


def test_fields_of_an_audit(binary, tiny_dataset, tmp_path):
    done = binary(
        "data_prep/audit_dataset.py",
        f"--records={tiny_dataset}",
        "--phi",
        f"--output_dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    fields = json.loads((tmp_path / "audit.json").read_text()).keys()
    known = {*DOCUMENTED["`audit.json`"], *DOCUMENTED[AUDIT]}
    assert fields == known


def test_values_of_the_column_measure_are_explained():
    text = PAGE.read_text()
    for name in (*agreement.PAIR_MEASURES, *agreement.CLASS_MEASURES):
        assert f"`{name}`" in text
