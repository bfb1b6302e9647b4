"""`grader reference`: the networks that a student's model is compared with."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.options import NEW_FOLDER, json_option

if TYPE_CHECKING:
    from grader.models.references import ReferenceCard

_IDS = click.argument("ids", nargs=-1, metavar="[ID]...")
_JSON = json_option("Write JSON.")
_MNIST = click.option(
    "--mnist",
    "mnist_path",
    type=click.Path(path_type=Path),
    help="Folder with the four IDX files, or mnist.npz. Without it Keras fetches the digits.",
)


@click.group()
def reference() -> None:
    """The networks that a student's model is compared with."""


@reference.command("list")
@_JSON
def list_command(*, as_json: bool) -> None:
    """List the reference models with parameters and accuracy."""
    from grader.models.references import list_references

    cards = list_references()
    if as_json:
        click.echo(json.dumps([_summary(card) for card in cards], indent=2))
        return
    click.echo(f"{'id':<20} {'parameters':>10}  {'MNIST test':>14}  outputs")
    for card in cards:
        right = f"{card.accuracy.correct} / {card.accuracy.total}"
        click.echo(f"{card.id:<20} {card.parameters:>10,}  {right:>14}  {card.outputs}")


@reference.command("show")
@click.argument("reference_id", metavar="ID")
def show_command(reference_id: str) -> None:
    """Show everything known of one reference model, as JSON."""
    from grader.models.references import find_reference

    click.echo(json.dumps(asdict(find_reference(reference_id)), indent=2, ensure_ascii=False))


@reference.command("train")
@_IDS
@_MNIST
@click.option(
    "--out",
    "out_folder",
    type=NEW_FOLDER,
    default=Path("reference_models"),
    show_default=True,
    help="Folder to write a folder per model to.",
)
def train_command(ids: tuple[str, ...], mnist_path: Path | None, out_folder: Path) -> None:
    """Train reference models anew (all of them without an ID); needs the extra "train"."""
    from grader.datasets.mnist.files import load_mnist
    from grader.datasets.mnist.test_set import write_test_set
    from grader.datasets.test_set import TEST_SET_FILE
    from grader.models.architectures import RECIPES
    from grader.models.references import unknown_reference
    from grader.training.train import train_reference

    for unknown in [reference_id for reference_id in ids if reference_id not in RECIPES]:
        raise unknown_reference(unknown, sorted(RECIPES))
    mnist = load_mnist(mnist_path)
    out_folder.mkdir(parents=True, exist_ok=True)
    write_test_set(mnist, out_folder / TEST_SET_FILE)
    for reference_id in ids or RECIPES:
        card = train_reference(
            reference_id, mnist, out_folder / reference_id, lambda line: click.echo(line, err=True)
        )
        right = f"{card.accuracy.correct} / {card.accuracy.total}"
        click.echo(f"{card.id} {card.parameters:,} {right} {card.seconds:.0f} s")


@reference.command("evaluate")
@_IDS
@_MNIST
@_JSON
def evaluate_command(ids: tuple[str, ...], mnist_path: Path | None, *, as_json: bool) -> None:
    """Count the MNIST test digits that reference models read rightly."""
    from grader.datasets.mnist.files import load_mnist
    from grader.datasets.test_set import as_images
    from grader.models.references import evaluate_reference

    cards = _chosen(ids)
    mnist = load_mnist(mnist_path)
    rows: list[dict[str, Any]] = []
    for card in cards:
        counts = evaluate_reference(card.id, as_images(mnist.test_images), mnist.test_labels)
        correct, total = sum(count.correct for count in counts), sum(count.total for count in counts)
        rows.append(
            {
                "id": card.id,
                "correct": correct,
                "total": total,
                "accuracy": correct / total,
                "digits": [asdict(count) for count in counts],
            }
        )
        if not as_json:
            digits = " ".join(f"{digit}:{count.percent_text}" for digit, count in enumerate(counts))
            click.echo(f"{card.id:<20} {correct} / {total}  {digits}")
    if as_json:
        click.echo(json.dumps(rows, indent=2))


@reference.command("verify")
@_IDS
def verify_command(ids: tuple[str, ...]) -> None:
    """Check files, parameters and, where test images are shipped, accuracy of reference models against their cards."""
    from grader.core.dataset import SHIPPED
    from grader.datasets.card import find_dataset
    from grader.models.references import verify_reference

    for card in _chosen(ids):
        verify_reference(card)
        is_read = find_dataset(card.dataset).test_set == SHIPPED
        right = (
            f", {card.test_set_accuracy.correct} / {card.test_set_accuracy.total} test images"
            if is_read
            else ""
        )
        click.echo(f"{card.id}: ok, {card.parameters:,} parameters{right}")


def _chosen(ids: tuple[str, ...]) -> tuple["ReferenceCard", ...]:
    """Return the cards of `ids`, of all reference models when none is named."""
    from grader.models.references import find_reference, list_references

    return tuple(find_reference(reference_id) for reference_id in ids) or list_references()


def _summary(card: "ReferenceCard") -> dict[str, Any]:
    return {
        "id": card.id,
        "parameters": card.parameters,
        "accuracy": card.accuracy.share,
        "correct": card.accuracy.correct,
        "total": card.accuracy.total,
        "outputs": card.outputs,
        "source": card.recipe.get("source", ""),
        "sha256": dict(card.sha256),
    }
