"""Names of files in directories and archives, as the rest has them.

A name is a relative path with / and without . and .., in composed Unicode
(NFC): macOS writes names decomposed and tables mostly compose them; what old
programs pack on Windows has backslashes. Names that are not UTF-8 are read
with an encoding that the user gives, and never by a guess: most bytes are text
in several encodings.
"""

import codecs
import posixpath
import re
import unicodedata

from absl import logging

# Tried for the message only, where names are not UTF-8.
_CANDIDATES = ("utf-8", "cp1252", "gbk", "shift_jis", "cp437")
# Frames and blocks: UTF-8 archives have them where a program took the bytes of
# another encoding for that of DOS.
_FRAMES = re.compile("[\u2500-\u259f]")
_SHOWN = 100  # Characters of a name that a message shows.
_DOS = "cp437"
# What paths do without, and most do.
_UNUSUAL = re.compile(r"[\\\0]|//|(^|/)\.{1,2}(/|$)|/$")
REPEATED = "a name that stands once more; the last of them counts"
WITH_NUL = "a NUL in its name"


def undecoded(raw):
    """Returns bytes as text that keeps them where they are not UTF-8."""
    return raw.decode("utf-8", "surrogateescape")


def normal(text):
    """Returns a path as names have it; text in composed Unicode."""
    if _is_plain(text):
        return text
    path = unicodedata.normalize("NFC", text).replace("\\", "/")
    # Without a leading //, which normpath keeps.
    return posixpath.normpath(re.sub("^//+", "/", path)) if path else path


def control_characters(texts):
    """Returns those of `texts` that have control characters or line ends."""
    return [
        text
        for text in texts
        if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text)
    ]


def escaped(text):
    """Returns a name in printable ASCII, bytes that are no UTF-8 as \\xe9.

    For messages: of a damaged archive's name, which may have any length, the
    beginning.
    """
    raw = text.encode("utf-8", "surrogateescape")
    shown = "".join(
        c if c.isascii() and c.isprintable() else ascii(c)[1:-1]
        for c in raw.decode("utf-8", "backslashreplace")
    )
    return _beginning(shown)


def _beginning(text, length=_SHOWN):
    return text if len(text) <= length else f"{text[: length - 3]}..."


def check_encoding(encoding):
    """Raises ValueError unless `encoding` is None or one that Python knows."""
    try:
        is_text = encoding is None or codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise ValueError(
            f"--encoding={encoding} is no encoding of text. Known are utf-8, "
            "latin-1, cp1252, cp437, gbk, big5, shift_jis, euc_kr, cp1251 and "
            "others that Python has."
        )


def readable(written, owner, encoding=None, marked=()):
    """Returns ({name: as it is written}, [(name, why it is left out)]).

    Args:
        written: names as they are written, `undecoded`, in order.
        owner: what has them, for messages.
        encoding: of names that are not marked as UTF-8; None: UTF-8.
        marked: those of `written` that their archive says to be UTF-8.

    Raises:
        ValueError: a name is not in the encoding.
    """
    if len(set(written)) == len(written) and all(map(_is_plain, written)):
        return dict(zip(written, written, strict=True)), []  # As most are.
    marked = set(marked)
    plain = [_decoded(text, encoding, text in marked) for text in written]
    wrong = [
        text
        for text, name in zip(written, plain, strict=True)
        if name is None or _repaired(name)
    ]
    if wrong:
        raise ValueError(_refusal(wrong, owner, encoding))
    names = [
        (normal(name), _path(name), text)
        for name, text in zip(plain, written, strict=True)
    ]
    left_out = [(name, WITH_NUL) for name, _, _ in names if "\0" in name]
    found, path_of = {}, {}
    # Of files whose names differ in form alone, the one in our form has it.
    for name, path, text in sorted(
        names, key=lambda entry: entry[0] != entry[1]
    ):
        if "\0" in name:
            continue
        if path_of.get(name, path) != path:
            name = path
        if name in found:
            left_out.append((name, REPEATED))
        found[name], path_of[name] = text, path
    return found, left_out


def _is_plain(text):
    """Whether a name is the same in every encoding and form."""
    return text.isascii() and not _UNUSUAL.search(text)


def _path(text):
    """Returns a path with its separators and letters as they are."""
    return posixpath.normpath(text) if _UNUSUAL.search(text) else text


def _decoded(text, encoding, is_marked):
    """Returns the name in an encoding, or None where it is in another."""
    if text.isascii():
        return text
    garbled = _repaired(text)
    if encoding and garbled:
        return _text(garbled, encoding)
    raw = text.encode("utf-8", "surrogateescape")
    return _text(raw, "utf-8" if is_marked else encoding or "utf-8")


def _text(raw, encoding):
    try:
        return raw.decode(encoding)
    except ValueError:
        return None


def _repaired(text):
    """Returns the bytes of a name that was once read in a wrong encoding.

    None for other names. Signs are frames, which only DOS has as letters, and
    letters of western Europe that are, as bytes, UTF-8 of another text.
    """
    if text.isascii():
        return None
    try:
        if _FRAMES.search(text):
            return text.encode(_DOS)
        raw = text.encode("cp1252")
        raw.decode("utf-8")
    except ValueError:
        return None
    return raw


def _refusal(wrong, owner, encoding):
    first = wrong[0]
    raw = _repaired(first) or first.encode("utf-8", "surrogateescape")
    fitting = [
        f"{name} reads {_beginning(text, _SHOWN // 3)!r}"
        for name in _CANDIDATES
        if name != encoding and (text := _text(raw, name))
        if not _repaired(text)
    ]
    ways = f" ({', '.join(fitting)})" if fitting else ""
    return (
        f"{owner} has {len(wrong):,} names that are not {encoding or 'UTF-8'}, "
        f"or were read in a wrong encoding once, such as '{escaped(first)}'. "
        f"Give their encoding with --encoding{ways}, or rename the files."
    )


def check_inside(paths, owner):
    """Raises ValueError if relative `paths` lead out of their root.

    `owner` is what has them, at the beginning of the message.
    """
    wrong = [path for path in paths if _leaves(path.replace("\\", "/"))]
    if wrong:
        more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise ValueError(
            f"{owner} has paths that leave the directory or archive they "
            f"belong to: {_beginning(wrong[0])!r}{more}. Paths must be "
            "relative, and stay inside."
        )


def _leaves(path):
    """Whether a path with / is absolute or climbs above its beginning."""
    is_absolute = path.startswith("/") or re.match("[A-Za-z]:/", path)
    return is_absolute or posixpath.normpath(path).split("/")[0] == ".."


def tell_left_out(left_out, owner):
    """Says in one line what is left out.

    Args:
        left_out: pairs (name, reason).
        owner: the directory or archive.
    """
    by_reason = {}
    for name, reason in left_out:
        by_reason.setdefault(reason, []).append(name)
    shown = [
        f"{len(names):,} x {reason} ('{escaped(names[0])}')"
        for reason, names in by_reason.items()
    ]
    if shown:
        logging.warning("%s: left out are %s.", owner, ", ".join(shown))
