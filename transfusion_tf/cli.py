"""How a binary starts, shows its flags and reports an error.

Every binary ends with `cli.run(main)`. Mistakes of the user (bad flags, and
ValueError or OSError from the library) and a lack of memory become one line
`error: ...` on stderr and exit status 2; any other exception is a bug and keeps
its traceback. With TRANSFUSION_DEBUG=1 in the environment, mistakes keep theirs
as well.
"""

import os
import sys

from absl import flags

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


def run(main, *, takes_more=None):
    """Parses the flags, calls `main(argv)` and exits with its status.

    Args:
        main: function of the program's name and the flags it takes besides.
        takes_more: function that tells, once the known flags are parsed,
            whether flags that are not known are for `main`; None: they never
            are.
    """
    sys.exit(_guarded(main, sys.argv, takes_more))


def _guarded(main, argv, takes_more=None):
    try:
        rest = _parse(argv, takes_more)
        if rest is None:
            return 0
        return main(rest) or 0
    except BrokenPipeError:
        # The reader (`| head`) has gone; nothing is left to be told to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (flags.Error, ValueError, OSError, MemoryError) as error:
        if os.environ.get("TRANSFUSION_DEBUG"):
            raise
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("interrupted; the same command continues.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parse(argv, takes_more):
    """Returns what is left of `argv`, or None where help was asked for."""
    if any(word in ("-h", "--help", "-help", "--helpfull") for word in argv):
        print(_help(argv[0]))
        return None
    if takes_more:
        rest = flags.FLAGS(argv, known_only=True)
        if takes_more():
            _refuse([word for word in rest[1:] if not word.startswith("--")])
            return rest
    rest = flags.FLAGS(argv)
    _refuse(rest[1:])
    return rest


def _refuse(arguments):
    if arguments:
        raise flags.Error(
            f"Unexpected arguments: {' '.join(arguments)}. "
            "Flags are written --name=value; --help lists them."
        )


def _help(program):
    """The main module's docstring and the flags that this binary reads."""
    main = sys.modules["__main__"]
    own = flags.FLAGS.get_key_flags_for_module(main)
    text = "\n".join(
        flag_help
        for flag_help in (
            _flag_help(flag) for flag in sorted(own, key=lambda f: f.name)
        )
    )
    return f"{(main.__doc__ or program).strip()}\n\nFlags:\n{text}"


def _flag_help(flag):
    default = flag.default
    if isinstance(default, list):
        default = ",".join(default)
    default = "" if default in (None, "") else f" (default: {default})"
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    text = flags.text_wrap(flag.help + default, length=80, indent="      ")
    return f"  {name}\n{text}"


def _one_line(error):
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"There is not enough memory. {text}".rstrip()
    return text or type(error).__name__
