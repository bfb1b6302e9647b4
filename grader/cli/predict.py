"""`grader predict`."""

import json
from pathlib import Path

import click

from grader.cli.options import dataset_option, json_option, language_option, limit_option, sandbox_option


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@limit_option(20.0)
@dataset_option
@sandbox_option
@language_option(default=True)
@json_option("Print the readings as JSON.")
def predict(
    model: str,
    images: tuple[Path, ...],
    limit_seconds: float,
    dataset: str,
    sandbox: str,
    language: str,
    as_json: bool,
) -> int:
    """Let MODEL read pictures: the three most likely digits of each, with probabilities.

    MODEL is a .keras or .h5 file, run in a locked process under the input convention it was trained with, or the id of
    a reference model (see `grader reference list`). Pictures are normalized first.
    """
    from grader.cli.main import EXIT_DONE, EXIT_PERSON
    from grader.cli.pictures import picture_findings_table, top_three
    from grader.tryout import read_with

    readings = read_with(
        model, images, dataset=dataset, limit_seconds=limit_seconds, is_sandbox_reduced=sandbox == "reduced"
    )
    if as_json:
        content = {
            "model": model,
            "convention": readings.convention,
            "images": [
                {"file": picture.file, "top": top_three(readings, picture)}
                for picture in readings.images.pictures
            ],
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        picture_findings_table(readings.images, language, readings=readings)
    return EXIT_DONE if len(readings.images.usable) == len(images) else EXIT_PERSON
