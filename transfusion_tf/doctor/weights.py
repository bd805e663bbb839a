"""Check of ImageNet weights: which are in Keras' cache, where others belong."""

from transfusion_tf.doctor import finding
from transfusion_tf.initialization import published_files


def imagenet(folder=None):
    """Returns the Finding on the published files of ImageNet weights.

    Nothing is downloaded. Its details say which file belongs where.

    Args:
        folder: of the files; None: Keras' cache.
    """
    folder = folder or published_files.cache()
    there, damaged, details = [], [], []
    for model, published in published_files.FILES.items():
        path = folder / published.file
        if not path.is_file():
            details.append(f"{model}: {published.url} -> {path}")
        elif published_files.is_published(path, model):
            there.append(model)
        else:
            damaged.append(str(path))
    total = len(published_files.FILES)
    found = f"{len(there)} of {total} networks' are in {folder}"
    if there:
        found += f" ({', '.join(there)})"
    if damaged:
        return finding.problem(
            "ImageNet weights",
            f"{found}; not the published file: {', '.join(damaged)}",
            advice="Delete it; Keras fetches it anew, but squeezenet's, which "
            "is put there by hand.",
            details=tuple(details),
        )
    return finding.Finding(
        check="ImageNet weights",
        status="ok" if len(there) == total else "warning",
        found=found,
        advice="Keras fetches a missing one when it is first used, but "
        "squeezenet's; offline put these files there, under these names:"
        if details
        else "",
        details=tuple(details),
    )
