"""HDF5 files that refer to other files, to themselves, or to more than there is."""

from typing import Any

import h5py
import numpy as np

from tests.hostile.case import Cases, Site
from tests.hostile.plain import KERNEL, MODEL, hdf5_with, keras_with_weights, keras_zip, model_parts

cases = Cases("HDF5 references", needs_model=True)

REFUSED = ("model-unsafe", "model-not-loaded", "model-damaged", "model-crashed", "model-forbidden")
_WEIGHTS = "layers/conv2d/vars/0"
"""Path of the first layer's weights in a Keras 3 zip."""


def _replaced(file: h5py.File, path: str, make: Any) -> None:
    shape = file[path].shape
    del file[path]
    make(file, path, shape)


def _external_data(site: Site) -> Any:
    def make(file: h5py.File, path: str, shape: tuple[int, ...]) -> None:
        size = 4 * int(np.prod(shape))
        file.create_dataset(path, shape, "f4", external=[(str(site.trap.secret), 0, size)])

    return make


def _external_link(site: Site) -> Any:
    def make(file: h5py.File, path: str, _: tuple[int, ...]) -> None:
        file[path] = h5py.ExternalLink(str(site.trap.secret), "/x")

    return make


def _virtual(site: Site) -> Any:
    def make(file: h5py.File, path: str, shape: tuple[int, ...]) -> None:
        layout = h5py.VirtualLayout(shape=shape, dtype="f4")
        layout[...] = h5py.VirtualSource(str(site.trap.secret), "x", shape=shape)
        file.create_virtual_dataset(path, layout)

    return make


def _loop(file: h5py.File, path: str, _: tuple[int, ...]) -> None:
    file[path] = h5py.SoftLink(f"/{path}")


def _bomb(file: h5py.File, path: str, _: tuple[int, ...]) -> None:
    file.create_dataset(path, (1 << 25, 1 << 25), "f4", chunks=(1 << 10, 1 << 10), compression="gzip")


for name, make in (
    ("external-data", _external_data),
    ("external-link", _external_link),
    ("virtual", _virtual),
    ("soft-loop", lambda _: _loop),
    ("shape-bomb", lambda _: _bomb),
):

    @cases.add(f"h5-{name}", *REFUSED)
    def _hdf5(site: Site, make: Any = make) -> None:
        site.write("model.h5", hdf5_with(lambda file: _replaced(file, KERNEL, make(site))))

    @cases.add(f"keras-{name}", *REFUSED)
    def _keras(site: Site, make: Any = make) -> None:
        content = keras_with_weights(lambda file: _replaced(file, _WEIGHTS, make(site)))
        site.write(MODEL, content)


@cases.add("h5-config-in-external-link", *REFUSED, "model-weights-only")
def _(site: Site) -> None:
    def replace(file: h5py.File) -> None:
        del file["model_weights"]
        file["model_weights"] = h5py.ExternalLink(str(site.trap.secret), "/")

    site.write("model.h5", hdf5_with(replace))


@cases.add("h5-zeros", *REFUSED, "model-out-of-memory", "model-timeout")
def _(site: Site) -> None:
    """Four gigabytes of zeros in four megabytes."""

    def replace(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(
            KERNEL,
            (1 << 15, 1 << 15),
            "f4",
            chunks=(1 << 12, 1 << 12),
            compression="gzip",
            compression_opts=1,
        )
        zeros = np.zeros((1 << 12, 1 << 12), "f4")
        for i in range(2):
            file[KERNEL][i << 12 : (i + 1) << 12, : 1 << 12] = zeros

    site.write("model.h5", hdf5_with(replace))


@cases.add("h5-group-within-itself")
def _(site: Site) -> None:
    def insert(file: h5py.File) -> None:
        file["model_weights/out/again"] = file["model_weights"]
        file["model_weights/flat/again"] = file["/"]

    site.write("model.h5", hdf5_with(insert))


@cases.add("h5-config-is-numbers", *REFUSED, "model-weights-only")
def _(site: Site) -> None:
    def replace(file: h5py.File) -> None:
        file.attrs["model_config"] = np.arange(100)

    site.write("model.h5", hdf5_with(replace))


@cases.add("h5-attributes-of-wrong-types", *REFUSED)
def _(site: Site) -> None:
    def replace(file: h5py.File) -> None:
        file["model_weights"].attrs["layer_names"] = np.arange(7.0)
        file["model_weights/out"].attrs["weight_names"] = 3
        file.attrs["keras_version"] = np.array([[1, 2], [3, 4]])
        file.attrs["backend"] = b"\xff\xfe"

    site.write("model.h5", hdf5_with(replace))


@cases.add("h5-weight-names-lead-outside", *REFUSED)
def _(site: Site) -> None:
    def replace(file: h5py.File) -> None:
        names = np.array([f"../../../..{site.trap.secret}".encode(), b"/../../x"])
        file["model_weights/out"].attrs["weight_names"] = names

    site.write("model.h5", hdf5_with(replace))


@cases.add("h5-many-groups", "model-weights-only", *REFUSED)
def _(site: Site) -> None:
    def insert(file: h5py.File) -> None:
        del file.attrs["model_config"]
        for number in range(20_000):
            file.create_group(f"g{number}")

    site.write("model.h5", hdf5_with(insert))


@cases.add("h5-damaged-in-the-middle", *REFUSED, "model-weights-only")
def _(site: Site) -> None:
    whole = bytearray(hdf5_with(lambda _: None))
    for at in range(600, 3000, 7):
        whole[at] ^= 0xFF
    site.write("model.h5", bytes(whole))


@cases.add("h5-superblock-only", "model-damaged")
def _(site: Site) -> None:
    site.write("model.h5", b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000)


@cases.add("keras-weights-are-text", *REFUSED)
def _(site: Site) -> None:
    site.write(MODEL, keras_zip({**model_parts(), "model.weights.h5": site.trap.secret.read_bytes()}))
