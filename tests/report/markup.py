"""A small reader of HTML: elements with their text, enough to walk a page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "input", "link", "hr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = [c if isinstance(c, str) else c.text for c in self.children]
        return " ".join("".join(parts).split())

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str) -> "list[Element]":
        return [e for e in self.walk() if e.tag == tag]

    def by_class(self, name: str) -> "list[Element]":
        return [e for e in self.walk() if name in e.attributes.get("class", "").split()]

    def by_id(self, name: str) -> "Element":
        return next(e for e in self.walk() if e.attributes.get("id") == name)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self.here = self.root

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {k: v or "" for k, v in attrs}, self.here)
        self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag, attrs):
        self.here.children.append(Element(tag, {k: v or "" for k, v in attrs}, self.here))

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)


def parse(html: str) -> Element:
    """Return the tree of a page; every element must be closed by its own end tag."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> is not closed"
    return reader.root


def table_rows(table: Element) -> list[list[str]]:
    """Return the text of every body row, header cells included."""
    body = table.all("tbody")[0]
    return [[c.text for c in row.children if isinstance(c, Element)] for row in body.all("tr")]
