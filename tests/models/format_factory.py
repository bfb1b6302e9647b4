"""Makes every model of `format_cases` with real TensorFlow: `python format_factory.py FOLDER CANARY`.

All of them hold the shipped lecture network `lecture-cnn-small`, so that what they read is known.
"""

import json
import os
import pickle
import shutil
import struct
import sys
import zipfile
import zlib
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import onnx
import tensorflow as tf
from keras import layers
from tensorflow.core.protobuf import saved_model_pb2

from grader.resources import resource_folder
from tests.digits import load_test_set


def lecture() -> keras.Model:
    return keras.models.load_model(
        resource_folder("reference_models") / "lecture-cnn-small" / "model.keras", compile=False
    )


def behind(*first: layers.Layer, shape: tuple[int, ...], dtype: str | None = None) -> keras.Model:
    """The lecture network behind layers that make it take another shape."""
    return keras.Sequential([keras.Input(shape, dtype=dtype), *first, *lecture().layers])


def before(*last: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((28, 28, 1)), *lecture().layers, *last])


class Folder:
    """Gives each case a folder of its own."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __truediv__(self, name: str) -> Path:
        folder = self._root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name


def keras_files(to: Folder) -> None:
    model = lecture()
    model.save(to / "model.keras")
    model.save(to / "model.h5")
    shutil.copyfile(to / "model.h5", to / "hdf5.keras")
    shutil.copyfile(to / "model.h5", to / "hdf5.model")
    trained = lecture()
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.optimizer.learning_rate = 0.0
    trained.fit(np.zeros((32, 28, 28, 1)), np.zeros(32), verbose=0)
    trained.save(to / "trained.h5")
    for suffix in (".keras", ".h5"):
        renamed = lecture()
        renamed.layers[-1].activation = tf.nn.softmax
        renamed.save(to / f"softmax_v2{suffix}")
    (to / "truncated.keras").write_bytes((to / "model.keras").read_bytes()[:60_000])
    (to / "truncated.h5").write_bytes((to / "model.h5").read_bytes()[:60_000])
    (to / "text.keras").write_text("not a model")


def old_files(to: Folder) -> None:
    """Keras 2.2's form, put by hand into a file of today: names of layers and arrays are the same."""
    names = [layer.name for layer in lecture().layers]

    def old(name: str, extra: dict[str, object], **initializer: object) -> dict[str, object]:
        kind = lecture().get_layer(name)
        settings: dict[str, object] = {"name": name, "trainable": True, **extra}
        scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None, **initializer}
        kernel = {"class_name": "VarianceScaling", "config": scaling}
        zeros = {"class_name": "Zeros", "config": dict(initializer)}
        if isinstance(kind, layers.Conv2D):
            settings |= {"filters": kind.filters, "kernel_size": [3, 3], "strides": [1, 1], "padding": kind.padding,
                         "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "relu",
                         "use_bias": True, "kernel_initializer": kernel, "bias_initializer": zeros}  # fmt: skip
        elif isinstance(kind, layers.Dense):
            settings |= {"units": 10, "activation": "softmax", "use_bias": True, "kernel_initializer": kernel,
                         "bias_initializer": zeros}  # fmt: skip
        elif isinstance(kind, layers.MaxPooling2D):
            settings |= {
                "pool_size": [2, 2],
                "padding": "valid",
                "strides": [2, 2],
                "data_format": "channels_last",
            }
        else:
            settings |= {"data_format": "channels_last"}
        return {"class_name": type(kind).__name__, "config": settings}

    def write(name: str, config: object, version: str) -> None:
        shutil.copyfile(to / "model.h5", to / name)
        with h5py.File(to / name, "r+") as file:
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = version

    shape = {"batch_input_shape": [None, 28, 28, 1], "dtype": "float32"}
    plain = [old(name, shape if name == names[0] else {}) for name in names]
    write("keras-2.2.4.h5", {"class_name": "Sequential", "config": {"name": "s", "layers": plain}}, "2.2.4")
    write("keras-2.2-list.h5", {"class_name": "Sequential", "config": plain}, "2.2.2")
    typed = [old(name, {"dtype": "float32"}, dtype="float32") for name in names]
    write(
        "keras-2.2.4-tf.h5",
        {"class_name": "Sequential", "config": {"name": "s", "layers": typed}},
        "2.2.4-tf",
    )
    code = {"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", None, None],
            "function_type": "lambda", "module": "m", "output_shape": None, "output_shape_type": "raw",
            "output_shape_module": None, "arguments": {}}}  # fmt: skip
    write(
        "lambda-2.2.4.h5",
        {"class_name": "Sequential", "config": {"name": "s", "layers": [*plain, code]}},
        "2.2.4",
    )


def saved_models(to: Folder, canary: str) -> None:
    model = lecture()
    model.export(to / "exported", verbose=False)
    tf.saved_model.save(model, to / "saved")
    for name in ("packed.zip", "packed.keras"):
        with zipfile.ZipFile(to / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((to / "exported").rglob("*")):
                archive.write(path, Path("mymodel") / path.relative_to(to / "exported"))
    shutil.copytree(to / "exported", to / "incomplete")
    shutil.rmtree(to / "incomplete" / "variables")

    def with_effect(name: str, effect) -> None:
        module = tf.Module()
        module.model = model

        def serve(images):
            with tf.control_dependencies([effect(images)]):
                return model(tf.identity(images))

        serve = tf.function(serve, input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)])
        tf.saved_model.save(module, to / name, signatures={"serving_default": serve})

    with_effect("writes", lambda _: tf.io.write_file(canary, "written"))
    with_effect("reads", lambda _: tf.io.read_file("/etc/hostname"))
    with_effect("prints", lambda images: tf.print(images[0, 0, 0, 0]))
    with_effect("python", lambda images: tf.py_function(lambda x: x, [images], tf.float32))
    with_effect("masked", lambda _: tf.io.write_file(canary, "written"))
    graph = to / "masked" / "saved_model.pb"
    document = saved_model_pb2.SavedModel.FromString(graph.read_bytes())
    functions = document.meta_graphs[0].graph_def.library.function
    functions.add().CopyFrom(functions[0])
    functions[-1].signature.name = "WriteFile"
    graph.write_bytes(document.SerializeToString())


def tflite_files(to: Folder) -> None:
    images, _ = load_test_set()
    fixed = keras.Sequential([keras.Input(batch_shape=(1, 28, 28, 1)), *lecture().layers])

    def convert(name: str, model: keras.Model, **settings: object) -> None:
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        for key, value in settings.items():
            setattr(converter, key, value)
        (to / name).write_bytes(converter.convert())

    def some():
        for image in images[:200]:
            yield [image[None].astype(np.float32)]

    convert("float.tflite", lecture())
    convert("fixed.tflite", fixed)
    convert("dynamic.tflite", lecture(), optimizations=[tf.lite.Optimize.DEFAULT])
    for kind, model in (("uint8", fixed), ("int8", lecture())):
        convert(
            f"{kind}.tflite",
            model,
            optimizations=[tf.lite.Optimize.DEFAULT],
            representative_dataset=some,
            inference_input_type=tf.as_dtype(kind),
            inference_output_type=tf.as_dtype(kind),
        )
    own = tf.function(tf.math.asinh, input_signature=[tf.TensorSpec((None, 10), tf.float32)])
    custom = tf.lite.TFLiteConverter.from_concrete_functions([own.get_concrete_function()])
    custom.allow_custom_ops = True
    (to / "custom.tflite").write_bytes(custom.convert())


def onnx_files(to: Folder) -> None:
    model = lecture()
    model(np.zeros((1, 28, 28, 1), np.float32))
    model.export(to / "model.onnx", format="onnx", verbose=False)
    shutil.copyfile(to / "model.onnx", to / "network.model")
    fixed = onnx.load(to / "model.onnx")
    for value in (*fixed.graph.input, *fixed.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(fixed, to / "fixed.onnx")
    onnx.save(
        onnx.load(to / "model.onnx"),
        to / "external.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    custom = onnx.load(to / "model.onnx")
    custom.graph.node[-1].domain = "com.example"
    custom.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    onnx.save(custom, to / "custom.onnx")


def weights_files(to: Folder) -> None:
    model = lecture()
    model.save_weights(to / "lecture.weights.h5")
    with h5py.File(to / "model.h5") as whole, h5py.File(to / "legacy-weights.h5", "w") as alone:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", alone)
        for name, value in whole["model_weights"].attrs.items():
            alone.attrs[name] = value
    own = keras.Sequential(
        [keras.Input((28, 28, 1)), *model.layers[:-1], layers.Activation("linear"), model.layers[-1]]
    )
    deeper = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(7), layers.Dense(10)])
    identity = layers.Dense(10, use_bias=False)
    wider = keras.Sequential([*own.layers, identity])
    wider.build((None, 28, 28, 1))
    identity.set_weights([np.eye(10, dtype=np.float32)])
    wider.save_weights(to / "own.weights.h5")
    (to / "own.weights.h5").with_name("model.json").write_text(wider.to_json())
    wider.save_weights(to / "misfit.weights.h5")
    (to / "misfit.weights.h5").with_name("model.json").write_text(deeper.to_json())
    deeper.save_weights(to / "unknown.weights.h5")


def shapes(to: Folder) -> None:
    last_channel = layers.Permute((2, 3, 1))
    behind(layers.Reshape((28, 28, 1)), shape=(784,)).save(to / "flat.keras")
    behind(layers.Reshape((28, 28, 1)), shape=(28, 28)).save(to / "square.keras")
    behind(layers.Rescaling(1 / 255), shape=(28, 28, 1), dtype="uint8").save(to / "uint8.keras")
    behind(last_channel, shape=(1, 28, 28)).save(to / "channels-first.keras")
    color = mean_of_channels()
    behind(color, shape=(28, 28, 3)).save(to / "color.keras")
    behind(layers.Permute((2, 3, 1)), mean_of_channels(), shape=(3, 28, 28)).save(to / "color-first.keras")
    behind(layers.Resizing(28, 28), shape=(32, 32, 1)).save(to / "large.keras")
    behind(layers.Cropping2D(2), shape=(32, 32, 1)).save(to / "padded.keras")
    behind(mean_of_channels(), layers.Resizing(28, 28), shape=(32, 32, 3)).save(to / "large-color.keras")
    behind(layers.Reshape((8, 8, 1)), layers.Resizing(28, 28), shape=(8, 8)).save(to / "small.keras")
    fixed = keras.Sequential([keras.Input(batch_shape=(32, 28, 28, 1)), *lecture().layers])
    fixed.save(to / "fixed.keras")
    before(layers.Reshape((1, 10))).save(to / "row.keras")
    before(layers.Reshape((10, 1))).save(to / "column.keras")
    before(layers.Reshape((1, 1, 10))).save(to / "map.keras")
    logits = lecture()
    logits.layers[-1].activation = keras.activations.linear
    logits.save(to / "logits.keras")
    keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(11)]).save(to / "eleven.keras")


def mean_of_channels() -> layers.Layer:
    mean = layers.Conv2D(1, 1, use_bias=False, name="mean_of_channels")
    mean.build((None, None, None, 3))
    mean.set_weights([np.full((1, 1, 3, 1), 1 / 3, np.float32)])
    return mean


def others(to: Folder) -> None:
    (to / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    (to / "model.joblib").write_bytes(zlib.compress(pickle.dumps({"weights": [1.0, 2.0]})))
    with zipfile.ZipFile(to / "model.pt", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model/data.pkl", pickle.dumps([1.0], protocol=2))
        archive.writestr("model/data/0", struct.pack("<4f", 1, 2, 3, 4))
        archive.writestr("model/version", "3\n")
    magic = 0x1950A86A20F9469CFC6C
    (to / "old-model.pth").write_bytes(pickle.dumps(magic, protocol=2) + pickle.dumps(1001, protocol=2))
    np.savez(to / "weights.npz", *lecture().get_weights())
    for suffix in (".keras", ".h5"):
        keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Lambda(lambda x: x * 2), layers.Dense(10)]
        ).save(to / f"lambda{suffix}")


def main(root: Path, canary: str) -> None:
    keras.utils.set_random_seed(1)
    to = Folder(root)
    for make in (keras_files, old_files, tflite_files, onnx_files, weights_files, shapes, others):
        make(to)
    saved_models(to, canary)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
