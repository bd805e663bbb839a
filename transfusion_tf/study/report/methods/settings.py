"""Settings, versions and machine of a study, and the command to repeat it."""

import dataclasses

from transfusion_tf import __version__, tables
from transfusion_tf.config.fields import flag_name
from transfusion_tf.reporting.html import page
from transfusion_tf.runs import record
from transfusion_tf.study import directory, spec
from transfusion_tf.study.report import cells, commands
from transfusion_tf.study.report.methods import arm_facts

NAME = "settings"
COLUMNS = ("of", "name", "value", "default", "is_default")
_SETTING_COLUMNS = (
    cells.Column("setting", "name"),
    cells.Column("value", lambda row: row["value"] or "none"),
    cells.Column("default", lambda row: row["default"] or "none"),
)


def section(context):
    """The page.Section of settings and versions; writes settings.csv."""
    found = rows(context)
    path = context.output_dir / f"{NAME}.csv"
    table = tables.read_text(tables.write(path, found, columns=COLUMNS))
    of_study = table[table["of"] == "setting"]
    changed = of_study[of_study["is_default"] == "no"]
    return page.Section(
        anchor="settings",
        title="Settings and versions",
        blocks=(
            page.Text(text="This command makes the study again:"),
            page.Code(
                text=commands.run_study(context),
                label="Command that makes the study",
            ),
            *_warnings(found),
            cells.table(
                changed.to_dict("records"),
                _SETTING_COLUMNS,
                caption="Settings that are not at their defaults.",
                files=(f"{NAME}.csv", context.table("study.json")),
            ),
            cells.table(
                table[table["of"] != "setting"].to_dict("records"),
                (cells.Column("what", "name"), cells.Column("value", "value")),
                caption="What the runs were computed with.",
                files=(f"{NAME}.csv",),
            ),
            page.Details(
                title="All settings",
                blocks=(_all(of_study),),
                instead=f"{NAME}.csv",
            ),
        ),
    )


def _all(of_study):
    return cells.table(
        of_study.to_dict("records"),
        _SETTING_COLUMNS,
        caption="All settings of the study.",
        files=(f"{NAME}.csv",),
    )


def rows(context):
    """Rows (dicts of COLUMNS): settings, versions, machine, formats.

    Args:
      context: study.report.context.Context.
    """
    settings = [
        _row("setting", name, _text(value), _text(default))
        for name, value, default in _settings(context.config)
    ]
    parts = [
        part for arm in arm_facts.of_context(context) for part in arm.parts
    ]
    machine = {
        "devices": devices(parts),
        "oneDNN": _values(_on_or_off(p.get("onednn")) for p in parts),
        "threads of a run": str(context.config.num_threads or "not limited"),
    }
    formats = {
        "format of the study": str(directory.FORMAT),
        "format of a run": str(record.FORMAT),
        "version that made this report": __version__,
    }
    return [
        *settings,
        *(_row("package", *pair) for pair in versions(parts).items()),
        *(_row("machine", *pair) for pair in machine.items()),
        *(_row("format", *pair) for pair in formats.items()),
    ]


def _settings(config):
    """(flag, value, default) of all that a study can be configured by."""
    for field in dataclasses.fields(config):
        if field.metadata:
            value = getattr(config, field.name)
            yield flag_name(field), value, field.default
    for flag, field in spec.run_settings().items():
        default = field.metadata["default"]
        if flag == "num_threads":
            default = spec.DEFAULT_THREADS
        yield flag, config.settings.get(flag, default), default


def _text(value):
    """A value as its flag takes it; "" for None."""
    if isinstance(value, tuple | list):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)


def versions(parts):
    """{package: versions that runs were computed with, "; " between}.

    Args:
      parts: dicts of what processes of runs say of themselves.
    """
    found = [part.get("packages") or {} for part in parts]
    names = dict.fromkeys(name for of in found for name in of)
    return {name: _values(of.get(name) for of in found) for name in names}


def devices(parts):
    """Devices that runs were computed on, "; " between; args as `versions`."""
    return _values(", ".join(part.get("devices") or ()) for part in parts)


def _values(found):
    """All values that there are, in the order of their first."""
    known = dict.fromkeys(value for value in found if value)
    return "; ".join(known) or "not known"


def _on_or_off(value):
    return {True: "on", False: "off"}.get(value)


def _row(of, name, value, default=None):
    is_default = "" if default is None else "no"
    if default is not None and value == default:
        is_default = "yes"
    return {
        "of": of,
        "name": name,
        "value": value,
        "default": default or "",
        "is_default": is_default,
    }


def _warnings(found):
    """Of packages, devices or rounding that differ between runs."""
    differing = [
        row for row in found if row["of"] != "setting" and "; " in row["value"]
    ]
    items = tuple(
        f"The runs were not all computed alike: {row['name']} {row['value']}. "
        "Differences between arms may be due to that."
        for row in differing
    )
    return (page.Bullets(items=items, kind="warning"),) if items else ()
