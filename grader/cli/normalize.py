"""`grader normalize`."""

import json
from pathlib import Path

import click

from grader.cli.options import NEW_FILE, dataset_option, json_option, language_option, sandbox_option


@click.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@click.option("--out", type=NEW_FILE, help="Write a before-and-after sheet (PNG) here.")
@dataset_option
@sandbox_option
@language_option(default=True)
@json_option("Print measures and findings as JSON.")
def normalize(
    images: tuple[Path, ...], out: Path | None, dataset: str, sandbox: str, language: str, as_json: bool
) -> int:
    """Show what a network will see: pictures brought into MNIST's convention, and what was noticed.

    The sheet has a row for each picture: as handed in, only resized to 28 x 28, and normalized.
    """
    from grader.cli.main import EXIT_DONE, EXIT_PERSON
    from grader.cli.pictures import picture_findings_table
    from grader.tryout import normalize_pictures

    image_set = normalize_pictures(images, dataset=dataset, is_sandbox_reduced=sandbox == "reduced")
    if out is not None:
        from grader.errors import GraderError
        from grader.report.thumbnails import before_and_after_png

        sheet = before_and_after_png(image_set)
        try:
            out.write_bytes(sheet)
        except OSError as error:
            raise GraderError(
                "out-not-writable", out=str(out), detail=error.strerror or str(error)
            ) from error
    if as_json:
        content = [
            {
                "file": picture.file,
                "usable": picture.index is not None,
                "width_pixels": picture.width_pixels,
                "height_pixels": picture.height_pixels,
                "quality": {name: round(value, 4) for name, value in picture.quality.items()},
                "findings": [finding.slug for finding in image_set.findings if finding.file == picture.file],
            }
            for picture in image_set.pictures
        ]
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        picture_findings_table(image_set, language)
    return EXIT_DONE if len(image_set.usable) == len(images) else EXIT_PERSON
