"""The network is of the kind that was asked for: layers, number of parameters, or a named network."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from grader.core.evidence import Evidence, LayerEvidence, ModelEvidence
from grader.core.finding import Reason
from grader.grading import facts
from grader.grading.criteria.base import (
    AutomaticSettings,
    Outcome,
    Problem,
    bad_value,
    criterion,
    decided,
    not_measured,
)
from grader.grading.fields import Identifier, Number, Robustness, Table

OTHER_LAYER = "other"
"""Kind of a layer that the grader does not know by name."""

LayerKind = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,63}$")]
"""Keras class name."""


class LayerRule(Table):
    """So many layers of certain kinds."""

    any_of: Annotated[tuple[LayerKind, ...], Field(min_length=1, max_length=50)]
    """Kinds that count, by Keras class name."""
    at_least: Number
    """How many layers there must be."""

    def is_met(self, layers: tuple[LayerEvidence, ...]) -> bool:
        """Return whether `layers` holds enough of them."""
        return sum(layer.kind in self.any_of for layer in layers) >= self.at_least

    @property
    def text(self) -> str:
        """The rule in signs that need no translation: "Conv2D | SeparableConv2D ≥ 1"."""
        return f"{' | '.join(self.any_of)} ≥ {self.at_least}"


class NamedNetwork(Table):
    """A network by name, told by its number of parameters and its layers."""

    id: Identifier
    """Name."""
    parameters: Number
    """Number of weights."""
    layers: Annotated[tuple[LayerRule, ...], Field(max_length=50)] = ()
    """Layers it has at least."""

    def is_met(self, model: ModelEvidence) -> bool:
        """Return whether `model` is this network."""
        return model.parameters == self.parameters and all(rule.is_met(model.layers) for rule in self.layers)


class Architecture(AutomaticSettings):
    """Settings of `architecture`; every rule that is given must be met."""

    layers: Annotated[tuple[LayerRule, ...], Field(max_length=50)] = ()
    """Layers that must be there."""
    parameters_at_least: Number | None = None
    """Smallest number of parameters."""
    parameters_at_most: Number | None = None
    """Largest number of parameters."""
    networks: Annotated[tuple[NamedNetwork, ...], Field(max_length=50)] = ()
    """The network must be one of these."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        low, high = self.parameters_at_least, self.parameters_at_most
        if low is not None and high is not None and high < low:
            yield bad_value("parameters_at_most", str(high), f"≥ {low}")
        if not self.layers and low is None and high is None and not self.networks:
            yield Problem(slug="rubric-no-rule", key="", values={})


@criterion("architecture", Architecture, anchor="model")
def grade_architecture(settings: Architecture, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Give all points to a network that meets every rule.

    A file whose layers could be read is judged by them even if it does not run here. Where a layer that the
    grader does not know may be the missing one, a person decides.
    """
    model = evidence.model
    if model is None or not model.layers or (model.parameters is None and _needs_parameters(settings)):
        return facts.without_model(evidence) or not_measured(Reason(slug="reason-not-measured-layers"))
    unmet_layers = [rule.text for rule in settings.layers if not rule.is_met(model.layers)]
    if unmet_layers and any(layer.kind == OTHER_LAYER for layer in model.layers):
        return not_measured(
            Reason(slug="reason-not-measured-unknown-layer", values={"needed": "; ".join(unmet_layers)})
        )
    unmet = unmet_layers + list(_unmet_numbers(settings, model))
    found = " – ".join(layer.kind for layer in model.layers)
    parameters = "–" if model.parameters is None else f"{model.parameters:,}"
    if not unmet:
        return decided(True, "reason-architecture-met", found=found, parameters=parameters)
    return decided(
        False, "reason-architecture-unmet", found=found, parameters=parameters, needed="; ".join(unmet)
    )


def _needs_parameters(settings: Architecture) -> bool:
    return bool(settings.parameters_at_least or settings.parameters_at_most or settings.networks)


def _unmet_numbers(settings: Architecture, model: ModelEvidence) -> Iterator[str]:
    parameters = model.parameters or 0
    if settings.parameters_at_least is not None and parameters < settings.parameters_at_least:
        yield f"≥ {settings.parameters_at_least:,}"
    if settings.parameters_at_most is not None and parameters > settings.parameters_at_most:
        yield f"≤ {settings.parameters_at_most:,}"
    if settings.networks and not any(network.is_met(model) for network in settings.networks):
        yield " | ".join(network.id for network in settings.networks)
