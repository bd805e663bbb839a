"""Words that texts of a report share."""

# Digits of a checksum that are shown.
SHA_DIGITS = 12


def listed(words):
    """a, b and c."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
