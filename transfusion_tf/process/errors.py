"""What an exception says, as a part of one line."""


def one_line(error, length=200):
    """Returns the text of an exception, or its type where it has none.

    Args:
        error: exception, or text, which may be empty.
        length: the most characters; None: all.
    """
    text = " ".join(str(error).split())
    if not text and isinstance(error, BaseException):
        return type(error).__name__
    if length is None or len(text) <= length:
        return text
    return text[: length - 3] + "..."
