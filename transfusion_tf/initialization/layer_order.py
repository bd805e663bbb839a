"""Layers of a source by their order, and how far an order can be trusted.

All versions of Keras list a layer after those that it depends on. The order of
layers side by side, such as a shortcut and the branch that it passes by, has
changed between versions, and follows from how a network was written down.
"""

import collections
import dataclasses
import itertools
import re

from transfusion_tf.models import rebuild

# More would not be a file of Keras: its search takes as many steps as there are
# layers, and a few more at the ends of inner models.
_MAX_STEPS = 20_000


def kind_of(layer):
    """What files of Keras 3 call a layer's class."""
    return rebuild.snake_case(type(layer).__name__)


def partners(body, source, fits):
    """Which SourceLayer is in the place of each layer of a network.

    Args:
      body: layers of the network that have weights, in its order.
      source: Source.
      fits: function (layer, SourceLayer) -> whether they may be the same.

    Returns:
      (list, is_certain): a SourceLayer or None for each of `body`; whether
      there is no other way to read the file.
    """
    layers = [x for x in source.layers if x.sequence is not None]
    if len({x.sequence for x in layers}) > 1:
        found = _search(body, layers, fits)
        if found is not None:
            return found, True
        return _in_line(body, layers), False
    return _in_line(body, layers), True


def _in_line(body, layers):
    """As if there were no models inside of the model."""
    queues = collections.defaultdict(collections.deque)
    for layer in layers:
        queues[layer.kind].append(layer)
    has_kinds = None not in queues
    return [
        queue.popleft() if queue else None
        for layer in body
        for queue in [queues[kind_of(layer) if has_kinds else None]]
    ]


@dataclasses.dataclass(frozen=True)
class _Way:
    """A beginning of a way to read a file with models inside of the model.

    Attributes:
      matched: ((..., SourceLayer), SourceLayer), as many as layers are matched.
      inside: the models that we are in, outermost first.
      unopened: the models that have not been entered.
      taken: {(model, kind): how many of its layers are matched}.
    """

    matched: tuple = ()
    inside: tuple = ("",)
    unopened: frozenset = frozenset()
    taken: dict = dataclasses.field(default_factory=dict)


def _search(body, layers, fits):
    """Takes the layers of inner models one model at a time.

    Where the network goes on with a layer of an inner model, all others of that
    model come next. The file does not say where that is: every place is tried
    at which the shapes fit.

    Returns:
      List of a SourceLayer for each of `body`; None if there is no way to read
      the file, or more than one.
    """
    queues = collections.defaultdict(list)
    for layer in layers:
        queues[layer.sequence, layer.kind].append(layer)
    models = frozenset(model for model, _ in queues if model)
    found, ways = [], [(0, _Way(unopened=models))]
    for _ in range(_MAX_STEPS):
        if not ways or len(found) > 1:
            break
        index, way = ways.pop()
        if index == len(body):
            found.append(way.matched)
            continue
        ways += [
            (index + 1, longer)
            for longer in _steps(way, body[index], queues)
            if fits(body[index], longer.matched[1])
        ]
    return _in_order(found[0]) if len(found) == 1 and not ways else None


def _steps(way, layer, queues):
    """The ways that are longer by this layer of the network."""
    kind = kind_of(layer)
    inside = way.inside
    while True:
        openable = _openable(way.unopened, inside[-1])
        for models in ((), *openable):
            model = models[-1] if models else inside[-1]
            place = way.taken.get((model, kind), 0)
            queue = queues.get((model, kind), ())
            if place < len(queue):
                yield _Way(
                    (way.matched, queue[place]),
                    inside + models,
                    way.unopened - set(models),
                    {**way.taken, (model, kind): place + 1},
                )
        is_left = openable or any(
            way.taken.get(key, 0) < len(queue)
            for key, queue in queues.items()
            if key[0] == inside[-1]
        )
        if is_left or len(inside) == 1:
            return
        inside = inside[:-1]


def _openable(unopened, model):
    """Which models may be entered from one: tuples of models, outermost first.

    Models of one class stand in the order of their numbers.
    """
    within = sorted(
        (x for x in unopened if x.startswith(model)), key=_with_numbers
    )
    found, classes = [], set()
    for inner in within:
        chain = tuple(x for x in within if inner.startswith(x))
        kind = re.sub(r"_\d+/", "/", inner)
        if kind not in classes:
            found.append(chain)
        classes.add(kind)
    return found


def _with_numbers(path):
    return [
        (part, int(number or 0))
        for part, number in re.findall(r"(.+?)(?:_(\d{1,9}))?/", path)
    ]


def _in_order(matched):
    """The layers of nested pairs, the first of all first."""
    layers = []
    while matched:
        matched, layer = matched
        layers.append(layer)
    return layers[::-1]


def side_by_side(model, layers):
    """Pairs of layers with weights of the same shapes of which neither depends
    on the other, as a list.

    Args:
      model: functional model.
      layers: those of its layers to look at.
    """
    before = _dependencies(model)
    alike = collections.defaultdict(list)
    for layer in layers:
        alike[tuple(tuple(w.shape) for w in layer.weights)].append(layer)
    return [
        (one, other)
        for group in alike.values()
        for one, other in itertools.combinations(group, 2)
        if one.name not in before[other.name]
        and other.name not in before[one.name]
    ]


def _dependencies(model):
    """{layer: names of all layers that it depends on}."""
    found = {}
    for layer in model.get_config()["layers"]:
        direct = set(_inputs(layer["inbound_nodes"]))
        found[layer["name"]] = direct.union(*(found[x] for x in direct))
    return found


def _inputs(node):
    """Names of the layers that a node's description takes tensors from."""
    if isinstance(node, dict):
        if "keras_history" in node:
            yield node["keras_history"][0]
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for part in node:
            yield from _inputs(part)


def contradicts(model, places):
    """Whether a layer comes before one that it depends on.

    Args:
      model: functional model.
      places: (layer of it, place in a source's order) of each.
    """
    before = _dependencies(model)
    return any(
        b.name in before[a.name] if i < j else a.name in before[b.name]
        for (a, i), (b, j) in itertools.combinations(places, 2)
    )
