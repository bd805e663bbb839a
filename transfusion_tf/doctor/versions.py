"""Checks of versions: Python, TensorFlow, Keras and all other packages."""

import platform

from transfusion_tf.doctor import finding, requirements

# They have a check of their own.
_MAIN = ("tensorflow", "keras")
# What an extra is for; `test` is for nobody who only uses the package.
_EXTRAS = {
    "dicom": "DICOM files",
    "beam": "conversion by Apache Beam",
    "ray": "studies on a Ray cluster",
}
_NO_AVX = (
    "The processor lacks instructions (AVX) that TensorFlow was built with; "
    "use another machine."
)


def python(needed, version=None):
    """Returns the Finding on Python.

    Args:
        needed: requirements.Requirements.
        version: as in "3.11.2"; None: this one.
    """
    version = version or platform.python_version()
    if requirements.fits(version, needed.python):
        return finding.ok(
            "Python",
            f"{version}, within {needed.python}",
        )
    return finding.problem(
        "Python",
        f"{version}, not within {needed.python}",
        advice="Make an environment with another Python "
        "(run_scripts/quickstart.sh does where there is one).",
    )


def tensorflow(needed, probe, installed=requirements.installed):
    """Returns the Finding on TensorFlow: its version, and that it starts.

    Args:
        needed: requirements.Requirements.
        probe: what probing.run returned.
        installed: function of a package's name that returns its version, or
            None.
    """
    version = probe.get("tensorflow") or installed("tensorflow")
    found = _main("TensorFlow", "tensorflow", needed, version)
    if found.status != "ok" or "tensorflow" in probe:
        return found
    reason = probe.get("failure", "unknown")
    advice = "Install it anew: " + _pip("tensorflow", of=needed.packages)
    return finding.problem(
        "TensorFlow",
        f"{version}, which does not start ({reason})",
        advice=_NO_AVX if "SIGILL" in reason else advice,
    )


def keras(needed, probe, installed=requirements.installed):
    """Returns the Finding on Keras: its version and its backend.

    Args:
        needed, probe, installed: as for `tensorflow`.
    """
    version = probe.get("keras") or installed("keras")
    found = _main("Keras", "keras", needed, version)
    backend = probe.get("backend", "tensorflow")
    if found.status == "ok" and backend != "tensorflow":
        return finding.problem(
            "Keras",
            f"{version} computes with {backend}",
            advice="Set KERAS_BACKEND=tensorflow in the environment, and see "
            "to ~/.keras/keras.json.",
        )
    return found


def _main(check, name, needed, version):
    """Returns the Finding on the version of one package."""
    bounds = needed.packages[name]
    if version and requirements.fits(version, bounds):
        found = f"{version}, within {bounds}"
        return finding.ok(check, found)
    return finding.problem(
        check,
        f"{version}, not within {bounds}" if version else "not installed",
        advice=f"{_pip(name, of=needed.packages)}.",
    )


def others(needed, installed=requirements.installed):
    """Returns the Finding on all other packages that are needed.

    Args:
        needed, installed: as for `tensorflow`.
    """
    packages = {n: b for n, b in needed.packages.items() if n not in _MAIN}
    wrong = _wrong(packages, installed)
    if not wrong:
        found = f"all {len(packages)} are within their bounds"
        return finding.ok("other packages", found)
    return finding.problem(
        "other packages",
        ", ".join(wrong.values()),
        advice=f"{_pip(*wrong, of=packages)}.",
    )


def optional(needed, installed=requirements.installed):
    """Returns the Finding on packages that are needed for some things only.

    Args:
        needed, installed: as for `tensorflow`.
    """
    told, misfits = [], {}
    for extra, purpose in _EXTRAS.items():
        packages = needed.extras.get(extra, {})
        there = {n: b for n, b in packages.items() if installed(n)}
        misfits |= _wrong(there, installed)
        state = "there" if len(there) == len(packages) else "not installed"
        told.append(f"{extra} ({purpose}) {state}")
    missing = [text for text in told if text.endswith("not installed")]
    if misfits:
        of = {n: b for e in needed.extras.values() for n, b in e.items()}
        return finding.warning(
            "optional packages",
            ", ".join(misfits.values()),
            advice=f"{_pip(*misfits, of=of)}.",
        )
    return finding.ok(
        "optional packages",
        ", ".join(told),
        advice="What is missing comes by pip install "
        "'transfusion_tf[NAME]', or '.[NAME]' in a checkout."
        if missing
        else "",
    )


def _wrong(packages, installed):
    """Returns {package: what is wrong} of those that do not fit."""
    found = {}
    for name, bounds in packages.items():
        version = installed(name)
        if version is None:
            found[name] = f"{name} is not installed"
        elif not requirements.fits(version, bounds):
            found[name] = f"{name} is {version}, not within {bounds}"
    return found


def _pip(*names, of):
    return "pip install " + " ".join(f"'{name}{of[name]}'" for name in names)
