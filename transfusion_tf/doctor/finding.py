"""What one check has found."""

import dataclasses

from transfusion_tf import names

# "warning": usable, but slower than need be, or not for everything.
STATUSES = ("ok", "warning", "problem")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check has found.

    Attributes:
        check: what was looked at, in few words.
        status: one of STATUSES.
        found: what was found, in words.
        advice: what to do about it, a sentence; "" where there is nothing.
        details: further lines, such as which file belongs where.
    """

    check: str
    status: str
    found: str
    advice: str = ""
    details: tuple[str, ...] = ()

    def __post_init__(self):
        names.check("status", self.status, STATUSES)

    def line(self):
        """Returns status, check, what was found and what to do, on one line."""
        advice = f" {self.advice}" if self.advice else ""
        return f"{self.status:8} {self.check}: {self.found}.{advice}"


def ok(check, found, **more):
    """Returns the Finding that all is well."""
    return Finding(check=check, status="ok", found=found, **more)


def warning(check, found, **more):
    """Returns the Finding that something is worse than it could be."""
    return Finding(check=check, status="warning", found=found, **more)


def problem(check, found, **more):
    """Returns the Finding that something does not work."""
    return Finding(check=check, status="problem", found=found, **more)


def summary(findings):
    """Returns one line: whether all is usable, and what is not."""
    of = {s: [f.check for f in findings if f.status == s] for s in STATUSES}
    warnings = f"{len(of['warning'])} warning(s)"
    if not of["problem"]:
        return f"Usable; {len(findings)} checks, {warnings}."
    return (
        f"Not usable: {len(of['problem'])} problem(s) "
        f"({', '.join(of['problem'])}), {warnings}."
    )
