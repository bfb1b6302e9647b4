"""The command `grader`: finds the command's file, and tells failures in words. Heavy imports wait until they are used."""

import errno
import importlib
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence

import click

from grader import __version__
from grader.errors import GraderError, GraderErrors

EXIT_DONE = 0
"""All graded; with --self, every automatic criterion at or above its pass mark."""
EXIT_PERSON = 1
"""Finished, and something needs a person."""
EXIT_NOT_STARTED = 2
"""Usage, rubric, path or installation."""
EXIT_BUG = 3
"""A mistake of ours."""
EXIT_INTERRUPTED = 130
"""Stopped by the person at the keyboard."""

_SYSTEM_REFUSALS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENAMETOOLONG,
        errno.EIO,
        errno.EFBIG,
    }
)
"""Errors of the system that a person can mend: a full disk, a missing right, a name too long."""

_COMMANDS = {
    "check": "Grade a submission, or a folder or zip of many.",
    "regrade": "Grade stored evidence again, for example with a new rubric.",
    "report": "Write the pages of a run again, for example in the other language.",
    "normalize": "Show what a network will see of pictures.",
    "predict": "Let a model read pictures: top three with probabilities.",
    "robustness": "Let a model read digits that are turned, moved and changed in other ways.",
    "rubric": "Show or validate a rubric.",
    "dataset": "List, show, prepare or export the data sets that assignments are about.",
    "reference": "List, show, train, evaluate or verify the reference models.",
    "doctor": "Say what is active here: the lock, versions, helper processes.",
}
"""Every command, in the order of a newcomer's needs; its module and its function have the same name."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that `--help` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"grader.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="grader")
def cli() -> None:
    """Grade handwritten-digit homework: pictures, a trained model and a report.

    \b
    grader check submissions/            grade a class; pages in reports/
    grader check --self my-submission/   try your own work before you upload it
    """


def run() -> None:
    """Run the command line and end the process with its exit code."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the one place where failures become words and exit codes."""
    try:
        code = cli.main(list(arguments), prog_name="grader", standalone_mode=False)
    except GraderErrors as errors:
        return _tell(errors.problems, arguments)
    except GraderError as error:
        return _tell([error], arguments)
    except click.ClickException as error:
        error.show()
        return EXIT_NOT_STARTED
    except (click.Abort, KeyboardInterrupt):
        return _tell([GraderError("interrupted")], arguments, EXIT_INTERRUPTED)
    except OSError as error:
        if error.errno in _SYSTEM_REFUSALS:
            path = error.filename if error.filename is not None else "–"
            told = GraderError("storage-failed", path=str(path), detail=str(error.strerror))
            return _tell([told], arguments)
        traceback.print_exc()
        return _tell([GraderError("grader-bug")], arguments, EXIT_BUG)
    except Exception:
        traceback.print_exc()
        return _tell([GraderError("grader-bug")], arguments, EXIT_BUG)
    return code if isinstance(code, int) else EXIT_DONE


def _terminated(number: int, frame: object) -> None:
    """End as after Ctrl-C, so that no copy of a student's file is left behind."""
    raise KeyboardInterrupt


def default_language() -> str:
    """Return "ko" where the environment asks for Korean, otherwise "en"."""
    locale = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "ko" if locale.startswith("ko") else "en"


def _tell(problems: Sequence[GraderError], arguments: Sequence[str], code: int = EXIT_NOT_STARTED) -> int:
    """Print every problem in the language asked for, and as JSON where the results were wanted so."""
    from grader.texts.catalog import LANGUAGES, Texts

    language = default_language()
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        chosen = word.removeprefix("--lang=") if word.startswith("--lang=") else following
        if word.startswith("--lang") and chosen in LANGUAGES:
            language = chosen
    said = Texts(language)
    for problem in problems:
        click.echo(said.message(problem), err=True)
    if "--json" in arguments:
        told = [{"slug": problem.slug, "message": said.message(problem)} for problem in problems]
        click.echo(json.dumps({"errors": told}, ensure_ascii=False, indent=1))
    return code
