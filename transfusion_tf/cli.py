"""How a binary starts, shows its flags and reports an error.

Every binary ends with `cli.run(main)`. Mistakes of the user (bad flags, and
ValueError or OSError from the library) and a lack of memory become one line
`error: ...` on stderr and exit status 2. Any other exception is a bug: one line
and exit status 1, and the traceback, which hours of work may have led to, goes
to a file that the line names. With TRANSFUSION_DEBUG=1 in the environment every
exception shows its traceback.
"""

import contextlib
import math
import os
import sys
import tempfile
import traceback

from absl import flags

from transfusion_tf import names
from transfusion_tf.process import errors, terminal

# absl's own flags, of logging and so on, are taken by every binary.
_OURS = ("transfusion_tf.", "data_prep.")
EXIT_BUG = 1
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


def run(main, *, allow_unknown=None):
    """Parses the flags, calls `main(argv)` and exits with its status.

    Args:
        main: function of the program's name and the flags it takes besides.
        allow_unknown: function that says, once the known flags are parsed,
            whether flags that are not known are for `main`; None: they never
            are.
    """
    terminal.start_logging()
    sys.exit(_guarded(main, sys.argv, allow_unknown))


def check_goes_with(*flag_names, holds, what):
    """Refuses flags that would do nothing, also those with their default.

    Args:
        *flag_names: flags that have an effect only where `holds`.
        holds: whether it is so.
        what: what they go with, in words.

    Raises:
        ValueError: one of them is given, and not `holds`.
    """
    given = [name for name in flag_names if flags.FLAGS[name].present]
    if given and not holds:
        listed = ", ".join(f"--{n}={_value(flags.FLAGS[n])}" for n in given)
        raise ValueError(f"{listed} goes with {what}; leave it out.")


def given_flags(*, without=()):
    """The flags that were given, as words of a command line.

    Args:
        without: names of flags that are left out.
    """
    own = _own_flags()
    return [
        own[name].serialize()
        for name in sorted(own.keys() - set(without))
        if own[name].present and own[name].value is not None
    ]


def _value(flag):
    """A flag's value as it was written."""
    value = flag.value
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _guarded(main, argv, allow_unknown=None):
    try:
        remaining = _parse(argv, allow_unknown)
        if remaining is None:
            return 0
        return main(remaining) or 0
    except BrokenPipeError:
        # The reader (`| head`) has gone; nobody is left to read on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (flags.Error, ValueError, OSError, MemoryError) as error:
        if os.environ.get("TRANSFUSION_DEBUG"):
            raise
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt as interrupt:
        # What can be continued has said so, as a note.
        notes = getattr(interrupt, "__notes__", ())
        print(f"{'; '.join(['interrupted', *notes])}.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 (that is what bugs are)
        if os.environ.get("TRANSFUSION_DEBUG"):
            raise
        _report_bug(error)
        return EXIT_BUG


@contextlib.contextmanager
def continued():
    """Lets Ctrl-C say that the same command continues, as the block does."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("the same command continues")
        raise


@contextlib.contextmanager
def ending_at_once(kind):
    """Ends the process on an exception of this kind, as `run` does, but now.

    For errors after which libraries may not let go of the process: TensorFlow
    takes minutes to leave workers of which one has died.
    """
    try:
        yield
    except kind as error:
        if os.environ.get("TRANSFUSION_DEBUG"):
            raise
        print(f"error: {_one_line(error)}", file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(EXIT_USER_ERROR)


def _report_bug(error):
    """Says on one line what has happened, and where its traceback is."""
    text = traceback.format_exc()
    try:
        descriptor, path = tempfile.mkstemp(".txt", "transfusion-error-")
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        print(text, file=sys.stderr)
        path = "above"
    print(
        f"error: {type(error).__name__}: {_one_line(error)} (a fault of the "
        f"program, please report it). Traceback: {path}; TRANSFUSION_DEBUG=1 "
        "in the environment shows it here.",
        file=sys.stderr,
    )


def _parse(argv, allow_unknown):
    """Returns what is left of `argv`, or None where help was asked for."""
    if any(word in ("-h", "--help", "-help", "--helpfull") for word in argv):
        print(_help(argv[0]))
        return None
    if allow_unknown:
        remaining = flags.FLAGS(argv, known_only=True)
        if allow_unknown():
            _refuse_unread()
            _refuse(
                [word for word in remaining[1:] if not word.startswith("--")]
            )
            _refuse_not_finite()
            return remaining
    try:
        remaining = flags.FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        raise _unknown(error.flagname) from None
    _refuse_unread()
    _refuse(remaining[1:])
    _refuse_not_finite()
    return remaining


def _own_flags():
    """The flags that this binary reads, and lists in its help."""
    main = sys.modules["__main__"]
    return {f.name: f for f in flags.FLAGS.get_key_flags_for_module(main)}


def _unknown(name):
    """The error of a flag that the binary does not have."""
    near = names.near(name, sorted(_own_flags()))
    ending = "--help lists the flags."
    if near:
        ending = f"Did you mean {' or '.join(f'--{n}' for n in near)}?"
    return flags.Error(f"Unknown command line flag {name!r}. {ending}")


def _refuse_unread():
    """Raises for flags that the binary imports but does not read.

    absl takes the flags of every module that is imported.
    """
    own = _own_flags()
    for module, defined in flags.FLAGS.flags_by_module_dict().items():
        if module.startswith(_OURS):
            for flag in defined:
                if flag.present and flag.name not in own:
                    raise _unknown(flag.name)


def _refuse(arguments):
    if arguments:
        raise flags.Error(
            f"Unexpected arguments: {' '.join(arguments)}. "
            "Flags are written --name=value; --help lists them."
        )


def _refuse_not_finite():
    """Bounds of flags let NaN pass, and those without let infinity."""
    for name in flags.FLAGS:
        flag = flags.FLAGS[name]
        if isinstance(flag.value, float) and not math.isfinite(flag.value):
            raise flags.Error(
                f"--{name} must be a finite number. Received: {flag.value}"
            )


def _help(program):
    """The main module's docstring and the flags that this binary reads."""
    main, own = sys.modules["__main__"], _own_flags()
    text = "\n".join(_flag_help(own[name]) for name in sorted(own))
    return f"{(main.__doc__ or program).strip()}\n\nFlags:\n{text}"


def _flag_help(flag):
    default = flag.default
    if isinstance(default, list):
        default = ",".join(map(str, default))
    default = "" if default in (None, "") else f" (default: {default})"
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    text = flags.text_wrap(flag.help + default, length=80, indent="      ")
    return f"  {name}\n{text}"


def _one_line(error):
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    if isinstance(error, MemoryError):
        return " ".join(f"There is not enough memory. {error}".split())
    return errors.one_line(error, None)
