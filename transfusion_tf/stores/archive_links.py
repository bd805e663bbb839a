"""Links inside an archive, followed as a file system would follow them."""

import bisect
import posixpath

# A folder that is linked to from many places, each of them linked to again, is
# entered as often as they multiply. More than ImageNet, linked to by class.
MAX_LINKED = 3_000_000
# As many as Linux follows.
MAX_DEPTH = 40
BROKEN = "a link that leads nowhere"
LOOP = "a link to a folder that it lies in"
NO_FILE = "no file, but a pipe or device"


def check_number(number, owner):
    """Raises ValueError for more names than links may make."""
    if number > MAX_LINKED:
        raise ValueError(
            f"{owner} has links to folders that make more than "
            f"{MAX_LINKED:,} names. Replace them by what they lead to."
        )


def is_loop(folder, reals):
    """Whether a link to `folder` has no end, or leads up too often.

    Args:
        folder: real path of what is linked to.
        reals: real paths of the folder the link lies in, and of those in which
            the links lie that lead there.
    """
    top = folder.strip("/")
    insides = (real.strip("/") for real in reals)
    return len(reals) > MAX_DEPTH or any(
        not top or real == top or real.startswith(f"{top}/") for real in insides
    )


def followed(places, links, owner):
    """Returns ({name: place}, [(name, why it is left out)]) with links.

    A link to a file is one more name of it; of one to a folder, all that is in
    the folder is there once more, unless the link lies in that folder itself.

    Args:
        places: {name: where the file is}.
        links: {name: relative path of what it leads to, from its own folder}.
        owner: the archive, for messages.

    Raises:
        ValueError: the links make more than MAX_LINKED names.
    """
    if not links:
        return dict(places), []
    walk = _Walk(places, links, owner)
    walk.enter("", "", ())
    return walk.found, walk.left_out


class _Walk:
    """A walk through all folders of an archive, and through its links."""

    def __init__(self, places, links, owner):
        self.places, self.links, self.owner = places, links, owner
        self.names = sorted({*places, *links})
        self.found, self.left_out, self.number = {}, [], 0

    def enter(self, shown, folder, chain):
        """Adds all below the real `folder`, which is seen at `shown`."""
        for name in self._below(folder):
            seen = shown + name[len(folder) :].lstrip("/")
            if chain:
                self.number += 1
                check_number(self.number, self.owner)
            if name in self.places:
                self.found[seen] = self.places[name]
                continue
            target = self._resolved(name)
            if target in self.places:
                self.found[seen] = self.places[target]
            elif target is None or not self._is_folder(target):
                self.left_out.append((seen, BROKEN))
            else:
                reals = (*chain, posixpath.dirname(name))
                if is_loop(target, reals):
                    self.left_out.append((seen, LOOP))
                else:
                    self.enter(f"{seen}/", target, reals)

    def _below(self, folder):
        start = f"{folder}/" if folder else ""
        place = bisect.bisect_left(self.names, start)
        while place < len(self.names) and self.names[place].startswith(start):
            yield self.names[place]
            place += 1

    def _is_folder(self, path):
        return next(self._below(path), None) is not None

    def _resolved(self, name):
        """Returns the path a link leads to, links on the way followed."""
        waiting, done, left = name.split("/"), [], MAX_DEPTH
        while waiting:
            part = waiting.pop(0)
            if part == "..":
                if not done:
                    return None
                done.pop()
                continue
            if part not in ("", "."):
                done.append(part)
            target = self.links.get("/".join(done))
            if part not in ("", ".") and target is not None:
                left -= 1
                if left < 0 or target.startswith("/"):
                    return None
                done.pop()
                waiting = [*target.split("/"), *waiting]
        return "/".join(done)
