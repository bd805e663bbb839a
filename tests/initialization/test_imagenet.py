"""Published weights: Keras' cache, and what is said offline.

tests/models/test_applications.py holds the table to Keras' own.
"""

import dataclasses
import hashlib
import shutil
import socket
import time

import keras
import pytest
from safetensors import numpy as safetensors_numpy

from tests.initialization import pytorch_state
from transfusion_tf import names
from transfusion_tf.initialization import (
    fingerprints,
    imagenet,
    pretrained,
    radimagenet,
    weight_files,
)
from transfusion_tf.models import zoo


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "models"


def put(weights, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return shutil.copy(weights, path)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights of a cbr_tiny, which stand in for large ones."""
    path = tmp_path_factory.mktemp("weights") / "cbr_tiny.h5"
    zoo.build("cbr_tiny", num_outputs=2, image_size=16).model.save(path)
    return path


@pytest.fixture
def published(weights, monkeypatch):
    """As if ResNet50's weights were the file `weights`."""
    entry = dataclasses.replace(
        imagenet.FILES["resnet50"],
        url=weights.as_uri(),
        digest=hashlib.sha256(weights.read_bytes()).hexdigest(),
    )
    monkeypatch.setitem(imagenet.FILES, "resnet50", entry)
    return entry


def test_every_network_but_cbr_and_pytorchs_has_published_weights():
    known = set(fingerprints.FINGERPRINTS) - set(names.PYTORCH_MODELS)
    assert set(imagenet.FILES) == {x for x in known if "cbr" not in x}


@pytest.mark.parametrize("model", names.PYTORCH_MODELS)
def test_those_of_pytorch_are_files(model):
    with pytest.raises(
        ValueError, match=f"of {model}; give .* --weights=FILE.safetensors"
    ):
        pretrained.read("imagenet", model)


def test_a_file_in_the_cache_is_taken(cache, weights, published, monkeypatch):
    monkeypatch.delattr(keras.utils, "get_file")
    put(weights, cache / published.file)
    for model in ("resnet50", "resnet50_slim"):
        source = pretrained.read("imagenet", model)
        assert source.identity["kind"] == "imagenet"
        assert source.identity["file"] == published.file
        assert source.identity["sha256"] == published.digest
        assert source.scalings == ("caffe",)
        assert len(source.tensors) == 22


def test_a_wrong_file_in_the_cache_is_to_be_deleted(cache, weights):
    path = put(weights, cache / imagenet.FILES["resnet50"].file)
    with pytest.raises(
        ValueError, match=f"{path} is not the published file .*; delete it"
    ):
        imagenet.read("resnet50")


def test_keras_fetches_what_is_not_there(cache, published, weights):
    source = imagenet.read("resnet50")
    fetched = cache / published.file
    assert fetched.read_bytes() == weights.read_bytes()
    assert source.name == f"ImageNet ({fetched})"


def test_offline_it_says_at_once_which_file_goes_where(
    cache, published, monkeypatch
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/{published.file}"
        entry = dataclasses.replace(published, url=url)
        monkeypatch.setitem(imagenet.FILES, "resnet50", entry)
        start = time.monotonic()
        with pytest.raises(FileNotFoundError) as error:
            imagenet.read("resnet50")
    message = str(error.value)
    assert f"put {url} at {cache / published.file}, or give" in message
    assert "Connection refused" in message
    assert "\n" not in message
    assert time.monotonic() - start < 5
    assert not (cache / published.file).exists()


def test_a_server_that_does_not_answer_is_given_up(
    cache, published, monkeypatch
):
    monkeypatch.setattr(imagenet, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/w.h5"
        entry = dataclasses.replace(published, url=url)
        monkeypatch.setitem(imagenet.FILES, "resnet50", entry)
        with pytest.raises(FileNotFoundError, match=r"\(.*timed out\); put"):
            imagenet.read("resnet50")
    assert socket.getdefaulttimeout() is None


def test_squeezenet_is_never_downloaded(cache, monkeypatch):
    monkeypatch.delattr(keras.utils, "get_file")
    with pytest.raises(FileNotFoundError) as error:
        imagenet.read("squeezenet")
    message = str(error.value)
    assert "github.com/rcmalli/keras-squeezenet/releases" in message
    assert str(cache / "squeezenet_v1.1_imagenet_notop.h5") in message


def test_squeezenet_by_the_cache_and_by_its_path(cache, shared):
    path = shared / "data/weights/squeezenet_v1.1_imagenet_notop.h5"
    put(path, cache / path.name)
    source = pretrained.read("imagenet", "squeezenet")
    assert source.scalings == ("caffe",)
    # A file elsewhere, under any name, is known by its checksum.
    copy = put(path, cache / "other.bin")
    given = pretrained.read(str(copy), "squeezenet")
    assert given.scalings == ("caffe",)
    assert given.identity["kind"] == "file"
    assert given.identity["sha256"] == source.identity["sha256"]


@pytest.mark.parametrize("model", ["cbr_tiny", "cbr_small_slim"])
def test_cbr_networks_have_none(model):
    with pytest.raises(
        ValueError, match=f"no ImageNet weights of {model}; train one on a"
    ):
        imagenet.read(model)


@pytest.fixture
def as_resnet50(weights, monkeypatch):
    """`weights`, as if a cbr_tiny had the shapes of a ResNet50."""
    layers = weight_files.read(weights).layers
    digits = fingerprints.fingerprint(layer.shapes for layer in layers)
    monkeypatch.setitem(fingerprints.FINGERPRINTS, "cbr_tiny", None)
    monkeypatch.setitem(fingerprints.FINGERPRINTS, "resnet50", digits)
    return weights


def test_radimagenet_is_found_under_any_name(cache, as_resnet50):
    put(as_resnet50, cache / "radimagenet" / "RadImageNet-ResNet50_notop.bin")
    (cache / "radimagenet" / "LICENSE").write_text("text")
    (cache / "radimagenet" / "folder").mkdir()
    for model in ("resnet50", "resnet50_slim"):
        source = pretrained.read("radimagenet", model)
        assert source.identity["kind"] == "radimagenet"
        assert source.scalings == ("radimagenet_a", "radimagenet_b", "caffe")
    with pytest.raises(FileNotFoundError, match="weights of inception_v3"):
        radimagenet.read("inception_v3")


def test_radimagenet_of_pytorch_is_scaled_as_in_its_notebook(cache):
    """Whole in names and shapes; a file of Keras beside it is another."""
    with keras.StatelessScope():
        backbone = zoo.build("resnet50_v1_5", num_outputs=2, image_size=32)
    state = pytorch_state.state(backbone, prefix="backbone.")
    path = cache / "radimagenet" / "ResNet50"
    path.parent.mkdir(parents=True)
    safetensors_numpy.save_file(state, path)
    source = pretrained.read("radimagenet", "resnet50_v1_5")
    assert source.scalings == ("radimagenet_b", "radimagenet_a", "caffe")
    assert source.identity["kind"] == "radimagenet"
    with pytest.raises(FileNotFoundError, match="has weights of resnet50;"):
        radimagenet.read("resnet50")


def test_radimagenet_says_where_to_put_what(cache):
    with pytest.raises(FileNotFoundError) as error:
        radimagenet.read("densenet121")
    message = str(error.value)
    assert f"No file in {cache / 'radimagenet'} has weights of densenet121" in (
        message
    )
    assert "github.com/BMEII-AI/RadImageNet; they have resnet50, " in message


def test_of_several_radimagenet_files_one_is_to_be_chosen(cache, as_resnet50):
    for name in ("b.h5", "a.h5"):
        put(as_resnet50, cache / "radimagenet" / name)
    with pytest.raises(ValueError, match="resnet50: a.h5, b.h5; give one as"):
        radimagenet.read("resnet50")


def test_radimagenet_has_not_all_networks():
    with pytest.raises(
        ValueError, match="RadImageNet weights 'squeezenet'; known: resnet50, "
    ):
        radimagenet.read("squeezenet")
