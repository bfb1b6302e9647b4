"""Graphs of other formats whose operations read, write, call, loop or allocate; models whose answers are none."""

import shutil

from tests.hostile.case import Cases, Site

graphs = Cases("graph operations", needs_model=True)
outputs = Cases("outputs", needs_model=True)

REFUSED = (
    "model-unsafe",
    "model-unsafe-operation",
    "model-external-data",
    "model-saved-model-incomplete",
    "model-damaged",
    "model-not-loaded",
    "model-crashed",
    "model-forbidden",
    "model-unknown-layer",
)

for name, more in (
    ("saved-model-writes", ()),
    ("saved-model-reads", ()),
    ("saved-model-prints-to-file", ()),
    ("saved-model-lists-files", ()),
    ("saved-model-py-function", ()),
    ("saved-model-saves", ()),
    ("saved-model-restores", ()),
    ("saved-model-endless", ("model-timeout",)),
    ("saved-model-allocates", ("model-out-of-memory", "model-timeout")),
    ("saved-model-texts", ("model-bad-answer",)),
    ("saved-model-vocabulary-outside", ()),
    ("saved-model-acts-at-load", ()),
    ("saved-model-damaged", ()),
    ("tflite-custom-op", ()),
    ("tflite-flex-op", ()),
    ("tflite-endless", ("model-timeout",)),
    ("tflite-damaged", ()),
    ("onnx-reads-absolute", ()),
    ("onnx-reads-relative", ()),
    ("onnx-endless", ("model-timeout",)),
    ("onnx-allocates", ("model-out-of-memory", "model-timeout")),
    ("onnx-custom-op", ()),
    ("onnx-damaged", ()),
):

    @graphs.add(name, *REFUSED, *more)
    def _made(site: Site) -> None:
        shutil.copytree(site.made(), site.folder, dirs_exist_ok=True)


for name, slugs in (
    ("nan", ("model-not-finite",)),
    ("infinite", ("model-not-finite",)),
    ("huge-values", ("model-not-finite",)),
    ("nine-classes", ("model-output-size",)),
    ("eleven-classes", ("model-output-size",)),
    ("a-million-classes", ("model-output-size",)),
    ("constant", ("model-constant",)),
    ("random", ()),
    ("depends-on-neighbours", ()),
    ("two-outputs", ("model-several-inputs",)),
    ("scores-in-a-row", ("model-output-size", "model-other-convention")),
    ("color-images", ()),
    ("whole-numbers", ()),
):

    @outputs.add(name, *slugs)
    def _answers(site: Site) -> None:
        shutil.copytree(site.made(), site.folder, dirs_exist_ok=True)
