"""Holds every file to the layers: imports go down, or where "uses" stands.

A new module needs a row in LAYERS. `pytest tests/test_layers.py` names what is
missing, and every import that goes up or sideways.
"""

import ast
import functools
import graphlib
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = ("transfusion_tf", "data_prep", "run_scripts")

# Layer -> module (without "transfusion_tf.") -> what of its own layer it uses.
LAYERS = {
    0: {
        "config.run": ("config.fields", "config.init", "names", "config.train"),
        "config.fields": ("names",),
        "checked": (),
        "files": ("paths",),
        "config.init": ("config.fields", "names"),
        "process.machine": (),
        "names": (),
        "paths": (),
        "process.pool": ("process.machine",),
        "process.quiet": ("process.silence",),
        "runs.checksums": ("files",),
        "runs.contents": (),
        "runs.directory": ("files",),
        "runs.record": ("config.run", "files"),
        "config.train": ("config.fields", "names"),
        "transfusion_tf": (),
        "runs.globs": ("runs.directory",),
        "runs.guard": ("files", "runs.record"),
        "process.terminal": (),
        "process.silence": (),
    },
    1: {
        "stores.archive_links": (),
        "stores.archive_members": ("stores.archive_links", "data.member_names"),
        "audit.audit": (
            "audit.pair_table",
            "audit.contact_sheet",
            "audit.groups",
            "audit.pairs",
            "audit.near_duplicates",
        ),
        "audit.pair_table": ("audit.pairs",),
        "data.augment": (),
        "data.card": ("images.limits",),
        "stores.checked_hdf5": ("images.limits",),
        "audit.contact_sheet": ("images.fingerprints",),
        "images.decoding": (
            "images.jpeg_rebuild",
            "images.jpeg_scan",
            "images.limits",
            "images.pillow_modes",
            "images.png_rebuild",
            "images.metadata",
            "images.tiff_tags",
        ),
        "images.dicom": (
            "images.dicom_codestream",
            "images.dicom_grey",
            "images.dicom_header",
            "images.dicom_values",
            "images.limits",
        ),
        "images.dicom_codestream": ("images.limits", "images.metadata"),
        "images.dicom_grey": ("images.dicom_values", "images.limits"),
        "images.dicom_header": ("images.limits",),
        "images.dicom_values": ("images.limits",),
        "synthetic.drawing": (),
        "images.encoding": ("images.png_rebuild",),
        "images.fingerprints": (),
        "stores.folder_walk": ("stores.archive_links",),
        "synthetic.fundus": ("synthetic.drawing", "synthetic.lesions"),
        "images.fundus_field": ("images.resizing",),
        "data.group_order": (),
        "stores.hdf5_heaps": (),
        "stores.hdf5": (
            "stores.checked_hdf5",
            "images.limits",
            "stores.archives",
        ),
        "data.ids": (),
        "audit.groups": (),
        "audit.pairs": ("audit.groups", "audit.near_duplicates"),
        "images.prepare": (
            "images.decoding",
            "images.dicom",
            "images.encoding",
            "images.fundus_field",
            "images.limits",
            "images.resizing",
        ),
        "images.jpeg_rebuild": ("images.jpeg_tables", "images.metadata"),
        "images.jpeg_scan": ("images.limits",),
        "images.jpeg_tables": ("images.metadata",),
        "synthetic.lesions": ("synthetic.drawing",),
        "images.limits": (),
        "data.manifest": ("data.member_names",),
        "data.member_names": (),
        "data.official_splits": ("data.splits",),
        "audit.near_duplicates": (),
        "audit.near_groups": ("audit.near_duplicates",),
        "stores.npy": ("images.limits",),
        "audit.phi": (),
        "audit.phi_scan": (
            "audit.audit",
            "audit.phi",
            "data.record_reader",
            "data.records",
            "images.metadata",
        ),
        "images.pillow_modes": ("images.limits", "images.png_rebuild"),
        "data.pipeline": ("data.augment",),
        "data.record_check": ("data.record_reader",),
        "images.png_rebuild": ("images.metadata",),
        "data.record_reader": ("data.tfrecord",),
        "data.records": ("data.card", "data.tfrecord"),
        "images.resizing": (),
        "images.metadata": (),
        "data.splits": ("data.group_order",),
        "stores.archives": (
            "stores.archive_links",
            "stores.archive_members",
            "stores.folder_walk",
            "images.limits",
            "data.member_names",
            "stores.npy",
        ),
        "data.subsets": ("data.group_order",),
        "stores.tfds": ("stores.archives", "data.tfrecord"),
        "data.tfrecord": (),
        "synthetic.datasets": (
            "synthetic.fundus",
            "data.manifest",
            "synthetic.textures",
        ),
        "synthetic.textures": ("synthetic.drawing",),
        "stores.volumes": ("stores.npy", "stores.archives"),
        "images.tiff_tags": ("images.limits",),
        "metrics.agreement": (
            "statistics.bootstrap",
            "metrics.cells",
            "metrics.components",
            "statistics.intervals",
            "metrics.problems",
        ),
        "metrics.auc": ("metrics.components", "statistics.intervals"),
        "statistics.bootstrap": (),
        "metrics.cells": (),
        "metrics.components": (),
        "statistics.intervals": (),
        "metrics.paired_auc": (
            "metrics.components",
            "statistics.intervals",
            "metrics.seed_auc",
            "statistics.variance_components",
        ),
        "metrics.problems": (),
        "metrics.seed_auc": (
            "metrics.components",
            "statistics.intervals",
            "metrics.problems",
            "statistics.variance_components",
        ),
        "metrics.summary": (
            "metrics.auc",
            "metrics.components",
            "statistics.intervals",
            "metrics.problems",
        ),
        "models.applications": (
            "models.batch_norm",
            "models.rebuild",
            "models.stages",
        ),
        "models.batch_norm": (),
        "models.cbr": ("models.batch_norm", "models.stages"),
        "models.cost": (),
        "models.rebuild": (),
        "models.scaling": (),
        "models.slim": ("models.rebuild",),
        "models.squeezenet": ("models.stages",),
        "models.stages": ("models.scaling",),
        "models.zoo": (
            "models.applications",
            "models.cbr",
            "models.scaling",
            "models.slim",
            "models.squeezenet",
            "models.stages",
        ),
        "statistics.equivalence": (),
        "statistics.power": (
            "statistics.equivalence",
            "statistics.variance_components",
        ),
        "statistics.variance_components": (),
    },
    2: {
        "analysis.streaming.batch_sums": (
            "analysis.streaming.products",
            "analysis.streaming.sampling",
        ),
        "analysis.block_sums": (),
        "statistics.clustered_correlation": (),
        "analysis.estimates": (
            "statistics.jackknife",
            "analysis.similarity",
            "analysis.stage_sums",
        ),
        "analysis.filters.changes": (),
        "analysis.filters.variable_projection": (),
        "analysis.filters.gabor_fit": (
            "analysis.filters.variable_projection",
            "initialization.gabor",
        ),
        "analysis.filters.gabor_like": (
            "analysis.filters.gabor_fit",
            "initialization.gabor",
        ),
        "analysis.gain": ("statistics.clustered_correlation",),
        "analysis.streaming.grouping": (),
        "statistics.jackknife": (),
        "analysis.moments": (
            "analysis.block_sums",
            "analysis.streaming.plan",
            "analysis.stage_sums",
            "analysis.streaming.one_pass",
        ),
        "analysis.movement": ("analysis.view_rows",),
        "analysis.streaming.pairing": (),
        "analysis.streaming.plan": (),
        "analysis.probe": (),
        "analysis.streaming.products": (),
        "analysis.streaming.sampling": (),
        "analysis.scaling_probe": (),
        "analysis.similarity": ("analysis.spectra",),
        "analysis.spectra": (),
        "analysis.stage_sums": ("analysis.block_sums",),
        "analysis.start_end": (),
        "analysis.streaming.one_pass": (
            "analysis.streaming.batch_sums",
            "analysis.streaming.grouping",
            "analysis.streaming.pairing",
            "analysis.streaming.sampling",
            "analysis.stage_sums",
            "analysis.streaming.checkpoint",
        ),
        "analysis.streaming.checkpoint": (),
        "analysis.view_rows": (
            "analysis.estimates",
            "statistics.jackknife",
            "analysis.similarity",
        ),
        "analysis.views": (),
        "conversion.beam.engine": ("conversion.beam.job",),
        "conversion.beam.job": (),
        "conversion.beam.options": (),
        "conversion.beam.process": (
            "conversion.beam.job",
            "conversion.beam.options",
        ),
        "conversion.convert": (
            "conversion.hashing",
            "conversion.identify",
            "conversion.near_grouping",
            "conversion.quarantine",
            "conversion.write_shards",
            "conversion.data_card",
            "conversion.plan",
            "conversion.report",
            "conversion.work_folder",
        ),
        "audit.image_facts": ("conversion.hashing", "audit.prints"),
        "conversion.hashing": ("conversion.quarantine",),
        "conversion.identify": ("conversion.hashing", "conversion.quarantine"),
        "initialization.architectures": (),
        "initialization.descriptions": ("initialization.hdf5",),
        "initialization.fitting": ("initialization.layer_names",),
        "initialization.gabor": (),
        "initialization.hdf5": (),
        "initialization.imagenet": ("initialization.weight_files",),
        "initialization.keras_v3": (
            "initialization.descriptions",
            "initialization.hdf5",
            "initialization.sources",
        ),
        "initialization.layer_names": (),
        "initialization.layer_order": (),
        "initialization.legacy_hdf5": (
            "initialization.hdf5",
            "initialization.sources",
        ),
        "initialization.matching": (
            "initialization.fitting",
            "initialization.pairing",
        ),
        "initialization.pairing": (
            "initialization.architectures",
            "initialization.fitting",
            "initialization.layer_names",
            "initialization.layer_order",
            "initialization.sources",
        ),
        "initialization.pretrained": (
            "initialization.imagenet",
            "initialization.radimagenet",
            "initialization.weight_files",
        ),
        "initialization.radimagenet": (
            "initialization.imagenet",
            "initialization.weight_files",
        ),
        "initialization.schemes": (
            "initialization.gabor",
            "initialization.matching",
            "initialization.sources",
        ),
        "initialization.sources": (),
        "initialization.weight_files": (
            "initialization.architectures",
            "initialization.descriptions",
            "initialization.hdf5",
            "initialization.keras_v3",
            "initialization.legacy_hdf5",
            "initialization.sources",
        ),
        "conversion.near_grouping": ("audit.prints",),
        "audit.prints": ("conversion.hashing", "conversion.quarantine"),
        "conversion.quarantine": (),
        "runs.guard": ("runs.state",),
        "conversion.write_shards": (
            "conversion.hashing",
            "conversion.quarantine",
            "conversion.shard_task",
            "conversion.written",
        ),
        "conversion.data_card": (),
        "conversion.shard_task": (
            "audit.prints",
            "conversion.quarantine",
            "conversion.work_folder",
        ),
        "conversion.plan": ("conversion.hashing", "conversion.shard_task"),
        "conversion.report": ("conversion.quarantine",),
        "training.distribution": (),
        "training.evaluation": ("runs.predictions", "training.tasks"),
        "training.loop": ("runs.state",),
        "runs.predictions": (),
        "training.schedules": (),
        "runs.state": (),
        "training.step": ("training.tasks",),
        "training.tasks": (),
        "conversion.work_folder": (),
        "conversion.written": (
            "conversion.shard_task",
            "conversion.plan",
            "conversion.work_folder",
        ),
    },
    3: {
        "analysis.comparison": ("datasets",),
        "datasets": (),
        "experiment": ("datasets", "training.setup", "training.scoring"),
        "training.setup": ("datasets", "training.scoring"),
        "analysis.error_agreement": (),
        "reporting.figures.agreement": ("reporting.figures.style",),
        "reporting.audit_text": (),
        "reporting.figures.auc": ("reporting.figures.style",),
        "reporting.figures.disagreement": ("reporting.figures.style",),
        "reporting.figures.style": (),
        "reporting.figures.filters": (),
        "reporting.figures.gabor": ("reporting.figures.style",),
        "reporting.figures.gain": ("reporting.figures.style",),
        "analysis.gain_runs": ("analysis.auc_table", "tables"),
        "reporting.figures.grouped_curves": (
            "reporting.figures.style",
            "reporting.figures.stage_curves",
        ),
        "reporting.figures.heat_maps": ("reporting.figures.stage_curves",),
        "analysis.arms": ("analysis.error_agreement", "analysis.gain_runs"),
        "reporting.figures.comparisons": ("reporting.figures.style",),
        "reporting.comparison_report": (
            "reporting.figures.comparisons",
            "reporting.figures.style",
            "analysis.paired_table",
            "tables",
            "reporting.verdict_text",
        ),
        "analysis.foreign_predictions": ("analysis.arms",),
        "analysis.paired_table": (),
        "analysis.run_comparison": (
            "analysis.arms",
            "analysis.foreign_predictions",
            "analysis.paired_table",
            "analysis.auc_table",
        ),
        "reporting.verdict_text": (),
        "analysis.auc_table": ("tables",),
        "reporting.published.lookup": (
            "reporting.published.revisiting",
            "reporting.published.table",
            "reporting.published.transfusion",
        ),
        "reporting.published.revisiting": ("reporting.published.table",),
        "reporting.published.table": (),
        "reporting.published.transfusion": ("reporting.published.table",),
        "reporting.figures.views": (
            "reporting.figures.style",
            "reporting.figures.grouped_curves",
            "reporting.figures.heat_maps",
            "reporting.figures.stage_curves",
        ),
        "reporting.figures.stage_curves": ("reporting.figures.style",),
        "tables": (),
        "reporting.text": (),
        "analysis.reuse": ("analysis.comparison", "datasets"),
        "training.scoring": ("datasets",),
    },
    4: {"__main__": (), "cli": (), "config.flags": ()},
    5: {
        "data_prep.audit_dataset": (
            "data_prep.conversion_flags",
            "data_prep.source_flags",
            "data_prep.sources",
        ),
        "data_prep.conversion_flags": ("data_prep.source_flags",),
        "data_prep.engine_flags": (),
        "data_prep.make_tfrecords": (
            "data_prep.conversion_flags",
            "data_prep.engine_flags",
            "data_prep.source_flags",
        ),
        "data_prep.source_flags": ("data_prep.sources",),
        "data_prep.sources": ("data_prep.sources.medmnist",),
        "data_prep.sources.aptos": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.chexpert": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
            "data_prep.sources.common.uncertain_labels",
        ),
        "data_prep.sources.eyepacs": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.imagenet": (
            "data_prep.sources.common.fields",
            "data_prep.sources.imagenet_labels",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.imagenet_labels": (
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.messidor2": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.busi": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.cbis_ddsm": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.csv_table": (
            "data_prep.sources.common.csv_text",
            "data_prep.sources.common.fields",
            "data_prep.sources.common.spellings",
            "data_prep.sources.common.split_names",
        ),
        "data_prep.sources.common.csv_text": (),
        "data_prep.sources.ddti_thyroid": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.dicom": ("data_prep.sources.csv_table",),
        "data_prep.sources.common.fields": (),
        "data_prep.sources.common.folds": (
            "data_prep.sources.common.csv_text",
        ),
        "data_prep.sources.idrid": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.image_folder": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.spellings",
            "data_prep.sources.common.split_names",
        ),
        "data_prep.sources.isic2018": (
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.kermany_chest": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
        ),
        "data_prep.sources.knee_folds": ("data_prep.sources.common.folds",),
        "data_prep.sources.medmnist": (),
        "data_prep.sources.common.members": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.mrnet": (
            "data_prep.sources.common.folds",
            "data_prep.sources.knee_folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.nih_chestxray14": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
            "data_prep.sources.common.tables",
        ),
        "data_prep.sources.npz": (
            "data_prep.sources.common.fields",
            "data_prep.sources.medmnist",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.pcam": (
            "data_prep.sources.common.folds",
            "data_prep.sources.common.members",
            "data_prep.sources.common.published_counts",
        ),
        "data_prep.sources.common.published_counts": (),
        "data_prep.sources.common.spellings": (),
        "data_prep.sources.common.split_names": (),
        "data_prep.sources.synthetic": (),
        "data_prep.sources.tfds.features": (
            "data_prep.sources.tfds_guard",
            "data_prep.sources.common.uncertain_labels",
        ),
        "data_prep.sources.tfds_guard": (),
        "data_prep.sources.tfds.labels": (
            "data_prep.sources.common.fields",
            "data_prep.sources.common.uncertain_labels",
        ),
        "data_prep.sources.common.tables": (
            "data_prep.sources.common.csv_text",
            "data_prep.sources.common.fields",
        ),
        "data_prep.sources.common.uncertain_labels": (),
        "data_prep.sources.tfds.records": (
            "data_prep.sources.chexpert",
            "data_prep.sources.common.fields",
            "data_prep.sources.common.split_names",
            "data_prep.sources.tfds.features",
            "data_prep.sources.tfds.labels",
        ),
        "run_scripts.compare_runs": (),
        "run_scripts.analyze_filters": (),
        "run_scripts.analyze_gain": (),
        "run_scripts.analyze_predictions": (),
        "run_scripts.analyze_representations": (),
        "run_scripts.describe_model": (),
        "run_scripts.evaluate": (),
        "run_scripts.probe_scaling": (),
        "run_scripts.train": (),
    },
}

# Imported at the start by none of the layers that `--help` waits for, which
# are 0, 4 and the binaries of 5, nor by what they import at the start.
HEAVY = {
    "tensorflow",
    "keras",
    "tensorflow_datasets",
    "pandas",
    "sklearn",
    "scipy",
    "matplotlib",
}

# Reach TensorFlow in no way, not even inside a function.
WITHOUT_TENSORFLOW = (
    "metrics.",
    "analysis.similarity",
    "analysis.filters.changes",
    "analysis.gain",
    "analysis.filters.variable_projection",
    "analysis.gabor_",
    "audit.audit",
    "images.fingerprints",
    "images.prepare",
    "data.manifest",
    "data.official_splits",
    "data.splits",
    "data.tfrecord",
)


@functools.cache
def modules():
    """Returns {module: path} of all files that are in a layer.

    A package is one of them, under its own name, if it imports anything.
    """
    found = {}
    for path in (p for f in FOLDERS for p in sorted((ROOT / f).rglob("*.py"))):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] == "__init__":
            if not list(import_nodes(parse(path), at_start=False)):
                continue
            parts = parts[:-1]
        found[short(".".join(parts))] = path
    return found


@functools.cache
def parse(path):
    """Returns the syntax tree of a file."""
    return ast.parse(path.read_text())


def short(name):
    """Returns a dotted name as LAYERS has it."""
    return name.removeprefix("transfusion_tf.")


def imported_names(node):
    """Returns the dotted names that one import statement may mean."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level:
        return ["." * node.level + (node.module or "")]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def import_nodes(tree, *, at_start):
    """Yields the import statements, without those in functions `at_start`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not (
            at_start
            and isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            )
        ):
            yield from import_nodes(node, at_start=at_start)


@functools.cache
def imports(module, *, at_start=False):
    """Returns the project's modules and the outer packages of a module.

    A project's name that is no module of it (a package, a relative import, a
    file that is not there) is returned as it stands.
    """
    own, outer = set(), set()
    tree = parse(modules()[module])
    for node in import_nodes(tree, at_start=at_start):
        for name in imported_names(node):
            top = name.split(".")[0]
            if top not in FOLDERS and top:
                outer.add(top)
            elif name != "transfusion_tf.__version__":
                candidates = short(name), short(name.rpartition(".")[0])
                own.add(
                    next(
                        (c for c in candidates if c in modules()), candidates[0]
                    )
                )
    return own, outer


def reached(module, *, at_start):
    """Returns all outer packages that a module imports, however indirectly."""
    found, waiting, seen = set(), [module], set()
    while waiting:
        current = waiting.pop()
        if current in seen or current not in modules():
            continue
        seen.add(current)
        own, outer = imports(current, at_start=at_start)
        waiting.extend(own)
        found |= outer
    return found


def layer_of():
    """Returns {module: (layer, what it uses of its own)}."""
    return {
        module: (layer, uses)
        for layer, rows in LAYERS.items()
        for module, uses in rows.items()
    }


def is_quick(module):
    """Tells whether `--help` waits for the start of this module."""
    layer = layer_of()[module][0]
    return (
        layer in (0, 4)
        or module.startswith("run_scripts.")
        or (module.startswith("data_prep.") and module.count(".") == 1)
    )


def test_table_covers_the_files():
    listed = layer_of().keys()
    absent = sorted(modules().keys() - listed)
    assert not absent, f"without a layer; add a row to LAYERS: {absent}"
    gone = sorted(listed - modules().keys())
    assert not gone, f"in LAYERS, but there is no such file: {gone}"


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_go_down(module):
    table = layer_of()
    layer, uses = table.get(module, (None, ()))
    assert layer is not None, f"{module} has no row in LAYERS"
    for other in sorted(imports(module)[0]):
        assert other in table, f"{module} imports {other}: no module in LAYERS"
        below = table[other][0]
        assert below < layer or other in uses, (
            f"{module} (layer {layer}) imports {other} (layer {below}); only "
            f"lower layers and {list(uses)} are allowed"
        )


def test_uses_are_used_and_of_the_same_layer():
    table = layer_of()
    for module, (layer, uses) in table.items():
        for other in uses:
            assert table[other][0] == layer, f"{module} uses {other}"
            assert other in imports(module)[0], (
                f"{module} no longer uses {other}: take it out of LAYERS"
            )


def test_no_module_imports_itself_in_a_circle():
    graph = {module: imports(module)[0] for module in modules()}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", filter(is_quick, sorted(layer_of())))
def test_nothing_heavy_at_the_start(module):
    heavy = reached(module, at_start=True) & HEAVY
    assert not heavy, f"{module} imports {sorted(heavy)} at the start"


@pytest.mark.parametrize(
    "module", [m for m in sorted(modules()) if m.startswith(WITHOUT_TENSORFLOW)]
)
def test_numbers_need_no_tensorflow(module):
    heavy = reached(module, at_start=False) & {"tensorflow", "keras"}
    assert not heavy, f"{module} reaches {sorted(heavy)}"


@pytest.mark.parametrize(
    "source, at_start, expected",
    [
        ("from transfusion_tf import names", True, ["transfusion_tf.names"]),
        ("import a.b, c", True, ["a.b", "c"]),
        ("def f():\n  import a", True, []),
        ("def f():\n  import a", False, ["a"]),
        ("class A:\n  if 1:\n    import a", True, ["a"]),
        ("try:\n  import a\nexcept E:\n  import b", True, ["a", "b"]),
        ("from . import x", True, ["."]),
    ],
)
def test_finding_imports(source, at_start, expected):
    nodes = import_nodes(ast.parse(source), at_start=at_start)
    assert [n for node in nodes for n in imported_names(node)] == expected
