"""Who may import whom, read from the source; and what a bare import loads."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.loops import every

PACKAGE = Path(__file__).parents[2] / "grader"
BASE = {"core", "texts", "sandbox", "errors", "registry", "resources"}
"""Below the rooms; every room may use them."""
MAY_IMPORT = {
    "core": {"core"},
    "texts": {"core", "errors"},
    "sandbox": {"errors"},
    "errors": set(),
    "registry": {"errors"},
    "resources": set(),
    "perturbations": BASE,
    "analysis": BASE | {"perturbations"},
    "images": BASE,
    "datasets": BASE | {"images"},
    "intake": BASE,
    "models": BASE | {"images", "datasets"},
    "grading": BASE | {"analysis", "datasets", "perturbations"},
    "store": BASE,
    "export": BASE | {"analysis"},
    "report": BASE | {"analysis", "perturbations"},
}
"""What each room may use besides itself, from the bottom up."""
TOP = {"cli", "pipeline", "measuring", "training", "tryout", "__main__"}
"""Above the rooms; they may use everything below."""
THIRD_PARTY = {
    "core": {"numpy"},
    "analysis": {"numpy"},
    "texts": set(),
    "sandbox": set(),
    "intake": set(),
    "images": {"numpy", "PIL", "pillow_heif", "scipy"},
    "datasets": {"numpy", "scipy", "keras", "PIL", "tomli_w"},
    "models": {"numpy", "onnxruntime", "tensorflow", "keras", "h5py", "scipy"},
    "training": {"numpy", "scipy", "keras", "onnx", "PIL"},
    "perturbations": {"numpy", "scipy"},
    "grading": {"pydantic", "pydantic_core"},
    "store": {"numpy", "tomli_w"},
    "report": {"numpy", "PIL", "jinja2", "markupsafe"},
    "export": {"numpy"},
    "cli": {"click", "numpy", "rich", "tomli_w"},
    "measuring": {"numpy", "scipy"},
    "tryout": {"numpy"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def place_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported(path: Path) -> set[str]:
    """Every absolute module name that a file imports, late imports included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            if node.module == "grader":
                names |= {f"grader.{alias.name}" for alias in node.names}
    return names


@every("path", MODULES, ids=lambda path: path.relative_to(PACKAGE))
def test_module_when_it_imports_ours_then_only_from_below(path: Path) -> None:
    place = place_of(path)
    if place in TOP or place == "__init__":
        return
    used = {name.split(".")[1] for name in imported(path) if name.startswith("grader.")} - {place}
    allowed = MAY_IMPORT[place]
    assert used <= allowed, f"{place} must not import {sorted(used - allowed)}"


@every("path", MODULES, ids=lambda path: path.relative_to(PACKAGE))
def test_module_when_it_imports_a_library_then_its_room_is_for_that(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names) - {"grader"}
    assert libraries <= THIRD_PARTY.get(place_of(path), set())


def test_every_place_when_new_then_has_a_rule() -> None:
    places = {place_of(path) for path in MODULES}
    assert places - {"__init__"} <= MAY_IMPORT.keys() | TOP


def line_of(room: str) -> str:
    """Return what docs/architecture.md says of a room: its docstring, and what it may import."""
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    sentence = (ast.get_docstring(tree) or "").rstrip(".")
    always = BASE if room not in BASE else {"errors", room}
    rooms = "every room" if room in TOP else ", ".join(sorted(MAY_IMPORT[room] - always)) or "–"
    libraries = ", ".join(sorted(THIRD_PARTY.get(room, set()) - {"pydantic_core"}, key=str.lower)) or "–"
    return f"| `{room}` | {sentence} | {rooms} | {libraries} |"


def test_architecture_page_when_read_then_it_says_what_each_room_is_and_may_import() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    rooms = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert not {line_of(room) for room in rooms} - set(page)


def loaded_by(statement: str) -> set[str]:
    """Names of the modules in a fresh interpreter after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {
    "tensorflow",
    "keras",
    "PIL",
    "pandas",
    "matplotlib",
    "scipy",
    "onnxruntime",
    "jinja2",
    "pydantic",
    "numpy",
}


def test_import_grader_when_bare_then_loads_nothing_heavy() -> None:
    assert not loaded_by("import grader") & HEAVY


def test_help_when_asked_then_loads_nothing_heavy() -> None:
    help_ = "from grader.cli.main import main\nmain(['--help'])\nmain(['check', '--help'])\nmain(['regrade', '--help'])"
    assert not loaded_by(help_) & HEAVY


def test_perturbations_when_only_asked_what_is_tried_then_scipy_is_not_loaded() -> None:
    asked = "from grader.perturbations.suite import suite\nimport grader.perturbations.perturb\nsuite('full')"
    assert not loaded_by(asked) & (HEAVY - {"numpy"})
    rubric = "from grader.grading.rubric import load_rubric\nload_rubric('handwritten-digits')"
    assert not loaded_by(rubric) & (HEAVY - {"numpy", "pydantic"})


def test_main_process_when_everything_it_needs_is_loaded_then_tensorflow_is_not() -> None:
    assert not loaded_by("import grader.pipeline, grader.cli.check, grader.cli.summary") & {
        "tensorflow",
        "keras",
    }
