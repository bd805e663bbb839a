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
