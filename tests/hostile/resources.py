"""Work that wants more than its share: files, depth, time, memory."""

import json
import shutil
from typing import Any

from tests.hostile.case import Cases, Site
from tests.hostile.code_at_load import SHAPE, keras_layer
from tests.hostile.plain import MODEL, digit, keras_with, keras_with_layer, keras_zip, model_parts

cases = Cases("resources")
settings = Cases("settings and reports")

TOO_MUCH = ("model-timeout", "model-out-of-memory", "model-too-large", "model-not-loaded", "model-crashed")


@cases.add("10100-files", "too-many-files")
def _(site: Site) -> None:
    for number in range(10_100):
        (site.folder / f"{number}.txt").touch()


@cases.add("5000-files-in-folders", "too-many-files")
def _(site: Site) -> None:
    for number in range(5_000):
        path = site.folder / f"data{number % 50}"
        path.mkdir(exist_ok=True)
        (path / f"{number}.txt").write_bytes(b"x")


@cases.add("1000-pictures", "too-many-files")
def _(site: Site) -> None:
    for number in range(1_000):
        (site.folder / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")


@cases.add("200-deep", "folder-too-deep")
def _(site: Site) -> None:
    path = site.folder
    for _ in range(200):
        path = path / "d"
    path.mkdir(parents=True)
    (path / "0.png").write_bytes(digit(0))


@cases.add("450-deep", "folder-too-deep")
def _(site: Site) -> None:
    """With nothing in it: whoever walks down walks for nothing."""
    site.folder.joinpath(*["deeper"] * 450).mkdir(parents=True)


@cases.add("report-of-one-gigabyte", "file-too-large")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    with (site.folder / "report.txt").open("wb") as file:
        file.write(b"text ")
        file.truncate(1_000_000_000)


@cases.add("picture-of-one-gigabyte", "file-too-large")
def _(site: Site) -> None:
    with site.write("3.png", digit(3)).open("r+b") as file:
        file.truncate(1_000_000_000)


@cases.add("model-of-one-gigabyte", "file-too-large")
def _(site: Site) -> None:
    with site.write(MODEL, b"PK\x03\x04").open("r+b") as file:
        file.truncate(1_000_000_000)


@cases.add("thirty-models", "models-not-tried", needs_model=True)
def _(site: Site) -> None:
    for number in range(30):
        site.write(f"{number}.keras", b"PK\x03\x04")


for name in ("endless", "slow-answers", "memory-hog"):

    @cases.add(name, *TOO_MUCH, needs_model=True)
    def _made(site: Site) -> None:
        shutil.copytree(site.made(), site.folder, dirs_exist_ok=True)


@cases.add("model-with-a-billion-units", *TOO_MUCH, needs_model=True)
def _(site: Site) -> None:
    site.write(MODEL, keras_with_layer(keras_layer("Dense", units=1 << 30)))


@cases.add("model-with-a-trillion-words", *TOO_MUCH, needs_model=True)
def _(site: Site) -> None:
    layer = keras_layer("Embedding", input_dim=1 << 40, output_dim=1 << 10)
    site.write(MODEL, keras_with_layer(layer))


@cases.add("model-with-endless-input", *TOO_MUCH, "model-input-shape", "model-damaged", needs_model=True)
def _(site: Site) -> None:
    def widen(config: dict[str, Any]) -> None:
        config["config"]["layers"][0]["config"]["batch_shape"] = [1 << 40, 1 << 31, 1 << 31, 1 << 20]

    site.write(MODEL, keras_with(widen))


@cases.add("model-of-3000-layers", *TOO_MUCH, needs_model=True)
def _(site: Site) -> None:
    def grow(config: dict[str, Any]) -> None:
        for number in range(3_000):
            layer = keras_layer("ReLU")
            layer["config"]["name"] = f"r{number}"
            config["config"]["layers"].insert(1, layer)

    site.write(MODEL, keras_with(grow))


@cases.add("model-nested-100-deep", *TOO_MUCH, "model-damaged", needs_model=True)
def _(site: Site) -> None:
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": SHAPE}}
    layer = keras_layer("ReLU")
    for number in range(100):
        config = {"name": f"s{number}", "layers": [first, layer]}
        layer = {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    site.write(MODEL, keras_with_layer(layer))


@cases.add("config-of-100000-brackets", "model-damaged", "model-not-loaded", needs_model=True)
def _(site: Site) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    site.write(MODEL, keras_zip({**model_parts(), "config.json": deep}))


@cases.add("config-of-other-types", "model-damaged", "model-not-loaded", needs_model=True)
def _(site: Site) -> None:
    wrong = json.dumps({"module": 3, "class_name": ["Sequential"], "config": None}).encode()
    site.write(MODEL, keras_zip({**model_parts(), "config.json": wrong}))


@settings.add("settings-with-endless-number", "settings-unreadable", "settings-label-not-a-digit")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", "[labels]\n'3.png' = " + "9" * 5_000)


@settings.add("settings-a-tower", "settings-unreadable")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", "a = " + "[" * 30_000 + "]" * 30_000)


@settings.add("settings-a-tower-of-keys", "settings-unreadable", "settings-unknown-key")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", "[" + ".".join(["a"] * 10_000) + "]\n")


@settings.add("settings-unknown-tables", "settings-unknown-key")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    hostile = '["<script>alert(1)</script>"]\nx = 1\n["=1+1"]\n["\\u202e\\u0007\\u001b[31m"]\n["{file}%s"]\n'
    site.write("submission.toml", f'{hostile}[run]\npoints = 20\nrubric = "{site.trap.secret}"\n')


@settings.add("settings-labels-outside", "settings-no-such-picture")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write(
        "submission.toml", f'[labels]\n"../../other/3.png" = 3\n"{site.trap.secret}" = 1\n"3.png" = 3\n'
    )


@settings.add("settings-of-a-megabyte", "settings-too-large")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", "#" * 1_000_000)


@settings.add("settings-not-utf8", "settings-unreadable")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", b"[labels]\n\xff\xfe = \x00")


@settings.add("settings-is-a-link", "file-not-regular")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    (site.folder / "submission.toml").symlink_to(site.trap.secret)


@settings.add("settings-of-many-keys", "settings-unknown-key")
def _(site: Site) -> None:
    site.write("3.png", digit(3))
    site.write("submission.toml", "".join(f"k{number} = 1\n" for number in range(5_000)))


@settings.add("claims-with-formulas", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    site.write("0.png", digit(0))
    rows = "=cmd|' -C calc'!A0,<script>alert(1)</script>,\x1b[31m\n" * 200_000
    site.write("predictions.csv", "file,prediction\n" + rows)


@settings.add("reports-with-scripts", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    site.write("0.png", digit(0))
    script = f"<script>fetch('http://127.0.0.1:{site.trap.port}/')</script><img src=x onerror=alert(1)>"
    for name in ("report.html", "report.md", "report.txt"):
        site.write(name, script)
    site.write("report.pdf", f"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS({script})>>>>endobj")
    output = {"output_type": "display_data", "data": {"text/html": [script]}, "metadata": {}}
    cell = {"cell_type": "code", "source": ["import os"], "outputs": [output]}
    site.write(
        "report.ipynb", json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    )


@settings.add("python-files-beside-it", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    site.write("0.png", digit(0))
    site.write("requirements.txt", "--index-url http://127.0.0.1/\n-e .")
    site.write("setup.py", f"open({str(site.trap.canary)!r}, 'w')")
    site.write("conftest.py", f"open({str(site.trap.canary)!r}, 'w')")
    site.write("sitecustomize.py", f"open({str(site.trap.canary)!r}, 'w')")
    site.write("rubric.toml", "points = 99")
