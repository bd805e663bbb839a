"""Tests for conversion.engine."""

import concurrent.futures
import inspect

import numpy as np
import pytest

from tests.conversion_data import MemoryStore, make_manifest
from transfusion_tf.conversion import engine
from transfusion_tf.conversion.beam import engine as beam_engine
from transfusion_tf.process import pool

ENGINES = [pool.Pool, beam_engine.Beam]


@pytest.mark.parametrize("kind", ENGINES)
def test_pool_and_beam_are_engines(kind):
    assert issubclass(kind, engine.Engine)
    arguments = inspect.signature(kind.run).parameters
    assert [*arguments] == [*inspect.signature(engine.Engine.run).parameters]


def test_what_has_no_run_is_no_engine():
    kind = concurrent.futures.ThreadPoolExecutor
    assert not issubclass(kind, engine.Engine)


def test_small_data_take_one_process_and_large_ones_all(monkeypatch):
    monkeypatch.setattr(engine.pool, "num_cores", lambda: 7)
    number = "num_workers"
    manifest = make_manifest()
    assert engine.of_processes(None, manifest).keywords[number] == 1
    assert engine.of_processes(3, manifest).keywords[number] == 3
    large = np.zeros((1000, 1000), np.uint8)  # 1 MB each.
    images = dict.fromkeys(manifest.table["image"], large)
    manifest = make_manifest(store=MemoryStore(images))
    assert engine.of_processes(None, manifest).keywords[number] == 7
