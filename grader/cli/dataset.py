"""`grader dataset`: what assignments are about."""

import json
from pathlib import Path
from typing import Any

import click

from grader.cli.options import NEW_FOLDER, json_option, sandbox_option

_JSON = json_option("Write JSON.")
_NAME = click.argument("name", metavar="NAME")


@click.group()
def dataset() -> None:
    """What assignments are about: classes, images, test set and references."""


def _summary(name: str) -> dict[str, Any]:
    from grader.datasets.card import dataset_folders, find_dataset
    from grader.datasets.test_set import IMAGES_FILE, TEST_SET_FILE

    card, folder = find_dataset(name), dataset_folders()[name]
    is_there = (folder / TEST_SET_FILE).exists() or (folder / IMAGES_FILE).exists()
    return {
        "name": card.name,
        "title": dict(card.title),
        "classes": list(card.class_names),
        "shape": list(card.shape),
        "references": list(card.references),
        "referee": card.referee,
        "test_set": card.test_set,
        "is_test_set_here": is_there,
    }


@dataset.command("list")
@_JSON
def list_command(*, as_json: bool) -> None:
    """List the data sets: those that ship, those of plug-ins, and those in the cache."""
    from grader.datasets.card import dataset_folders

    rows = [_summary(name) for name in dataset_folders()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    click.echo(f"{'name':<20} {'image':>12}  {'classes':>7}  {'test set':<10} referee")
    for row in rows:
        image = "x".join(map(str, row["shape"]))
        test_set = row["test_set"] if row["is_test_set_here"] else f"({row['test_set']})"
        classes = len(row["classes"])
        click.echo(f"{row['name']:<20} {image:>12}  {classes:>7}  {test_set:<10} {row['referee'] or '–'}")


@dataset.command("show")
@_NAME
@_JSON
def show_command(name: str, *, as_json: bool) -> None:
    """Show the card of a data set, as TOML or JSON."""
    import tomli_w

    from grader.datasets.card import card_table, find_dataset

    table = card_table(find_dataset(name))
    click.echo(json.dumps(table, ensure_ascii=False, indent=2) if as_json else tomli_w.dumps(table).rstrip())


@dataset.command("prepare")
@_NAME
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="A folder or zip with a folder of pictures per class, an .npz with x_test and y_test, or an exported data set. "
    "Without it Keras fetches the data set, where it has it.",
)
@click.option(
    "--classes", default="", help="Names of the folders, separated by commas, in the order of outputs."
)
@click.option("--side", type=click.IntRange(8, 256), help="Side of the images in pixels.")
@click.option("--grey", "is_grey", is_flag=True, help="Take the colors away.")
@sandbox_option
@_JSON
def prepare_command(
    name: str,
    source: Path | None,
    classes: str,
    side: int | None,
    is_grey: bool,
    sandbox: str,
    *,
    as_json: bool,
) -> None:
    """Put the test set of a data set into the cache: one that may not ship, or classes of one's own.

    \b
    grader dataset prepare cifar-10
    grader dataset prepare cats-and-dogs --from FOLDER --classes cat,dog --side 128
    """
    from grader.datasets.making import prepare_dataset
    from grader.images.reader import PICTURE_JOB
    from grader.sandbox.lock import NO_PART, WHOLE_LOCK
    from grader.sandbox.zygotes import Zygote

    if source is not None and not source.exists():
        from grader.errors import GraderError

        raise GraderError("path-not-found", path=str(source))
    needed = NO_PART if sandbox == "reduced" else WHOLE_LOCK
    names = [each.strip() for each in classes.split(",") if each.strip()]
    with Zygote(PICTURE_JOB, needed=needed) as pictures:
        made = prepare_dataset(name, source, pictures, classes=names, side=side, is_grey=is_grey)
    counts = dict(zip(made.dataset.class_names, made.counts, strict=False))
    if as_json:
        report = {"name": name, "folder": str(made.folder), "images": counts, "refused": made.n_refused}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    click.echo(str(made.folder))
    click.echo(", ".join(f"{each}: {count}" for each, count in counts.items()) or "–")
    if made.n_refused:
        click.echo(f"refused: {made.n_refused}", err=True)


@dataset.command("export")
@_NAME
@click.option("--out", type=NEW_FOLDER, default=Path(), help="Folder to write into.  [default: here]")
@click.option("--for-students", is_flag=True, help="Leave the test set out: it stays with the instructor.")
@_JSON
def export_command(name: str, out: Path, for_students: bool, *, as_json: bool) -> None:
    """Write a data set to pass on; `grader dataset prepare NAME --from FOLDER` takes it in."""
    from grader.datasets.making import export_dataset

    folder = export_dataset(name, out, for_students=for_students)
    click.echo(json.dumps({"name": name, "folder": str(folder)}) if as_json else str(folder))
