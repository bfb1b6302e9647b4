"""The layers of a model → the lecture network they equal or resemble, and where the two differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.core.dataset import Dataset
from grader.core.evidence import LayerDifference, LayerEvidence
from grader.models.references import known_networks

MOST_EDITS = 2
"""A network further than this from every lecture network resembles none. One edit is one choice of its author that
differs: a layer more, a layer less, another number of units, another activation. Two reach the usual changes to a
homework (a smaller dense layer and one dropout); with three, `lecture-mlp` would resemble a small convolutional network."""

_SEPARATE_ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax"}
_NO_ACTIVATION = frozenset({"", "linear"})


@dataclass(frozen=True, kw_only=True)
class Resemblance:
    """The lecture network that a model is nearest to."""

    id: str | None = None
    """Its id; None when none is near."""
    is_exact: bool = False
    """Whether kinds of layers, activations and numbers of weights are the same."""
    differences: tuple[LayerDifference, ...] = ()
    """Where the two differ, in order of the layers; () when they are the same or none is near."""


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """What the author of a network chose for one layer."""

    kind: str
    size: tuple[int, ...]
    activation: str


def find_resemblance(
    layers: Sequence[LayerEvidence], input_shape: Sequence[int], dataset: Dataset
) -> Resemblance:
    """Return the lecture network that has the same layers, or the nearest one.

    `InputLayer` counts for nothing; a separate `Activation`, `ReLU` or `Softmax` after a layer without activation
    equals that layer's own. The distance compares what was chosen (kind, units or filters, kernel, activation), not
    numbers of weights: another number of units also changes the weights of the next layer, and would count twice.
    Where the shapes are unknown the numbers of weights stand in.

    Args:
        layers: of the model, in order.
        input_shape: shape of one image, without the batch axis; only the last axis, the channels, is looked at.
        dataset: whose lecture networks it is compared with.

    Returns:
        The nearest of the lecture networks within `MOST_EDITS`; of two equally near the one whose number of weights is
        nearer.

    Raises:
        GraderError: `reference-unreadable`.
    """
    own = fold_layers(layers)
    nearest: tuple[tuple[int, int, str], Resemblance] | None = None
    for id_, network in known_networks(dataset).items():
        lecture = fold_layers(
            [
                LayerEvidence(
                    kind=layer.kind,
                    parameters=layer.parameters,
                    activation=layer.activation,
                    output_shape=layer.output_shape,
                )
                for layer in network
            ]
        )
        if _exact(own) == _exact(lecture):
            return Resemblance(id=id_, is_exact=True)
        edits, differences = _compare(own, lecture, _channels(input_shape), dataset.shape[2])
        weights = sum(layer.parameters for layer in own)
        rank = (edits, abs(weights - sum(layer.parameters for layer in lecture)), id_)
        if edits <= MOST_EDITS and (nearest is None or rank < nearest[0]):
            nearest = rank, Resemblance(id=id_, differences=differences)
    return Resemblance() if nearest is None else nearest[1]


def fold_layers(layers: Sequence[LayerEvidence]) -> tuple[LayerEvidence, ...]:
    """Return `layers` without input layers, and with separate activations as those of the layer before."""
    folded: list[LayerEvidence] = []
    for layer in layers:
        activation = _SEPARATE_ACTIVATIONS.get(layer.kind, layer.activation)
        is_separate = layer.kind == "Activation" or layer.kind in _SEPARATE_ACTIVATIONS
        if layer.kind == "InputLayer" or (is_separate and activation in _NO_ACTIVATION):
            continue
        if is_separate and folded and folded[-1].activation == "linear":
            folded[-1] = replace(folded[-1], activation=activation)
        else:
            folded.append(layer)
    return tuple(folded)


def _exact(layers: Sequence[LayerEvidence]) -> list[tuple[str, int, str]]:
    return [(layer.kind, layer.parameters, _activation(layer)) for layer in layers]


def _activation(layer: LayerEvidence) -> str:
    return "" if layer.activation in _NO_ACTIVATION else layer.activation


def _channels(shape: Sequence[int]) -> int:
    return shape[-1] if shape and shape[-1] > 0 else 1


def _choices(layers: Sequence[LayerEvidence], channels: int) -> list[_Choice]:
    """Return what was chosen for each layer; `channels` are those of the input."""
    chosen = []
    for layer in layers:
        size: tuple[int, ...] = ()
        width = layer.output_shape[-1] if layer.output_shape else 0
        if layer.parameters and width > 0:
            # k x k weights for each pair of channels, and one bias: the root of the quotient is k with or without it
            size = (width, math.isqrt(layer.parameters // width // channels))
        elif layer.parameters:
            size = (layer.parameters,)
        chosen.append(_Choice(kind=layer.kind, size=size, activation=_activation(layer)))
        channels = width if width > 0 else channels
    return chosen


def _compare(
    own: Sequence[LayerEvidence], lecture: Sequence[LayerEvidence], channels: int, home_channels: int
) -> tuple[int, tuple[LayerDifference, ...]]:
    """Return the number of edits between two networks and where they are.

    Without any edit the differences are the layers whose numbers of weights differ, as with another padding.
    """
    is_known = all(layer.output_shape for layer in own)
    known = [lecture, own] if is_known else [_without_shapes(lecture), _without_shapes(own)]
    theirs, ours = _choices(known[0], home_channels), _choices(known[1], channels)
    costs = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) + 1):
        for j in range(len(theirs) + 1):
            if i or j:
                costs[i][j] = min(cost for cost, _, _ in _steps(costs, ours, theirs, i, j))
    differences: list[LayerDifference] = []
    i, j = len(ours), len(theirs)
    while i or j:
        _, di, dj = min(_steps(costs, ours, theirs, i, j), key=lambda step: step[0])
        if not (di and dj) or ours[i - 1] != theirs[j - 1]:
            differences.append(
                LayerDifference(own=own[i - 1] if di else None, lecture=lecture[j - 1] if dj else None)
            )
        i, j = i - di, j - dj
    if not differences:
        differences = [
            LayerDifference(own=a, lecture=b)
            for a, b in zip(own, lecture, strict=True)
            if a.parameters != b.parameters
        ]
        return 0, tuple(differences)
    return costs[-1][-1], tuple(reversed(differences))


def _steps(
    costs: list[list[int]], ours: list[_Choice], theirs: list[_Choice], i: int, j: int
) -> list[tuple[int, int, int]]:
    """Return (cost so far, own layers taken, lecture layers taken) of every last step to (i, j); pairs first."""
    steps = []
    if i and j and ours[i - 1].kind == theirs[j - 1].kind:
        own, lecture = ours[i - 1], theirs[j - 1]
        edits = (own.size != lecture.size) + (own.activation != lecture.activation)
        steps.append((costs[i - 1][j - 1] + edits, 1, 1))
    if i:
        steps.append((costs[i - 1][j] + 1, 1, 0))
    if j:
        steps.append((costs[i][j - 1] + 1, 0, 1))
    return steps


def _without_shapes(layers: Sequence[LayerEvidence]) -> list[LayerEvidence]:
    return [replace(layer, output_shape=()) for layer in layers]
