"""What each kind of model file must come to: the cases of the tests and the rows of docs/model-formats.md."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """One model that the factory makes."""

    name: str
    """Its file or folder, below a folder of its own."""
    what: str
    """How a student comes to it."""
    slug: str | None = None
    """Why it is refused; None: it is read."""
    how: str = ""
    """How it is read."""
    repairs: str = ""
    """Names of `Repair`."""
    per_call: int = 0
    """How many images it takes at once, if that is fixed."""
    shape: tuple[int, ...] = (28, 28, 1)
    """What it takes."""
    format: str | None = None
    """What `model_format` says."""
    agreement: float = 0.999
    """Share of the test images that it must read as the network it was made from."""


_RESAMPLED = 0.98
"""The digits are enlarged here and reduced again by the network: twice blurred."""
_OF_64_PIXELS = 0.85
"""Of 8 x 8 pixels the lecture network, trained on 28 x 28, reads nine digits in ten."""

CASES = (
    Case(name="model.keras", what='`model.save("model.keras")`', how="as it is", format="keras"),
    Case(name="model.h5", what='`model.save("model.h5")`', how="as it is", format="hdf5"),
    Case(name="trained.h5", what="the same with optimizer and compile settings", how="as it is", format="hdf5"),
    Case(name="hdf5.keras", what="HDF5 under the name `.keras`", how="by content", format="hdf5"),
    Case(name="hdf5.model", what="HDF5 under the name `.model`", how="by content", format="hdf5"),
    Case(name="keras-2.2.4.h5", what="HDF5 of Keras 2.2.4: first layer Conv2D, no input layer",
         how="an input layer is put first", repairs="INPUT_LAYER", format="hdf5"),
    Case(name="keras-2.2.4-tf.h5", what="HDF5 of tf.keras 2.2.4-tf: `dtype` in initializers, no input shape",
         how="the `dtype` is left out; the input follows from the weights", repairs="INPUT_LAYER|INITIALIZER",
         format="hdf5"),
    Case(name="keras-2.2-list.h5", what="HDF5 of Keras 2.2.2 and older: Sequential as a list",
         how="written as today's Keras does", repairs="INPUT_LAYER|OTHER", format="hdf5"),
    Case(name="softmax_v2.keras", what="`activation=tf.nn.softmax` in a Keras zip", how="Keras' function of that name",
         repairs="RENAMED_FUNCTION", format="keras"),
    Case(name="softmax_v2.h5", what="`activation=tf.nn.softmax` in HDF5", how="Keras' function of that name",
         repairs="RENAMED_FUNCTION", format="hdf5"),
    Case(name="exported", what='SavedModel folder, `model.export("folder")`', how="its signature `serving_default`",
         format="saved-model"),
    Case(name="saved", what="SavedModel folder, `tf.saved_model.save`", how="its signature `serving_default`",
         format="saved-model"),
    Case(name="packed.zip", what="SavedModel folder in a zip", how="as the folder", format="saved-model"),
    Case(name="packed.keras", what="SavedModel zip called `.keras`", how="as the folder", format="saved-model"),
    Case(name="incomplete", what="SavedModel without `variables/`", slug="model-saved-model-incomplete"),
    Case(name="float.tflite", what="TFLite", how="TensorFlow's interpreter", format="tflite"),
    Case(name="dynamic.tflite", what="TFLite, weights as int8 (`Optimize.DEFAULT`)", how="TensorFlow's interpreter",
         format="tflite", agreement=0.99),
    Case(name="uint8.tflite", what="TFLite, everything quantized, uint8 in and out",
         how="quantized and back by its scale and zero point", format="tflite", agreement=0.98, per_call=1),
    Case(name="int8.tflite", what="TFLite, everything quantized, int8 in and out",
         how="quantized and back by its scale and zero point", format="tflite", agreement=0.98),
    Case(name="model.onnx", what='ONNX, `model.export("model.onnx", format="onnx")`', how="ONNX Runtime",
         format="onnx"),
    Case(name="network.model", what="ONNX under another name", how="by content", format="onnx"),
    Case(name="external.onnx", what="ONNX with its weights in another file", slug="model-external-data"),
    Case(name="custom.onnx", what="ONNX with an operation that is not ONNX's own", slug="model-unsafe-operation"),
    Case(name="lecture.weights.h5", what='`model.save_weights("x.weights.h5")` of a lecture network',
         how="set in the one lecture network whose weights have these shapes", repairs="WEIGHTS_MATCHED", format="hdf5"),
    Case(name="legacy-weights.h5", what="weights of a lecture network as Keras 1 and 2 wrote them",
         how="set in the one lecture network whose weights have these shapes", repairs="WEIGHTS_MATCHED", format="hdf5"),
    Case(name="own.weights.h5", what="weights of another network, with `model.json` beside them",
         how="set in the network of `model.json`", repairs="ARCHITECTURE_FILE", format="hdf5"),
    Case(name="misfit.weights.h5", what="weights beside a `model.json` of another network",
         slug="model-weights-misfit"),
    Case(name="unknown.weights.h5", what="weights of another network alone", slug="model-weights-only"),
    Case(name="flat.keras", what="takes (784)", how="reshaped", shape=(784,), format="keras"),
    Case(name="square.keras", what="takes (28, 28)", how="reshaped", shape=(28, 28), format="keras"),
    Case(name="fixed.keras", what="takes exactly 32 images at once", how="32 at a time, filled up", per_call=32,
         format="keras"),
    Case(name="fixed.tflite", what="TFLite that takes one image at once", how="one at a time", per_call=1,
         format="tflite"),
    Case(name="fixed.onnx", what="ONNX that takes one image at once", how="one at a time", per_call=1, format="onnx"),
    Case(name="uint8.keras", what="takes whole numbers 0-255 (`dtype=\"uint8\"`)", how="numbers are cast",
         format="keras"),
    Case(name="channels-first.keras", what="takes (1, 28, 28)", how="axes are moved", shape=(1, 28, 28),
         format="keras"),
    Case(name="color.keras", what="takes (28, 28, 3)", how="the channel is repeated", shape=(28, 28, 3),
         format="keras"),
    Case(name="color-first.keras", what="takes (3, 28, 28)", how="the channel is repeated, axes are moved",
         shape=(3, 28, 28), format="keras"),
    Case(name="large.keras", what="takes (32, 32, 1)", how="resized", shape=(32, 32, 1), format="keras",
         agreement=_RESAMPLED),
    Case(name="padded.keras", what="takes (32, 32, 1), trained with background around the digits",
         how="background is put around the digits", shape=(32, 32, 1), format="keras"),
    Case(name="large-color.keras", what="takes (32, 32, 3)", how="resized, the channel is repeated",
         shape=(32, 32, 3), format="keras", agreement=_RESAMPLED),
    Case(name="small.keras", what="takes (8, 8)", how="resized", shape=(8, 8), format="keras",
         agreement=_OF_64_PIXELS),
    Case(name="row.keras", what="gives (n, 1, 10)", how="axes of length 1 are dropped", format="keras"),
    Case(name="column.keras", what="gives (n, 10, 1)", how="axes of length 1 are dropped", format="keras"),
    Case(name="map.keras", what="gives (n, 1, 1, 10)", how="axes of length 1 are dropped", format="keras"),
    Case(name="logits.keras", what="gives logits", how="softmax is applied", format="keras"),
    Case(name="eleven.keras", what="gives 11 scores", slug="model-output-size"),
    Case(name="model.pkl", what="`pickle.dump(model)`", slug="model-pickle"),
    Case(name="model.joblib", what="`joblib.dump(model)`", slug="model-pickle"),
    Case(name="model.pt", what="`torch.save(model)`", slug="model-torch"),
    Case(name="old-model.pth", what="`torch.save(model)` before PyTorch 1.6", slug="model-torch"),
    Case(name="weights.npz", what="`np.savez(*model.get_weights())`", slug="model-numpy"),
    Case(name="lambda.keras", what="a Lambda layer in a Keras zip", slug="model-unsafe"),
    Case(name="lambda.h5", what="a Lambda layer in HDF5", slug="model-unsafe"),
    Case(name="lambda-2.2.4.h5", what="a Lambda layer in HDF5 that would have to be repaired", slug="model-unsafe"),
    Case(name="writes", what="SavedModel that writes a file", slug="model-unsafe-operation"),
    Case(
        name="masked",
        what="SavedModel with a function called like an operation that writes",
        slug="model-unsafe-operation",
    ),
    Case(name="reads", what="SavedModel that reads a file", slug="model-unsafe-operation"),
    Case(name="prints", what="SavedModel that prints", slug="model-unsafe-operation"),
    Case(name="python", what="SavedModel that calls Python (`tf.py_function`)", slug="model-unsafe-operation"),
    Case(name="custom.tflite", what="TFLite with an operation that is not TFLite's own", slug="model-unsafe-operation"),
    Case(name="truncated.keras", what="half of a Keras zip", slug="model-damaged"),
    Case(name="truncated.h5", what="half of an HDF5 file", slug="model-damaged"),
    Case(name="text.keras", what="text under the name `.keras`", slug="model-unknown-format"),
)  # fmt: skip
"""In the order of the page."""

GROUPS = {
    "model.keras": "Keras files",
    "exported": "SavedModel",
    "float.tflite": "TFLite",
    "model.onnx": "ONNX",
    "lecture.weights.h5": "Weights alone",
    "flat.keras": "What it takes",
    "row.keras": "What it gives",
    "model.pkl": "Other libraries",
    "lambda.keras": "Code of its own, damage",
}
"""Headings, by the case they come before."""
