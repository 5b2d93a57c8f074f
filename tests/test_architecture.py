"""The house keeps its shape: imports point one way, the core is pure, and ARCHITECTURE.md is a true map."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
LAYERS = (
    {"errors", "wire", "clock"},
    {"settings"},
    {"core"},
    {"net", "erp", "jira", "store", "rules", "calendars"},
    {"engine"},
    {"web", "policy"},
    {"bootstrap"},
    {"credentials"},
    {"mapping"},
    {"onboarding"},
    {"demo"},
    {"cli"},
    {"__main__"},
)
FILE_LINES_MAX = 600
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Every module of a package with its dotted name."""
    for path in sorted((SOURCE / package).rglob("*.py")):
        if "migrations" not in path.parts:
            yield ".".join(path.relative_to(SOURCE).with_suffix("").parts), path


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    """The room of a module: the part after the package's name."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def layer(name: str) -> int:
    """How high a room lies."""
    return next(index for index, rooms in enumerate(LAYERS) if name in rooms)


def test_imports_point_one_way() -> None:
    """No room imports a higher one, nor another of its own height."""
    wrong = [
        f"{module} imports {other}"
        for module, path in modules("ml_connector")
        for other in imported(path)
        if other.startswith("ml_connector.") and room(module) not in ("", "__init__")
        if room(other) != room(module) and layer(room(other)) >= layer(room(module))
        if not {room(other), room(module)} <= LAYERS[0]
    ]
    assert wrong == []


def test_the_core_imports_the_standard_library_and_errors_only() -> None:
    """What decides about money depends on nothing that can change under it."""
    allowed = {"ml_connector.errors", "ml_connector.core"}
    wrong = [
        f"{module} imports {other}"
        for module, path in modules("ml_connector")
        for other in imported(path)
        if room(module) == "core"
        and other.split(".")[0] not in sys.stdlib_module_names
        and not any(other.startswith(name) for name in allowed)
    ]
    assert wrong == []


def test_product_and_sandbox_share_no_code() -> None:
    """A misunderstanding must not pass on both sides."""
    product = [other for _, path in modules("ml_connector") for other in imported(path)]
    sandbox = [other for _, path in modules("ml_connector_sandbox") for other in imported(path)]
    starts = ("ml_connector_sandbox.serve", "ml_connector_sandbox.serve.serve")
    assert [name for name in product if name.startswith("ml_connector_sandbox") and name not in starts] == []
    assert [name for name in sandbox if name.startswith("ml_connector.") or name == "ml_connector"] == []


def test_only_the_command_line_imports_the_sandbox() -> None:
    """Everything else reaches it over HTTP, like any vendor."""
    users = {
        module
        for module, path in modules("ml_connector")
        for other in imported(path)
        if other.startswith("ml_connector_sandbox")
    }
    assert {room(module) for module in users} <= {"cli"}


@pytest.mark.parametrize("package", ["ml_connector", "ml_connector_sandbox"])
def test_modules_are_nouns_with_one_subject(package: str) -> None:
    """No file outgrows its subject, and none has a name that says nothing."""
    for module, path in modules(package):
        assert path.stem not in NAMES_THAT_SAY_NOTHING, module
        assert len(path.read_text().splitlines()) <= FILE_LINES_MAX, module


@pytest.mark.parametrize("package", ["ml_connector", "ml_connector_sandbox"])
def test_everything_public_says_what_it_means(package: str) -> None:
    """Every module, class and function without a leading underscore has a docstring."""
    silent = [
        f"{module}.{node.name}"
        for module, path in modules(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not nested(path, node)
    ]
    assert silent == []


def nested(path: Path, wanted: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a definition stands inside a function: those are its own business."""
    return any(
        inner.lineno == wanted.lineno
        for outer in ast.walk(ast.parse(path.read_text()))
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if inner is not outer and isinstance(inner, ast.FunctionDef | ast.ClassDef)
    )


def test_no_number_in_the_core_is_a_float() -> None:
    """Money never touches binary fractions."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, path in modules("ml_connector")
        if room(module) == "core"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert wrong == []


def test_the_map_names_only_what_exists_and_all_rooms() -> None:
    """Every path in ARCHITECTURE.md is there, and every room of the product is on it."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in re.findall(r"`([\w./]+(?:/|\.py|\.md))`", text):
        places = [ROOT / name, SOURCE / "ml_connector" / name]
        assert any(place.exists() for place in places), name
    for path in (SOURCE / "ml_connector").iterdir():
        if path.name not in ("__pycache__", "__init__.py", "py.typed"):
            assert path.stem in text, path.name


def test_the_map_is_one_page() -> None:
    """A newcomer reads it in one go."""
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 70
