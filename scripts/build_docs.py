"""Write docs/messages.md and docs/commands.md from the source; with --check only say whether they are current."""

import sys
from pathlib import Path

import click

from grader.cli.main import cli
from grader.messages.catalog import catalog

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 100


def messages_page() -> str:
    """Every message in both languages."""
    lines = [
        "# Messages",
        "",
        "Everything `grader` says about a submission or a run, by slug. Made from `grader/messages/` by "
        "`scripts/build_docs.py`.",
        "",
    ]
    english, korean = catalog("en"), catalog("ko")
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
    for name, page in (("messages.md", messages_page()), ("commands.md", commands_page())):
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
