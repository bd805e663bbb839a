"""Counts what makes the code large: files, long functions, repeated blocks.

    python tests/benchmarks/measure_structure.py [--root=CHECKOUT] [--list]

Prints the number of files in the package's root, the most files on one level
of a folder, the longest file and function, how many are longer than 300 and 60
lines, and the number of repeated blocks: pairs of places that share six or
more lines in a row, to the letter, or inside functions in shape (alike but for
names, strings and numbers; outside them tables and flags are alike by nature).
Blank lines, comments, docstrings and imports do not count, nor do lines of
punctuation alone; tables of published numbers are left out. --list names the
places.
"""

import ast
import collections
import io
import itertools
import keyword
import pathlib
import tokenize

from absl import flags

from transfusion_tf import cli

FLAGS = flags.FLAGS
flags.DEFINE_string("root", ".", "a checkout")
flags.DEFINE_bool("list", False, "name the places")

FOLDERS = ("transfusion_tf", "data_prep", "run_scripts")
MAX_FILE_LINES, MAX_FUNCTION_LINES, BLOCK_LINES = 300, 60, 6
# A run of lines that stands in more places is a habit, not a copy.
MAX_PLACES = 8
_LEFT_OUT = "reporting/published"
_NO_CONTENT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def python_files(root):
    """{path within root: text} of the project without its tests."""
    return {
        path.relative_to(root): path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
    }


def functions(text):
    """Yields (name, number of lines) of every function, docstring included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def lines_that_count(text, *, as_shapes):
    """[(line number, line)] of the logic in a file, comments left out.

    Args:
        text: of the file.
        as_shapes: with N, S and 0 for names, strings and numbers, and only
            the lines inside functions.
    """
    tree = ast.parse(text)
    skipped = set(_lines_without_logic(tree))
    inside = set(_lines_of_functions(tree))
    by_line = collections.defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CONTENT:
            by_line[token.start[0]].append(token)
    return [
        (number, " ".join(_shape(t) if as_shapes else t.string for t in tokens))
        for number, tokens in sorted(by_line.items())
        if number not in skipped
        and not (as_shapes and number not in inside)
        and any(_shape(token) in ("N", "S", "0") for token in tokens)
    ]


def _shape(token):
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        return "N"
    if token.type in (tokenize.STRING, tokenize.NUMBER):
        return "S" if token.type == tokenize.STRING else "0"
    return token.string


def _lines_without_logic(tree):
    """Line numbers of imports, docstrings and other texts that stand alone."""
    for node in ast.walk(tree):
        alone = isinstance(node, ast.Expr) and isinstance(
            node.value, ast.Constant
        )
        if alone or isinstance(node, ast.Import | ast.ImportFrom):
            yield from range(node.lineno, node.end_lineno + 1)


def _lines_of_functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from range(node.body[0].lineno, node.end_lineno + 1)


def repeated_blocks(files):
    """{(place, place): number of lines} of blocks that stand twice.

    Args:
        files: {path: [(line number, line)]}.
    """
    windows = collections.defaultdict(list)
    for path, lines in files.items():
        for start in range(len(lines) - BLOCK_LINES + 1):
            block = lines[start : start + BLOCK_LINES]
            windows[tuple(line for _, line in block)].append((path, start))
    # Two places share a longer block where neighbouring windows match as well.
    diagonals = collections.defaultdict(list)
    for places in windows.values():
        if len(places) <= MAX_PLACES:
            for (a, i), (b, j) in itertools.combinations(places, 2):
                if a != b or abs(i - j) >= BLOCK_LINES:
                    diagonals[a, b, j - i].append(i)
    return {
        (
            f"{a}:{files[a][first][0]}",
            f"{b}:{files[b][first + shift][0]}",
        ): last - first + BLOCK_LINES
        for (a, b, shift), starts in diagonals.items()
        for first, last in _runs(sorted(starts))
    }


def _runs(numbers):
    """Yields (first, last) of each run of consecutive sorted numbers."""
    pairs = enumerate(numbers)
    for _, run in itertools.groupby(pairs, lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        yield members[0], members[-1]


def _print_sizes(files):
    lengths = {path: text.count("\n") for path, text in files.items()}
    levels = collections.Counter(path.parent for path in files)
    folder, most = levels.most_common(1)[0]
    print(f"files in the package's root: {levels[pathlib.Path(FOLDERS[0])]}")
    print(f"most files on one level: {most} ({folder})")
    _print_longest("file", lengths, MAX_FILE_LINES)
    long = {
        f"{path}:{name}": lines
        for path, text in files.items()
        for name, lines in functions(text)
    }
    _print_longest("function", long, MAX_FUNCTION_LINES)


def _print_longest(kind, lengths, limit):
    longest = max(lengths, key=lengths.get)
    over = {k: n for k, n in lengths.items() if n > limit}
    print(
        f"longest {kind}: {lengths[longest]} lines ({longest}); over {limit} "
        f"lines: {len(over)}"
    )
    if FLAGS.list:
        for name, lines in sorted(over.items(), key=lambda e: -e[1]):
            print(f"  {lines} {name}")


def main(argv):
    """Prints the counts."""
    del argv
    files = python_files(pathlib.Path(FLAGS.root))
    _print_sizes(files)
    blocks = {}
    for as_shapes in (True, False):
        blocks |= repeated_blocks(
            {
                path: lines_that_count(text, as_shapes=as_shapes)
                for path, text in files.items()
                if _LEFT_OUT not in path.as_posix()
            }
        )
    print(f"repeated blocks of {BLOCK_LINES} lines and more: {len(blocks)}")
    if FLAGS.list:
        for places, lines in sorted(blocks.items(), key=lambda e: -e[1]):
            print(f"  {lines} lines: {' and '.join(places)}")


if __name__ == "__main__":
    cli.run(main)
