"""The networks that are candidates for a start: of sources, and random ones."""

import dataclasses
import pathlib

import numpy as np

from transfusion_tf.analysis.sources import features
from transfusion_tf.config.init import InitConfig
from transfusion_tf.config.run import RunConfig
from transfusion_tf.initialization import matching, pretrained, schemes
from transfusion_tf.initialization import sources as weight_sources
from transfusion_tf.models import zoo
from transfusion_tf.models.stages import Backbone
from transfusion_tf.runs import labels
from transfusion_tf.runs import record as run_record
from transfusion_tf.runs.directory import RunDir

RANDOM = "random"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """The classifier of a source, on what the network hands to its head.

    Attributes:
      kernel: (neurons, num_source_classes).
      bias: (num_source_classes,).
    """

    kernel: np.ndarray
    bias: np.ndarray

    def logits(self, inputs):
        """(num_images, num_source_classes) of (num_images, neurons)."""
        return inputs @ self.kernel.astype(np.float64) + self.bias


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidate:
    """A network that may be a start.

    Attributes:
      name: what tables call it; that of all random networks is RANDOM.
      kind: "imagenet", "radimagenet", "run", "file" or RANDOM.
      seed: of a random network, None of others.
      backbone: Backbone with the weights.
      head: Head of the source, or None.
      no_head: why there is none, in words.
      warnings: lines on what is odd about the source.
    """

    name: str
    kind: str
    seed: int | None = None
    backbone: Backbone
    head: Head | None = None
    no_head: str = ""
    warnings: tuple = ()


def of_sources(sources, model, *, image_size, stages):
    """The Candidates of sources, in their order.

    Args:
      sources: texts, each as --weights of train.py.
      model: name of the network in the zoo.
      image_size: side in pixels of the images that it is to see.
      stages: names of stages that the sources must have; () for all.

    Raises:
      FileNotFoundError, ValueError: weights that are not there, or do not fit
        the network, or lack a stage; an unknown stage; a source given twice.
    """
    places = [
        x if x in pretrained.PUBLISHED else str(pathlib.Path(x).resolve())
        for x in sources
    ]
    if len(set(places)) < len(sources):
        raise ValueError(
            f"--sources must name each source once. Received: "
            f"{','.join(sources)}"
        )
    for text in sources:
        if text not in pretrained.PUBLISHED and not pathlib.Path(text).exists():
            raise FileNotFoundError(
                f"--sources={text}: there is no such file or directory; give "
                "files of weights, run directories, "
                f"{' or '.join(pretrained.PUBLISHED)}."
            )
    found = [_of_source(x, model, image_size, stages) for x in sources]
    names = [candidate.name for candidate in found]
    return [
        dataclasses.replace(candidate, name=text)
        if names.count(candidate.name) > 1 or candidate.name == RANDOM
        else candidate
        for text, candidate in zip(sources, found, strict=True)
    ]


def random(model, *, image_size, seeds):
    """Candidates with random weights, one for each seed."""
    found = []
    for seed in seeds:
        config = RunConfig.from_flags_dict({"model": model})
        _, of_model = pretrained.source_and_model(config)
        backbone = _built(of_model, image_size)
        schemes.initialize(backbone, config.init, seed=seed)
        found.append(
            Candidate(
                name=RANDOM,
                kind=RANDOM,
                seed=seed,
                backbone=backbone,
                no_head="random weights have no classes",
            )
        )
    return found


def _of_source(text, model, image_size, stages):
    config = RunConfig.from_flags_dict(
        {"model": model, "init": "pretrained", "weights": text}
    )
    source, of_model = pretrained.source_and_model(config)
    backbone = _built(of_model, image_size)
    # All that there is, whatever is asked for: features are kept by weights.
    there = [x.name for x in weight_sources.stages_in(source, backbone)]
    wanted = [backbone.stage(name).name for name in stages]
    through = max(
        [there[-1], *(wanted or backbone.stage_names)],
        key=backbone.stage_names.index,
    )
    init = InitConfig(scheme="transfusion", weights=text, through=through)
    report = schemes.initialize(backbone, init, source=source, seed=0)
    head, no_head = _head(text, source, backbone, report)
    return Candidate(
        name=labels.source_label(source.identity),
        kind=source.identity["kind"],
        backbone=backbone,
        head=head,
        no_head=no_head,
        warnings=tuple(report["warnings"]),
    )


def _built(of_model, image_size):
    """A network, whose own head does not matter."""
    return zoo.build(
        of_model.name,
        num_outputs=1,
        image_size=image_size,
        **of_model.build_options,
    )


def _head(text, source, backbone, report):
    """(Head of a source or None, why there is none)."""
    last = backbone.stage_names[-1]
    if not features.has_dense_head(backbone):
        return None, "the network's head is not one dense layer"
    if report["through"] != last:
        return None, f"the source ends below {last}, which the head follows"
    if source.identity["kind"] == "run":
        task = run_record.read(RunDir(text))["data"]["task"]
        if task == "multilabel":
            return None, "the source's labels are no classes of which one holds"
    tensors = [
        source.tensors[name]
        for name, why in report["skipped_source_tensors"].items()
        if why == matching.HEAD
    ]
    if not tensors:
        return None, "the source has no head"
    tensors.sort(key=np.ndim, reverse=True)
    width = backbone.head[0].input.shape[-1]
    kernel, *bias = tensors
    is_dense = kernel.ndim == 2 and kernel.shape[0] == width
    if not is_dense or [x.shape for x in bias] != [kernel.shape[1:]]:
        return None, f"the source's head is not one dense layer behind {last}"
    if kernel.shape[1] < 2:
        return None, "the source's head has one output"
    return Head(kernel=kernel, bias=bias[0]), ""
