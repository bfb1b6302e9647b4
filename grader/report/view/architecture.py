"""What the student's network is made of: facts, the table of its layers, its drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.core.evidence import LayerDifference, LayerEvidence, ModelEvidence
from grader.core.submission import Role
from grader.report.network import NetworkDrawing, draw_network, shape_text
from grader.report.numbers import NOTHING, confidence_text, place_text, thousands
from grader.report.view.page import Fact, Page, known_text
from grader.texts.catalog import Texts, plain

MOST_ROWS = 60
"""Layers in the table at most; of a longer network the first and the last are."""
_LAST_ROWS = 12
_BAR_PIXELS = 60
_BYTES_PER_WEIGHT = 4
_WITHOUT_OPTIMIZER = "keras.models.load_model(path, compile=False).save(path)"
"""Works for both kinds of file; `include_optimizer=False` does nothing for a `.keras` file (Keras 3.15)."""
_LEAST_OTHER_SHARE = 0.1
"""Below this share of a file, what training left in it is not worth a number."""
_SEPARATE_ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax"}
_NO_ACTIVATION = frozenset({"", "linear"})


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """One layer, or a row that stands for layers left out."""

    number: str
    kind: str
    """Keras' name of it."""
    meaning: str = ""
    """What it does, in a word or two; "" when the name says it."""
    shape: str = ""
    activation: str = ""
    parameters: str = ""
    share: str = ""
    """Its part of all weights."""
    bar: str = ""
    """The same as a length in pixels; "" for none."""
    is_gap: bool = False
    """Whether it stands for layers left out."""


@dataclass(frozen=True, kw_only=True)
class LayerTable:
    """The lecture's `model.summary()`."""

    rows: tuple[LayerRow, ...]
    has_shapes: bool
    total: str
    """Number of all weights."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The drawing and the sentences around it."""

    network: NetworkDrawing
    title: str
    """The same in words: every layer with its shape."""
    notes: tuple[str, ...]


def network_facts(page: Page, found: ModelEvidence) -> tuple[Fact, ...]:
    """Return what the file and the network are: short facts."""
    words = page.words
    facts = [Fact(name=words("model.file"), value=plain(found.file), is_code=True)]
    facts.append(Fact(name=words("model.format"), value=_format(found, words)))
    if found.input_shape:
        facts.append(Fact(name=words("model.input"), value=shape_text(found.input_shape)))
    if found.parameters is not None:
        facts.append(Fact(name=words("model.parameters"), value=thousands(found.parameters)))
    if found.layers:
        facts.append(Fact(name=words("model.last"), value=_last_activation(found.layers, words)))
    if found.outputs is not None:
        told = known_text(words, f"model.outputs.{found.outputs}", plain(found.outputs))
        facts.append(Fact(name=words("model.answers"), value=told))
    return tuple(facts)


def network_notes(page: Page, found: ModelEvidence) -> tuple[Fact, ...]:
    """Return what there is to say of the file and the network in sentences."""
    words = page.words
    facts = []
    if found.layers:
        facts.append(Fact(name=words("model.network"), value=_resemblance(found, words), is_long=True))
    if found.label_order:
        told = _label_order(page, found.label_order)
        facts.append(Fact(name=words("model.order"), value=told, is_long=True))
    if found.repairs:
        told = " ".join(
            known_text(words, f"model.repair.{_dashed(name)}", plain(name)) for name in found.repairs
        )
        facts.append(Fact(name=words("model.repairs"), value=told, is_long=True))
    if found.leftovers:
        facts.append(_leftovers(page, found))
    return tuple(facts)


def layer_table(page: Page, found: ModelEvidence) -> LayerTable | None:
    """Return the table of layers; None when they are not known."""
    if not found.layers:
        return None
    weights = sum(layer.parameters for layer in found.layers)
    rows = [_row(n, layer, weights, page.words) for n, layer in enumerate(found.layers, 1)]
    if len(rows) > MOST_ROWS:
        hidden = len(rows) - (MOST_ROWS - 1)
        first = MOST_ROWS - 1 - _LAST_ROWS
        gap = LayerRow(
            number="…",
            kind=page.words.plural("model.layers_hidden", hidden),
            parameters=thousands(sum(layer.parameters for layer in found.layers[first:-_LAST_ROWS])),
            is_gap=True,
        )
        rows = [*rows[:first], gap, *rows[-_LAST_ROWS:]]
    return LayerTable(
        rows=tuple(rows),
        has_shapes=any(layer.output_shape for layer in found.layers),
        total=thousands(weights if found.parameters is None else found.parameters),
    )


def drawing(page: Page, found: ModelEvidence) -> Drawing | None:
    """Return the drawing; None when shapes are not known."""
    words = page.words
    network = draw_network(found.layers, found.input_shape, input_name=words("model.drawing.input"))
    if network is None:
        return None
    told = [f"{place.name} {place.shape}" if place.block else "…" for place in network.points]
    notes = [words("model.drawing.key")]
    if network.undrawn:
        notes.append(words("model.drawing.undrawn", kinds=", ".join(network.undrawn)))
    if network.left_out:
        notes.append(words.plural("model.drawing.left_out", network.left_out))
    if not network.is_chain:
        notes.append(words("model.drawing.branches"))
    return Drawing(
        network=network, title=words("model.drawing.title", layers=", ".join(told)), notes=tuple(notes)
    )


def _row(number: int, layer: LayerEvidence, weights: int, words: Texts) -> LayerRow:
    share = layer.parameters / weights if layer.parameters else 0.0
    return LayerRow(
        number=str(number),
        kind=layer.kind,
        meaning=known_text(words, f"model.layer.{layer.kind}", ""),
        shape=shape_text(layer.output_shape),
        activation=NOTHING if layer.activation in _NO_ACTIVATION else layer.activation,
        parameters=thousands(layer.parameters),
        share=confidence_text(share) if layer.parameters else NOTHING,
        bar=place_text(max(_BAR_PIXELS * share, 1)) if layer.parameters else "",
    )


def _dashed(name: str) -> str:
    return name.lower().replace("_", "-")


def _format(found: ModelEvidence, words: Texts) -> str:
    told = known_text(words, f"model.formats.{found.format}", plain(found.format))
    if found.keras_version is None:
        return told
    return words("model.format_written", format=told, version=plain(found.keras_version))


def _resemblance(found: ModelEvidence, words: Texts) -> str:
    if found.resembles is None:
        return words("model.resembles_none")
    lecture = plain(found.resembles)
    if found.resembles_exactly:
        return words("model.resembles_exactly", id=lecture)
    told = "; ".join(part for difference in found.differences for part in _difference(difference, words))
    return words("model.resembles_nearly", id=lecture, differences=told or NOTHING)


def _difference(difference: LayerDifference, words: Texts) -> list[str]:
    """Return one difference in words, one entry for each thing that is not the same."""
    own, lecture = difference.own, difference.lecture
    if own is None or lecture is None:
        key = "model.difference.missing" if own is None else "model.difference.added"
        return [words(key, layer=_name(layer)) for layer in (own or lecture,) if layer is not None]
    widths, weights = (_width(own), _width(lecture)), (own.parameters, lecture.parameters)
    activations = _activation(own, words), _activation(lecture, words)
    told = []
    if all(widths) and widths[0] != widths[1]:
        told.append(words("model.difference.instead", what=own.kind, own=widths[0], lecture=widths[1]))
    elif weights[0] != weights[1] and (not all(widths) or activations[0] == activations[1]):
        # with a known width and another activation, the weights follow from the layer before
        told.append(
            words(
                "model.difference.weights",
                layer=_name(own),
                own=thousands(weights[0]),
                lecture=thousands(weights[1]),
            )
        )
    if activations[0] != activations[1]:
        what = f"{_name(own)}:"
        told.append(words("model.difference.instead", what=what, own=activations[0], lecture=activations[1]))
    return told


def _width(layer: LayerEvidence) -> str:
    """Return the number of units or filters; "" where the layer has none or its shape is unknown."""
    is_known = layer.parameters and layer.output_shape and layer.output_shape[-1] > 0
    return thousands(layer.output_shape[-1]) if is_known else ""


def _name(layer: LayerEvidence) -> str:
    return f"{layer.kind} {_width(layer)}".rstrip()


def _activation(layer: LayerEvidence, words: Texts) -> str:
    return words("model.no_activation") if layer.activation in _NO_ACTIVATION else layer.activation


def _last_activation(layers: Sequence[LayerEvidence], words: Texts) -> str:
    """Return the activation that the answers went through last."""
    for layer in reversed(layers):
        name = _SEPARATE_ACTIVATIONS.get(layer.kind, layer.activation)
        if name not in _NO_ACTIVATION:
            return name
        if layer.parameters:
            break
    return words("model.last_none")


def _label_order(page: Page, order: Sequence[int]) -> str:
    pairs = sorted((output, page.class_name(label)) for label, output in enumerate(order))
    return page.words(
        "model.order_value", pairs=", ".join(f"{output}\u00a0→\u00a0{name}" for output, name in pairs)
    )


def _leftovers(page: Page, found: ModelEvidence) -> Fact:
    words = page.words
    name = words("model.leftovers")
    if "optimizer" not in found.leftovers:
        return Fact(name=name, value=words("model.leftover.compile"), is_long=True)
    told = [words("model.leftover.optimizer")]
    size = next(
        (f.size_bytes for f in page.evidence.files if f.role is Role.MODEL and f.name == found.file), 0
    )
    if size and found.parameters:
        other = 1 - _BYTES_PER_WEIGHT * found.parameters / size
        if other >= _LEAST_OTHER_SHARE:
            told.append(words("model.leftover.share", percent=confidence_text(other)))
    told.append(words("model.leftover.advice"))
    return Fact(name=name, value=" ".join(told), code=_WITHOUT_OPTIMIZER, is_long=True)
