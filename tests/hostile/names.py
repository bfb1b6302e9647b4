"""Names of people and files that mean something to a page, a table, a terminal or a shell."""

import os
import unicodedata

from tests.hostile.case import Cases, Site
from tests.hostile.plain import digit

cases = Cases("names")

_MODEL_LESS = ("digits-missing", "file-duplicate-name", "label-missing")


def _person(name: str, id_: str | None = None) -> None:
    """A student whose folder is called `name`: everything in it is honest."""
    key = f"person-{len(cases.all):02}"

    @cases.add(key, id_=id_ or unicodedata.normalize("NFC", name))
    def _(site: Site) -> None:
        folder = site.class_ / os.fsdecode(name.encode("utf-8", "surrogateescape"))
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(digit(1))


_person("<script>alert(1)<")
_person("<img src=x onerror=alert(1)>")
_person("\"'><svg onload=alert(1)>")
_person("=cmd|' -C calc'!A0")
_person("@SUM(1+1)*cmd|' -C calc'!A0")
_person("+1+cmd|'")
_person("-2+3")
_person("  =1+1", "=1+1")
_person("＝1+1")
_person("\t=1+1", "\\u0009=1+1")
_person('two\nlines\rof,"a;table', 'two\\u000alines\\u000dof,"a;table')
_person("right\u202eto left\u202c\u2066x\u2069", "right\\u202eto left\\u202c\\u2066x\\u2069")
_person("zero\u200bwidth\u200dname\ufeff")
_person("\x1b[31mred\x1b[0m\x1b]0;title\x07", "\\u001b[31mred\\u001b[0m\\u001b]0;title\\u0007")
_person("\x7f\x08\x00"[:2] + "c1\x9b31m", "\\u007f\\u0008c1\\u009b31m")
_person("%s%n{0}{student.__class__}${HOME}$(id)`id`")
_person("[bold red]markup :warning: [link=http:x]y")
_person("&lt;b&gt;&amp;&#x202e; ]]> <!-- --> \\u202e")
_person('toml"]] # \' \\ """')
_person("--out")
_person("-rf")
_person("CON")
_person("nul.txt")
_person("index.html")
_person("~")
_person("{{7*7}}{% raw %}")
_person(unicodedata.normalize("NFD", "정하늘-nfd"))
_person("ﷺ" * 40 + "́" * 30)
_person("가" * 85)
_person("a" * 255)
_person("\udcc1\udca4\udcc7\udccf\udcb4\udcc3", "정하늘")
_person("\udcff\udcfe\udcfd", "■²")
_person("A" * 30)
_person("a" * 30)


@cases.add("files-with-hostile-names", *_MODEL_LESS)
def _(site: Site) -> None:
    for number, name in enumerate(
        (
            "<script>alert(1)<.png",
            "=1+1.png",
            "a\u202egnp.exe.png",
            "line\nbreak.png",
            "\x1b[31mred.png",
            "%s{file}.png",
            "\udcff\udcfe.png",
            "[bold]x[/bold].png",
            '"onload="alert(1).png',
            "--help.png",
            "{file}{0}.png",
        )
    ):
        site.write(name, digit(number % 10))
