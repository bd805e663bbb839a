"""The one progress bar: on a terminal only, never in logs and pipes."""

import threading

import tqdm


def bar(what, total, *, unit, done=0, leave=True):
    """A bar for `with`, advanced by `update(number)`.

    Args:
      what: is done, a word in front of the bar; "" for none.
      total: number of units.
      unit: of what is counted, such as "image".
      done: units done in an earlier process.
      leave: whether it stays when all is done; not so where one follows many.
    """
    return tqdm.tqdm(
        desc=what or None,
        total=total,
        initial=done,
        leave=leave,
        unit=f" {unit}",
        smoothing=0.1,
        disable=None,
    )


def over(items, what, *, unit):
    """Yields the items of a sequence under a bar, see `bar`."""
    with bar(what, len(items), unit=unit) as shown:
        for item in items:
            yield item
            shown.update()


def line(text):
    """Prints a line above the bar that is shown, if one is."""
    tqdm.tqdm.write(text)


def use_in_one_process():
    """Keeps bars of this process from a lock that other processes share.

    A process that is killed would leave such a lock behind.
    """
    tqdm.tqdm.set_lock(threading.RLock())
