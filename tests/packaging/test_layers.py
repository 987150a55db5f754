"""Imports go one way, as ARCHITECTURE.md says."""

import ast

import pytest

# Each layer may import itself and what stands below it.
LAYERS = (
    {"cli"},
    {"train", "quant", "prune", "plots", "hdl", "interop", "two_phase"},
    {"models", "readouts", "losses", "optim", "encoders", "datasets"},
    {"events", "sequences", "integer_network"},
    {"_core", "_checks", "_files", "errors"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# The generator sees the narrow waist and nothing left of it.
HDL_MAY_USE = {"hdl", *LAYERS[3], *LAYERS[4]}
# testing: strategies for other people's tests, may use anything. __init__: the public names.
UNLAYERED = {"testing", "_random_neurons", "__init__"}


def imports(path):
    """Top-level parts of firstspike that a file imports when it runs, not for types only."""
    found = set()

    def visit(node):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom) and node.module == "firstspike":
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("firstspike."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found.update(a.name.split(".")[1] for a in node.names if "firstspike." in a.name)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


def parts(project):
    package = project / "python" / "firstspike"
    for path in sorted([*package.rglob("*.py"), *(project / "hdl").rglob("*.py")]):
        inside = path.relative_to(package if path.is_relative_to(package) else project)
        yield path, inside.parts[0].removesuffix(".py")


def test_every_part_has_a_layer(project):
    assert {part for _, part in parts(project)} <= set(LEVEL) | UNLAYERED


def test_imports_go_down(project):
    wrong = [
        f"{path.relative_to(project)} imports {target}"
        for path, part in parts(project)
        if part not in UNLAYERED
        for target in imports(path) & set(LEVEL)
        if LEVEL[target] < LEVEL[part] or (part == "hdl" and target not in HDL_MAY_USE)
    ]
    assert wrong == []


@pytest.mark.parametrize("limit", [400])
def test_files_stay_readable(project, limit):
    files = [path for path, _ in parts(project)]
    files += [p for p in (project / "rust").rglob("*.rs") if "target" not in p.parts]
    long = {str(path): n for path in files if (n := path.read_text().count("\n")) > limit}
    assert long == {}
