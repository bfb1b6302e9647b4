"""Write docs/messages.md, commands.md and model-formats.md from the source; with --check say whether they are current."""

import sys
from pathlib import Path

import click

from grader.cli.main import cli
from grader.texts.catalog import messages

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
WIDTH = 100
EXAMPLE_VALUES = {"model-output-size": {"needed": "10"}, "model-input-shape": {"needed": "(28, 28, 1)"}}
"""What the homework needs, for remedies that name it."""


def messages_page() -> str:
    """Every message in both languages."""
    lines = [
        "# Messages",
        "",
        "Everything `grader` says about a submission or a run, by slug. Made from `grader/texts/` by "
        "`scripts/build_docs.py`.",
        "",
    ]
    english, korean = messages("en"), messages("ko")
    for slug in sorted(english):
        lines += [f"## {slug}", ""]
        for entries in (english, korean):
            lines.append("> " + " ".join(entries[slug].values()))
            lines.append(">" if entries is english else "")
    return "\n".join(lines)


def commands_page() -> str:
    """The help of every command."""
    lines = ["# Commands", "", "The output of every `--help`. Made by `scripts/build_docs.py`.", ""]
    for words, command in walk("grader", cli):
        context = click.Context(command, info_name=words, max_content_width=WIDTH, terminal_width=WIDTH)
        lines += [f"## {words}", "", "```", command.get_help(context), "```", ""]
    return "\n".join(lines)


def formats_page() -> str:
    """Every kind of model file, read or refused; the rows are the cases of tests/models/test_loading_formats.py."""
    sys.path.insert(0, str(ROOT))
    from tests.models.format_cases import CASES, GROUPS

    english = messages("en")
    lines = [
        "# Model formats",
        "",
        "What becomes of each kind of model file. Every row is a file that the tests make with real TensorFlow and load "
        "in a locked child: one that is read must read the test images as the network it was made from, one that is "
        "refused must be refused with this message. What a file holds decides, never its name. Made from "
        "`tests/models/format_cases.py` by `scripts/build_docs.py`.",
    ]
    for case in CASES:
        if case.name in GROUPS:
            lines += [
                "",
                f"## {GROUPS[case.name]}",
                "",
                "| model | result | how, or what to do |",
                "|---|---|---|",
            ]
        slug = case.slug
        remedy = english[slug].get("remedy", "") if slug else case.how
        result = f"refused: [`{slug}`](messages.md#{slug})" if slug else "read"
        for name, value in EXAMPLE_VALUES[slug].items() if slug in EXAMPLE_VALUES else ():
            remedy = remedy.replace(f"{{{name}}}", value)
        lines.append(f"| {case.what} | {result} | {remedy} |")
    return "\n".join([*lines, ""])


def walk(words: str, command: click.Command) -> list[tuple[str, click.Command]]:
    """The command and everything below it."""
    found = [(words, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                found += walk(f"{words} {name}", below)
    return found


def main() -> int:
    """Write or compare the pages."""
    stale = []
    pages = (
        ("messages.md", messages_page()),
        ("commands.md", commands_page()),
        ("model-formats.md", formats_page()),
    )
    for name, page in pages:
        path = DOCS / name
        if "--check" not in sys.argv:
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            stale.append(name)
    if stale:
        click.echo(f"not current: {', '.join(stale)}; run python scripts/build_docs.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
