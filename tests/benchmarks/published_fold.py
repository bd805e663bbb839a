"""Writes a published fold of the chest x-rays as a table to convert.

    python tests/benchmarks/published_fold.py FOLDS NUMBER ARCHIVE TABLE

FOLDS is the directory with train_1.csv, val_1.csv, test_1.csv, ... of Juodelyte
et al. (2023), https://github.com/DovileDo/revisiting-transfer; ARCHIVE the .zip
of the images. TABLE has the columns path, label, split and patient. Images that
are not in the archive are left out and counted.
"""

import csv
import pathlib
import re
import sys
import zipfile

from transfusion_tf import files

_PATIENT = re.compile(r"(person\d+|IM-\d+|NORMAL2-IM-\d+)[_-]")


def main(folds, number, archive, table):
    """Writes the table."""
    with zipfile.ZipFile(archive) as stored:
        paths = {pathlib.PurePosixPath(p).name: p for p in stored.namelist()}
    lines, missing = [["path", "label", "split", "patient"]], 0
    for split in ("train", "val", "test"):
        text = (pathlib.Path(folds) / f"{split}_{number}.csv").read_text()
        for row in csv.DictReader(text.splitlines()):
            name = pathlib.PurePosixPath(row["path"]).name
            if name in paths:
                patient = _PATIENT.match(name)[1]
                lines.append([paths[name], row["class"], split, patient])
            else:
                missing += 1
    with files.atomic_write(table) as part:
        with part.open("w", newline="") as stream:
            csv.writer(stream).writerows(lines)
    print(f"{table}: {len(lines) - 1} images; {missing} are not in {archive}")


if __name__ == "__main__":
    main(*sys.argv[1:])
