"""Models that carry code, or configurations that call for it: what runs when a file is loaded."""

import base64
import io
import json
import marshal
import pickle
import zipfile
import zlib
from typing import Any

import numpy as np

from tests.hostile.case import MODEL_POINTS, Cases, Site
from tests.hostile.plain import (
    MODEL,
    hdf5_with,
    hdf5_with_layer,
    keras_with,
    keras_with_layer,
    keras_zip,
    model_parts,
)
from tests.hostile.trap import Trap

cases = Cases("code at load", needs_model=True)

UNSAFE = ("model-unsafe", "model-unknown-layer", "model-forbidden")
"""A layer of its own is refused as code where it is known as such, else as unknown."""
PICKLED = ("model-pickle", "model-torch")
"""Formats that are programs by design."""
SHAPE = [None, 28, 28, 1]


def action(trap: Trap, what: str) -> str:
    """Return an expression of Python that does what must not be done."""
    canary, secret = str(trap.canary), str(trap.secret)
    leak = f"raise ValueError(open({secret!r}).read() + str(__import__('os').environ))"
    return {
        "write": f"__import__('pathlib').Path({canary!r}).write_text('x')",
        "read": f"__import__('pathlib').Path({secret!r}).read_bytes()",
        "connect": f"__import__('socket').create_connection(('127.0.0.1', {trap.port}), 2)",
        "shell": f"__import__('os').system('touch ' + {canary!r})",
        "spawn": f"__import__('subprocess').run(['touch', {canary!r}])",
        "libc": f"__import__('ctypes').CDLL(None).system(b'touch ' + {canary!r}.encode())",
        "daemon": "__import__('os').fork() or (__import__('os').setsid(), __import__('time').sleep(600))",
        "kill": "__import__('os').kill(__import__('os').getppid(), 9)",
        "thread": "__import__('threading').Thread(target=lambda: None).start()",
        "leak": f"exec({leak!r})",
        "neighbours": (
            f"[__import__('pathlib').Path({canary!r}).touch() for found in __import__('pathlib').Path("
            "__import__('os').environ['TMPDIR']).parent.parent.glob('grader-spool-*/*/*')]"
        ),
    }[what]


def lambda_layer(expression: str, shape: tuple[int, ...] = (28, 28, 1)) -> dict[str, Any]:
    """A Lambda layer as Keras 3 writes it; its code does something and hands its input on."""
    code = eval(f"lambda x: ({expression}, x)[1]").__code__
    function = {
        "class_name": "__lambda__",
        "config": {
            "code": base64.encodebytes(marshal.dumps(code)).decode(),
            "defaults": None,
            "closure": None,
        },
    }
    return keras_layer("Lambda", function=function, output_shape=list(shape), arguments={})


def keras_layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": f"hostile_{kind.lower()}", "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
        "build_config": {"input_shape": SHAPE},
    }


def nested(layer: dict[str, Any]) -> dict[str, Any]:
    """A network with one layer, as a layer."""
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": SHAPE, "name": "n"},
    }
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "inner", "layers": [first, layer]},
        "registered_name": None,
    }


def old(layer: dict[str, Any]) -> dict[str, Any]:
    """The same layer as Keras 2 wrote it."""
    inner = layer["config"]
    if layer["class_name"] == "Sequential":
        inner = {**inner, "layers": [old(each) for each in inner["layers"]]}
    return {"class_name": layer["class_name"], "config": inner}


def old_lambda(expression: str) -> dict[str, Any]:
    """A Lambda layer as Keras 2 wrote it."""
    code = eval(f"lambda x: ({expression}, x)[1]").__code__
    function = [base64.encodebytes(marshal.dumps(code)).decode(), None, None]
    config = {
        "name": "hostile_lambda",
        "function": function,
        "function_type": "lambda",
        "output_shape_type": "raw",
        "output_shape": [28, 28, 1],
        "arguments": {},
        "module": "__main__",
    }
    return {"class_name": "Lambda", "config": config}


for what in (
    "write", "read", "connect", "shell", "spawn", "libc", "daemon", "kill", "thread", "leak", "neighbours",
):  # fmt: skip

    @cases.add(f"lambda-{what}-keras", *UNSAFE)
    def _lambda(site: Site, what: str = what) -> None:
        site.write(MODEL, keras_with_layer(lambda_layer(action(site.trap, what))))


@cases.add("lambda-write-h5", *UNSAFE)
def _(site: Site) -> None:
    site.write("model.h5", hdf5_with_layer(old(lambda_layer(action(site.trap, "write")))))


@cases.add("lambda-keras2-h5", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    site.write("model.h5", hdf5_with_layer(old_lambda(action(site.trap, "write"))))


@cases.add("lambda-nested-keras", *UNSAFE)
def _(site: Site) -> None:
    site.write(MODEL, keras_with_layer(nested(nested(lambda_layer(action(site.trap, "write"))))))


@cases.add("lambda-nested-h5", *UNSAFE)
def _(site: Site) -> None:
    site.write("model.h5", hdf5_with_layer(old(nested(lambda_layer(action(site.trap, "write"))))))


@cases.add("lambda-in-time-distributed", *UNSAFE)
def _(site: Site) -> None:
    inner = lambda_layer(action(site.trap, "write"), (28, 1))
    inner["build_config"] = {"input_shape": [None, 28, 1]}
    site.write(MODEL, keras_with_layer(keras_layer("TimeDistributed", layer=inner)))


@cases.add("lambda-in-bidirectional-h5", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    inner = old(lambda_layer(action(site.trap, "write")))
    site.write("model.h5", hdf5_with_layer(old(keras_layer("Bidirectional", layer=inner))))


@cases.add("lambda-in-activation", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    function = lambda_layer(action(site.trap, "write"))["config"]["function"]
    site.write(MODEL, keras_with_layer(keras_layer("Activation", activation=function)))


@cases.add("lambda-as-hdf5-called-keras", *UNSAFE)
def _(site: Site) -> None:
    site.write(MODEL, hdf5_with_layer(old(lambda_layer(action(site.trap, "write")))))


def _call(site: Site, module: str, name: str, *arguments: Any, as_function: bool = False) -> None:
    """A configuration that asks for any object of any module (CVE-2025-1550)."""
    layer = {"module": module, "class_name": name, "config": dict(zip("ab", arguments, strict=False))}
    if as_function:
        function = {"module": module, "class_name": "function", "config": name, "registered_name": "function"}
        layer = keras_layer(
            "Lambda", function=function, arguments={"command": arguments[0]}, output_shape=None
        )
    site.write(MODEL, keras_with_layer({"registered_name": None, **layer}))


@cases.add("module-os-system", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    _call(site, "os", "system", f"touch {site.trap.canary}")


@cases.add("function-os-system", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    _call(site, "os", "system", f"touch {site.trap.canary}", as_function=True)


@cases.add("inbound-os-system", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    """CVE-2025-1550 as it was published: the function is a layer's, its argument is written in the graph."""
    system = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
    layer = keras_layer("Lambda", function=system, arguments={}, output_shape=None)
    layer |= {"name": "shell", "inbound_nodes": [{"args": [f"touch {site.trap.canary}"], "kwargs": {}}]}
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": SHAPE, "dtype": "float32", "name": "images"},
        "registered_name": None,
        "name": "images",
        "inbound_nodes": [],
    }

    def replace(config: dict[str, Any]) -> None:
        ends = {"input_layers": [["images", 0, 0]], "output_layers": [["images", 0, 0]]}
        config.update(class_name="Functional", config={"name": "f", "layers": [first, layer], **ends})

    site.write(MODEL, keras_with(replace))


@cases.add("module-subprocess-popen", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    _call(site, "subprocess", "Popen", ["touch", str(site.trap.canary)])


@cases.add("module-builtins-exec", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    _call(site, "builtins", "exec", action(site.trap, "write"))


@cases.add("module-numpy-load", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    _call(site, "numpy", "fromfile", str(site.trap.secret))


@cases.add("registered-name", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    layer = {**keras_layer("system", module="os"), "registered_name": "os>system"}
    site.write(MODEL, keras_with_layer(layer))


@cases.add("activation-os-system", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    function = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
    site.write(MODEL, keras_with_layer(keras_layer("Activation", activation=function)))


@cases.add("gadget-get-file", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    """CVE-2025-8747: a function of Keras' own downloads, and unpacks where it is told to."""
    function = {
        "module": "keras.utils",
        "class_name": "function",
        "config": "get_file",
        "registered_name": "f",
    }
    arguments = {
        "origin": f"http://127.0.0.1:{site.trap.port}/a.tar.gz",
        "extract": True,
        "cache_dir": str(site.trap.canary),
    }
    layer = keras_layer("Lambda", function=function, arguments=arguments, output_shape=None)
    site.write(MODEL, keras_with_layer(layer))


@cases.add("gadget-load-img", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    function = {
        "module": "keras.utils",
        "class_name": "function",
        "config": "load_img",
        "registered_name": "f",
    }
    arguments = {"path": str(site.trap.secret)}
    layer = keras_layer("Lambda", function=function, arguments=arguments, output_shape=None)
    site.write(MODEL, keras_with_layer(layer))


@cases.add("gadget-unlocks-safe-mode", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    """CVE-2025-9906: the configuration itself switches safe mode off, then brings its code."""

    def insert(config: dict[str, Any]) -> None:
        unlock = {
            "module": "keras.config",
            "class_name": "enable_unsafe_deserialization",
            "config": {},
            "registered_name": "enable_unsafe_deserialization",
        }
        config["config"]["layers"][1:1] = [unlock, lambda_layer(action(site.trap, "write"))]

    site.write(MODEL, keras_with(insert))


@cases.add("compile-config", points=MODEL_POINTS)
def _(site: Site) -> None:
    """The loss is code, and a grader never compiles: the model is graded as if it were not there."""

    def insert(config: dict[str, Any]) -> None:
        function = lambda_layer(action(site.trap, "write"))["config"]["function"]
        config["compile_config"] = {"optimizer": "adam", "loss": function, "metrics": [function]}

    site.write(MODEL, keras_with(insert))


for kind in ("StringLookup", "TextVectorization", "IntegerLookup"):

    @cases.add(f"vocabulary-file-{kind.lower()}", *UNSAFE, "model-not-loaded", "model-crashed")
    def _vocabulary(site: Site, kind: str = kind) -> None:
        """CVE-2025-12058: a vocabulary is any file of the machine."""
        site.write(MODEL, keras_with_layer(keras_layer(kind, vocabulary=str(site.trap.secret))))


@cases.add("vocabulary-address", *UNSAFE, "model-not-loaded", "model-crashed")
def _(site: Site) -> None:
    address = f"http://127.0.0.1:{site.trap.port}/words.txt"
    site.write(MODEL, keras_with_layer(keras_layer("StringLookup", vocabulary=address)))


@cases.add("tfsm-layer", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    """CVE-2026-1462: a layer that loads a SavedModel from anywhere."""
    site.trap.secret.chmod(0o644)
    layer = keras_layer("TFSMLayer", filepath=str(site.trap.secret), call_endpoint="serve")
    site.write(MODEL, keras_with_layer(layer))


@cases.add("torch-module-wrapper", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    module = {"class_name": "__bytes__", "config": {"value": base64.b64encode(_pickle(site.trap)).decode()}}
    site.write(MODEL, keras_with_layer(keras_layer("TorchModuleWrapper", module=module)))


@cases.add("layer-name-leads-outside", *UNSAFE, "model-not-loaded", "model-damaged")
def _(site: Site) -> None:
    """CVE-2026-12479: names of layers become paths."""

    def rename(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["name"] = f"../../../../../..{site.trap.canary}"

    site.write(MODEL, keras_with(rename))


@cases.add("assets-lead-outside", *UNSAFE, "model-damaged", "model-not-loaded")
def _(site: Site) -> None:
    parts = {**model_parts(), f"assets/../../../../../../..{site.trap.canary}": b"x"}
    site.write(MODEL, keras_zip(parts))


@cases.add("weights-as-pickled-npz", *UNSAFE, "model-damaged", "model-not-loaded", "archive-broken")
def _(site: Site) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{"layers/conv2d": np.array([_Bomb(str(site.trap.canary))], object)})
    parts = {k: v for k, v in model_parts().items() if not k.endswith(".h5")}
    site.write(MODEL, keras_zip({**parts, "model.weights.npz": buffer.getvalue()}))


@cases.add("lambda-in-initializer", *UNSAFE, "model-not-loaded")
def _(site: Site) -> None:
    """What fills the weights before they are read is deserialized too."""

    def insert(config: dict[str, Any]) -> None:
        layer = lambda_layer(action(site.trap, "write"))
        config["config"]["layers"][1]["config"]["kernel_initializer"] = layer["config"]["function"]

    site.write(MODEL, keras_with(insert))


@cases.add("metadata-is-hostile", points=MODEL_POINTS)
def _(site: Site) -> None:
    said = {
        "keras_version": "9" * 5000 + "<script>alert(1)</script>",
        "date_saved": site.trap.secret.read_text(),
    }
    site.write(MODEL, keras_zip({**model_parts(), "metadata.json": json.dumps(said).encode()}))


class _Bomb:
    """What a pickle runs when it is loaded."""

    def __init__(self, canary: str) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"open({self._canary!r}, 'w')",)


def _pickle(trap: Trap) -> bytes:
    return pickle.dumps(_Bomb(str(trap.canary)))


for suffix in ("keras", "h5", "hdf5", "pkl", "pickle", "pt"):

    @cases.add(f"pickle-called-{suffix}", *PICKLED, points=0)
    def _pickled(site: Site, suffix: str = suffix) -> None:
        site.write(f"model.{suffix}", _pickle(site.trap))


@cases.add("pickle-of-torch", *PICKLED, points=0)
def _(site: Site) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", _pickle(site.trap))
        archive.writestr("archive/version", "3\n")
    site.write("model.pth", buffer.getvalue())


@cases.add("pickle-of-joblib", *PICKLED, points=0)
def _(site: Site) -> None:
    site.write("model.joblib", zlib.compress(_pickle(site.trap)))


@cases.add("pickle-in-hdf5-attribute", *UNSAFE, "model-damaged", "model-not-loaded", "model-weights-only")
def _(site: Site) -> None:
    def replace(file: Any) -> None:
        file.attrs["model_config"] = np.void(_pickle(site.trap))

    site.write("model.h5", hdf5_with(replace))
