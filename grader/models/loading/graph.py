"""Which parts of a TensorFlow graph an answer needs; no graph is run here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Part:
    """The nodes and functions that some nodes of a graph depend on."""

    nodes: Mapping[str, Any]
    """`NodeDef` by name."""
    functions: Mapping[str, Any]
    """`FunctionDef` by name."""

    @property
    def operations(self) -> frozenset[str]:
        """Names of all operations, the functions' own included."""
        nodes = [*self.nodes.values(), *(node for f in self.functions.values() for node in f.node_def)]
        return frozenset(node.op for node in nodes) - self.functions.keys()


def whole_graph(graph_def: Any) -> Part:
    """Return everything that a `GraphDef` holds."""
    return Part(
        nodes={node.name: node for node in graph_def.node},
        functions={function.signature.name: function for function in graph_def.library.function},
    )


def needed_for(whole: Part, targets: Iterable[str]) -> Part:
    """Return what the nodes or tensors `targets` depend on.

    Raises:
        KeyError: one of them is not in the graph.
    """
    nodes: dict[str, Any] = {}
    waiting = [_node_name(target) for target in targets]
    while waiting:
        name = waiting.pop()
        if name not in nodes:
            nodes[name] = whole.nodes[name]
            waiting += [_node_name(given) for given in nodes[name].input]
    functions: dict[str, Any] = {}
    called = [name for node in nodes.values() for name in _called(node, whole)]
    while called:
        name = called.pop()
        if name not in functions:
            functions[name] = whole.functions[name]
            called += [inner for node in functions[name].node_def for inner in _called(node, whole)]
    return Part(nodes=nodes, functions=functions)


def _node_name(tensor: str) -> str:
    return tensor.removeprefix("^").split(":")[0]


def _called(node: Any, whole: Part) -> list[str]:
    names = [node.op] if node.op in whole.functions else []
    for value in node.attr.values():
        if value.HasField("func"):
            names.append(value.func.name)
        names += [function.name for function in value.list.func]
    return names
