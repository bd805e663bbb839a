"""Our records against those that TensorFlow writes and reads."""

import io

import google_crc32c
import numpy as np
import pytest

from transfusion_tf.data import tfrecord

EXAMPLES = [
    {"image": b"bytes", "label": [2], "id": b"ab-2"},
    {"labels": [1, 0, -1], "image": bytes(range(256)) * 300, "site": b""},
    {"id": "Århus".encode(), "label": [2**40], "image": b"", "z": b"\x00"},
    {"image": b"", "label": [0]},
]


def of_tensorflow(features):
    """A serialized tf.train.Example."""
    import tensorflow as tf

    return tf.train.Example(
        features=tf.train.Features(
            feature={
                name: tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[value])
                )
                if isinstance(value, bytes)
                else tf.train.Feature(
                    int64_list=tf.train.Int64List(value=value)
                )
                for name, value in features.items()
            }
        )
    ).SerializeToString(deterministic=True)


@pytest.mark.parametrize("features", EXAMPLES)
def test_examples_are_those_of_tensorflow(features):
    ours = tfrecord.example(features)
    assert ours == of_tensorflow(features)
    assert tfrecord.features(ours) == features
    backwards = dict(reversed(features.items()))
    assert tfrecord.example(backwards) == ours


def test_files_are_those_of_tensorflow(tmp_path):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    contents = [b"", b"a", *(rng.bytes(n) for n in (7, 8, 1_000, 70_000))]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for content in contents:
            writer.write(content)
    entry = tfrecord.write_shard(tmp_path / "ours", contents)
    ours = (tmp_path / "ours").read_bytes()
    assert ours == (tmp_path / "theirs").read_bytes()
    assert entry["bytes"] == len(ours) and entry["examples"] == 6
    # And back, one after the other.
    offset = 0
    for content in contents:
        assert tfrecord.read_at(io.BytesIO(ours), offset) == content
        offset += len(content) + tfrecord.FRAMING
    assert offset == len(ours)


def test_masked_checksum_by_hand():
    # The check value of CRC-32C; its last 15 bits come first, then the mask
    # is added.
    crc = google_crc32c.value(b"123456789")
    assert crc == 0xE3069283
    rotated = int(f"{crc:032b}"[-15:] + f"{crc:032b}"[:-15], 2)
    masked = (rotated + 0xA282EAD8) % 2**32
    assert tfrecord.framed(b"123456789")[-4:] == masked.to_bytes(4, "little")


@pytest.mark.parametrize("place", [0, 8, 12, 19, 23])
def test_a_flipped_bit_is_found_wherever_it_is(place):
    frame = bytearray(tfrecord.framed(b"contents"))
    assert tfrecord.read_at(io.BytesIO(frame), 0) == b"contents"
    frame[place] ^= 4
    with pytest.raises(ValueError, match="no whole record at byte 0"):
        tfrecord.read_at(io.BytesIO(frame), 0)


@pytest.mark.parametrize("length", [0, 11, 12, 23])
def test_a_file_that_ends_too_early(length):
    frame = b"..." + tfrecord.framed(b"contents")[:length]
    with pytest.raises(ValueError, match="no whole record at byte 3"):
        tfrecord.read_at(io.BytesIO(frame), 3)
