"""Makes what only TensorFlow and ONNX can: `python -m tests.hostile.factory REQUEST FOLDER`.

The request is JSON: what each case must not touch. Everything is built and nothing is run: the graphs act when they are
loaded or asked.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
import tensorflow as tf
from keras import layers
from onnx import TensorProto, helper

IMAGES = tf.TensorSpec((None, 28, 28, 1), tf.float32, name="images")
Ways = dict[str, Callable[[dict[str, Any], Path], None]]
WAYS: Ways = {}


def way(name: str) -> Callable[[Callable[[dict[str, Any], Path], None]], None]:
    def register(build: Callable[[dict[str, Any], Path], None]) -> None:
        WAYS[name] = build

    return register


def scores(images: Any) -> Any:
    """Something that looks like the answer of a network."""
    flat = tf.reshape(images, (-1, 784))
    return tf.nn.softmax(flat[:, :10])


class Network(tf.Module):
    """A graph that does something beside answering."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        super().__init__()
        self.weight = tf.Variable(tf.ones((10,)))

        @tf.function(input_signature=[IMAGES])
        def serve(images: Any) -> dict[str, Any]:
            result = act(images)
            with tf.control_dependencies([result] if hasattr(result, "op") else []):
                return {"scores": scores(images) * self.weight}

        self.serve = serve


def save(folder: Path, act: Callable[[Any], Any]) -> None:
    network = Network(act)
    tf.saved_model.save(
        network, folder, signatures={"serving_default": network.serve, "serve": network.serve}
    )


def first_byte(path: str) -> Any:
    return tf.cast(tf.io.decode_raw(tf.io.read_file(path), tf.uint8)[0], tf.float32)


@way("saved-model-writes")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: tf.io.write_file(trap["canary"], "x"))


@way("saved-model-reads")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: first_byte(trap["secret"]))


@way("saved-model-prints-to-file")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda images: tf.print(images, output_stream=f"file://{trap['canary']}"))


@way("saved-model-lists-files")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: tf.io.matching_files(str(Path(trap["secret"]).parent / "*")))


@way("saved-model-py-function")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda images: tf.numpy_function(lambda x: x, [images], tf.float32))


@way("saved-model-saves")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: tf.raw_ops.SaveV2(
        prefix=trap["canary"], tensor_names=["x"], shape_and_slices=[""], tensors=[tf.ones((3,))]))  # fmt: skip


@way("saved-model-restores")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: tf.raw_ops.RestoreV2(
        prefix=trap["secret"], tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32])[0])  # fmt: skip


@way("saved-model-endless")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda _: tf.while_loop(lambda _: True, lambda i: (i + 1,), (tf.constant(0.0),))[0])


@way("saved-model-allocates")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(
        folder,
        lambda images: tf.reduce_sum(tf.random.uniform(tf.stack([tf.shape(images)[0] * 0 + (1 << 30), 16]))),
    )


@way("saved-model-texts")
def _(trap: dict[str, Any], folder: Path) -> None:
    """Scores that are texts."""

    class Texts(tf.Module):
        @tf.function(input_signature=[IMAGES])
        def serve(self, images: Any) -> dict[str, Any]:
            return {"scores": tf.strings.as_string(scores(images))}

    network = Texts()
    tf.saved_model.save(network, folder, signatures={"serving_default": network.serve})


@way("saved-model-vocabulary-outside")
def _(trap: dict[str, Any], folder: Path) -> None:
    """A table is filled from a file while the model is loaded; its path leads out of the folder."""
    words = folder.parent / "words.txt"
    words.write_text("a\nb\n")

    class Table(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            keys, lines = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
            start = tf.lookup.TextFileInitializer(str(words), tf.string, keys, tf.int64, lines)
            self.table = tf.lookup.StaticHashTable(start, -1)

        @tf.function(input_signature=[IMAGES])
        def serve(self, images: Any) -> dict[str, Any]:
            return {"scores": scores(images) + tf.cast(self.table.lookup(tf.constant(["a"])), tf.float32)}

    network = Table()
    tf.saved_model.save(network, folder, signatures={"serving_default": network.serve})
    edit_graph(
        folder,
        lambda graph: setattr(graph.asset_file_def[0], "filename", f"../../../../../../..{trap['secret']}"),
    )


@way("saved-model-acts-at-load")
def _(trap: dict[str, Any], folder: Path) -> None:
    """The old format has an operation that runs when the graph is loaded."""
    v1 = tf.compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, (None, 28, 28, 1))
        answer = scores(images)
        act = tf.io.write_file(trap["canary"], "x")
        builder = v1.saved_model.builder.SavedModelBuilder(str(folder))
        signature = v1.saved_model.build_signature_def(
            {"images": v1.saved_model.build_tensor_info(images)},
            {"scores": v1.saved_model.build_tensor_info(answer)},
            "tensorflow/serving/predict",
        )
        builder.add_meta_graph_and_variables(
            session, ["serve"], signature_def_map={"serving_default": signature}, main_op=act
        )
        builder.save()


@way("saved-model-damaged")
def _(trap: dict[str, Any], folder: Path) -> None:
    save(folder, lambda images: images)
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:-2000] + b"\xff" * 2000)


def edit_graph(folder: Path, edit: Callable[[Any], None]) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    path = folder / "saved_model.pb"
    whole = saved_model_pb2.SavedModel()
    whole.ParseFromString(path.read_bytes())
    edit(whole.meta_graphs[0])
    path.write_bytes(whole.SerializeToString())


def lite(folder: Path, act: Callable[[Any], Any], *, custom: bool = False, flex: bool = False) -> None:
    folder.mkdir()
    network = Network(act)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [network.serve.get_concrete_function()], network
    )
    converter.allow_custom_ops = custom
    if flex:
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    (folder / "model.tflite").write_bytes(converter.convert())


@way("tflite-custom-op")
def _(trap: dict[str, Any], folder: Path) -> None:
    lite(folder, lambda _: tf.io.write_file(trap["canary"], "x"), custom=True)


@way("tflite-flex-op")
def _(trap: dict[str, Any], folder: Path) -> None:
    lite(folder, lambda _: tf.io.write_file(trap["canary"], "x"), flex=True)


@way("tflite-endless")
def _(trap: dict[str, Any], folder: Path) -> None:
    class Endless(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 28, 28, 1), tf.float32)])
        def serve(self, images: Any) -> Any:
            first = scores(images)
            return tf.while_loop(
                lambda x: tf.reduce_sum(x) > -1.0, lambda x: (tf.abs(x) * 0.5 + 0.1,), (first,)
            )[0]

    folder.mkdir()
    network = Endless()
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [network.serve.get_concrete_function()], network
    )
    (folder / "model.tflite").write_bytes(converter.convert())


@way("tflite-damaged")
def _(trap: dict[str, Any], folder: Path) -> None:
    lite(folder, lambda images: images)
    path = folder / "model.tflite"
    content = bytearray(path.read_bytes())
    for at in range(64, len(content), 13):
        content[at] ^= 0xA5
    path.write_bytes(bytes(content))


def onnx_model(folder: Path, nodes: list[Any], initializers: list[Any], **more: Any) -> None:
    folder.mkdir()
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 28, 28, 1])
    answer = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, "g", [images], [answer], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), *more.get("domains", ())])
    model.ir_version = 9
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def dense_nodes(weight: str = "w") -> list[Any]:
    return [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", weight], ["scores"]),
    ]


def external(name: str, shape: tuple[int, ...], path: str) -> Any:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", path), ("offset", "0"), ("length", str(4 * int(np.prod(shape))))):
        tensor.external_data.add(key=key, value=value)
    return tensor


@way("onnx-reads-absolute")
def _(trap: dict[str, Any], folder: Path) -> None:
    onnx_model(folder, dense_nodes(), [external("w", (784, 10), trap["secret"])])


@way("onnx-reads-relative")
def _(trap: dict[str, Any], folder: Path) -> None:
    onnx_model(folder, dense_nodes(), [external("w", (784, 10), "../../../../../../.." + trap["secret"])])


@way("onnx-endless")
def _(trap: dict[str, Any], folder: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.ones((784, 10), np.float32), "w")
    yes = onnx.numpy_helper.from_array(np.array(True), "yes")
    many = onnx.numpy_helper.from_array(np.array(2**62), "many")
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["c"], ["c2"]),
            helper.make_node("MatMul", ["flat", "w"], ["again"]),
            helper.make_node("Add", ["x", "again"], ["x2"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 10]),
        ],
        [
            helper.make_tensor_value_info("c2", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x2", TensorProto.FLOAT, ["n", 10]),
        ],
    )
    nodes = dense_nodes()
    nodes[-1].output[0] = "start"
    nodes.append(helper.make_node("Loop", ["many", "yes", "start"], ["scores"], body=body))
    onnx_model(folder, nodes, [weight, yes, many])


@way("onnx-allocates")
def _(trap: dict[str, Any], folder: Path) -> None:
    shape = onnx.numpy_helper.from_array(np.array([1 << 20, 1 << 20]), "shape")
    weight = onnx.numpy_helper.from_array(np.ones((784, 10), np.float32), "w")
    nodes = dense_nodes()
    nodes[-1].output[0] = "start"
    nodes += [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("Add", ["start", "sum"], ["scores"]),
    ]
    onnx_model(folder, nodes, [shape, weight])


@way("onnx-custom-op")
def _(trap: dict[str, Any], folder: Path) -> None:
    node = helper.make_node(
        "Shell", ["images"], ["scores"], domain="hostile", command=f"touch {trap['canary']}"
    )
    onnx_model(folder, [node], [], domains=[helper.make_opsetid("hostile", 1)])


@way("onnx-damaged")
def _(trap: dict[str, Any], folder: Path) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"\x08\x09\x12" + b"\xff" * 4000)


def dense(*middle: Any, shape: tuple[int, ...] = (28, 28, 1), outputs: int = 10, **last: Any) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            *middle,
            layers.Dense(outputs, **{"activation": "softmax", **last}),
        ]
    )


def keras_file(name: str, build: Callable[[], keras.Model]) -> None:
    @way(name)
    def _(trap: dict[str, Any], folder: Path) -> None:
        folder.mkdir()
        build().save(folder / "model.keras")


def with_weights(value: float) -> keras.Model:
    model = dense(activation="linear")
    model.layers[-1].set_weights([np.full((784, 10), value), np.full(10, value)])
    return model


def called(layer: Any, **arguments: Any) -> keras.Model:
    """A layer that is asked to behave as in training, whatever the caller says."""
    images = keras.Input((28, 28, 1))
    x = layer(layers.Flatten()(images), **arguments)
    return keras.Model(images, layers.Dense(10, activation="softmax")(x))


def two_outputs() -> keras.Model:
    images = keras.Input((28, 28, 1))
    x = layers.Flatten()(images)
    return keras.Model(images, [layers.Dense(10)(x), layers.Dense(10)(x)])


keras_file("nan", lambda: with_weights(float("nan")))
keras_file("infinite", lambda: with_weights(float("inf")))
keras_file("huge-values", lambda: with_weights(1e37))
keras_file("nine-classes", lambda: dense(outputs=9))
keras_file("eleven-classes", lambda: dense(outputs=11))
keras_file("a-million-classes", lambda: dense(layers.Dense(1), outputs=1_000_000))
keras_file("constant", lambda: dense(kernel_initializer="zeros"))
keras_file("random", lambda: called(layers.Dropout(0.9), training=True))
keras_file("depends-on-neighbours", lambda: called(layers.BatchNormalization(), training=True))
keras_file("two-outputs", two_outputs)
keras_file("scores-in-a-row", lambda: keras.Sequential([dense(), layers.Reshape((10, 1, 1))]))
keras_file("color-images", lambda: dense(shape=(32, 32, 3)))
keras_file("whole-numbers", lambda: dense(dtype="float64"))
keras_file(
    "endless", lambda: dense(layers.Dense(1), layers.RepeatVector(500_000), layers.SimpleRNN(256))
)  # fmt: skip
keras_file(
    "slow-answers", lambda: dense(layers.Dense(1), layers.RepeatVector(100_000), layers.SimpleRNN(4))
)  # fmt: skip
keras_file(
    "memory-hog",
    lambda: keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.UpSampling2D(512),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    ),
)


def main(request: Path, folder: Path) -> None:
    keras.utils.set_random_seed(1)
    for name, trap in json.loads(request.read_text()).items():
        if name in WAYS:
            WAYS[name](trap, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
