"""What every binary writes, looked at."""

from transfusion_tf import tables


def check_tables(folder, columns):
    """Checks that CSV files have rows, and the columns {name: columns}."""
    for name, expected in columns.items():
        table = tables.read(folder / f"{name}.csv")
        assert tuple(table.columns) == expected and len(table)


def check_picture(path):
    """Checks that there is a PNG file."""
    assert path.read_bytes().startswith(b"\x89PNG")
