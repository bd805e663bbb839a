"""Checks of what decodes images: Pillow, TensorFlow, pydicom."""

from transfusion_tf.doctor import devices, finding

# Of Pillow: {its name of a library: formats that need it}.
_NEEDED = {"jpg": "JPEG", "zlib": "PNG"}
_FURTHER = {"jpg_2000": "JPEG 2000", "libtiff": "TIFF", "webp": "WebP"}
# {compression of DICOM: (a transfer syntax of it, what brings a decoder)}.
_SYNTAXES = {
    "JPEG 2000": ("1.2.840.10008.1.2.4.90", "pylibjpeg pylibjpeg-openjpeg"),
    "JPEG": ("1.2.840.10008.1.2.4.50", "pylibjpeg pylibjpeg-libjpeg"),
    "JPEG lossless": ("1.2.840.10008.1.2.4.70", "pylibjpeg pylibjpeg-libjpeg"),
    "JPEG-LS": ("1.2.840.10008.1.2.4.80", "pyjpegls"),
}
_EXTRA = "pip install 'transfusion_tf[dicom]'"


def pillow(has=None):
    """Returns the Finding on the formats that Pillow was built with.

    Args:
        has: function of the name of a library that says whether it is there;
            None: ask Pillow.
    """
    try:
        has = has or _asked_of_pillow()
    except ImportError as error:
        return finding.problem(
            "codecs",
            f"Pillow cannot be imported ({error})",
            advice="pip install --force-reinstall pillow.",
        )
    missing = [name for key, name in _NEEDED.items() if not has(key)]
    if missing:
        return finding.problem(
            "codecs",
            f"Pillow was built without {', '.join(missing)}",
            advice="pip install --force-reinstall pillow.",
        )
    there = [name for key, name in _FURTHER.items() if has(key)]
    lacking = [name for key, name in _FURTHER.items() if not has(key)]
    return finding.Finding(
        check="codecs",
        status="warning" if lacking else "ok",
        found=", ".join([*_NEEDED.values(), *there])
        + (f"; not {', '.join(lacking)}" if lacking else ""),
        advice="Such files are refused; pip install --force-reinstall pillow."
        if lacking
        else "",
    )


def _asked_of_pillow():
    from PIL import features

    return features.check


def of_tensorflow(probe):
    """Returns the Finding on TensorFlow's decoders, which training uses.

    Args:
        probe: what probing.run returned.
    """
    check = "codecs of TensorFlow"
    found = probe.get("decoded")
    if found is None:
        return finding.warning(
            check,
            "not known",
            advice=devices.AFTER_TENSORFLOW,
        )
    wrong = [f"{name} ({reason})" for name, reason in found.items() if reason]
    if not wrong:
        text = f"{', '.join(found)} decode as they should"
        return finding.ok(check, text)
    return finding.problem(
        check,
        f"these do not decode: {', '.join(wrong)}",
        advice="Install TensorFlow anew.",
    )


def dicom(has_decoder=None):
    """Returns the Finding on DICOM, which is optional.

    Args:
        has_decoder: function of a transfer syntax (a UID) that says whether
            something decodes it; None: ask pydicom.
    """
    try:
        has_decoder = has_decoder or _asked_of_pydicom()
    except ImportError:
        return finding.warning(
            "DICOM",
            "pydicom 3 is not installed",
            advice=f"It is needed for DICOM files alone: {_EXTRA}.",
        )
    missing = {
        name: packages
        for name, (syntax, packages) in _SYNTAXES.items()
        if not has_decoder(syntax)
    }
    there = [name for name in _SYNTAXES if name not in missing]
    if not missing:
        found = f"uncompressed, RLE, {', '.join(there)}"
        return finding.ok("DICOM", found)
    packages = " ".join(dict.fromkeys(" ".join(missing.values()).split()))
    return finding.Finding(
        check="DICOM",
        # What setup.py does not ask for is no fault of the installation.
        status="warning" if "JPEG 2000" in missing else "ok",
        found=f"{', '.join(['uncompressed, RLE', *there])}; not "
        f"{', '.join(missing)}",
        advice=f"Files compressed so are left out; pip install {packages} "
        "decodes them.",
    )


def _asked_of_pydicom():
    from pydicom.pixels import get_decoder

    return lambda syntax: get_decoder(syntax).is_available
