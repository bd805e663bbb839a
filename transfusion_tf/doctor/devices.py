"""Checks of what TensorFlow computes with: oneDNN, processors, GPUs."""

import pathlib
import platform
import shutil

from transfusion_tf.doctor import finding

# Advice where TensorFlow has not come so far.
AFTER_TENSORFLOW = "It takes TensorFlow, see above."
_X86 = ("x86_64", "amd64")


def onednn(probe, processor=None):
    """Returns the Finding on oneDNN, which speeds up x86 processors.

    Args:
        probe: what probing.run returned.
        processor: as platform.machine() has it; None: this one.
    """
    is_x86 = (processor or platform.machine()).lower() in _X86
    setting = probe.get("onednn")
    if setting is None:
        return finding.warning(
            "oneDNN",
            "not known",
            advice=AFTER_TENSORFLOW,
        )
    if setting == "on" or not is_x86:
        return finding.ok("oneDNN", setting)
    return finding.warning(
        "oneDNN",
        setting,
        advice="Training takes up to three times as long: set "
        "TF_ENABLE_ONEDNN_OPTS=1, or leave it unset. Runs that were begun "
        "without it go on without it.",
    )


def devices(probe, has_nvidia=None):
    """Returns the Finding on the devices that TensorFlow sees.

    Args:
        probe: what probing.run returned.
        has_nvidia: whether the machine has an NVIDIA GPU; None: look.
    """
    found = probe.get("devices")
    if found is None:
        return finding.warning(
            "devices",
            "not known",
            advice=AFTER_TENSORFLOW,
        )
    gpus = [device for device in found if device["kind"] == "GPU"]
    if gpus:
        return finding.ok(
            "devices",
            "; ".join(map(_described, gpus)),
            advice="train.py takes several with --strategy=mirrored, its "
            "default."
            if len(gpus) > 1
            else "",
        )
    has_nvidia = _has_nvidia() if has_nvidia is None else has_nvidia
    if has_nvidia:
        return finding.warning(
            "devices",
            "the machine has an NVIDIA GPU, TensorFlow sees none",
            advice="pip install 'tensorflow[and-cuda]' in this environment, "
            "then start again; CUDA_VISIBLE_DEVICES must not be empty.",
        )
    return finding.ok("devices", "CPU, no GPU")


def _described(device):
    memory = device.get("memory")
    size = f"{memory / 2**30:,.1f} GiB" if memory else "memory not known"
    return f"{device['name']}, {size}"


def _has_nvidia():
    return bool(
        shutil.which("nvidia-smi")
        or pathlib.Path("/proc/driver/nvidia/version").exists()
    )
