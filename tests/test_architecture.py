"""Data flows one way through the stages of engine/, and importing engine costs next to nothing."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From left to right; those in one tuple stand beside each other and do not know of each other.
FLOW = (
    ("data",),
    ("models",),
    ("objectives",),
    ("training",),
    ("checkpoints",),
    ("explain", "metrics", "study"),
    ("figures",),
    ("apps", "scripts"),
)
LEAVES = ("interfaces", "registry", "images", "settings", "files", "statistics")
COLUMN = {stage: column for column, stages in enumerate(FLOW) for stage in stages}
USER_INTERFACES = ("gradio", "streamlit", "apps")
HEAVY = ("captum", "diskcache", "gradio", "huggingface_hub", "lightning", "lightning_fabric", "onnx", "onnxruntime")
HEAVY += ("pandas", "plotly", "pyarrow", "ray", "scipy", "sklearn", "sqlalchemy", "statsmodels", "streamlit")
HEAVY += ("tensorboard", "torchvision")

SOURCES = sorted(path for folder in ("engine", "apps", "scripts") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_its_left(path):
    source = path.relative_to(ROOT)
    wrong = [f"line {line}: {module}" for line, module in imports(path) if not may_import(source, module)]
    assert not wrong, f"{source} is to the left of what it imports: {wrong}. The order is {FLOW}; leaves: {LEAVES}."


def test_every_part_of_engine_has_its_place_in_the_flow():
    parts = {path.relative_to(ROOT / "engine").parts[0].removesuffix(".py") for path in (ROOT / "engine").rglob("*.py")}
    assert parts <= {"__init__", *LEAVES, *COLUMN}, "name the new stage in FLOW, or put the file into one"


@pytest.mark.parametrize(
    ("path", "module", "allowed"),
    [
        ("engine/models/burgess.py", "engine.data", True),
        ("engine/models/burgess.py", "engine.models.layers", True),
        ("engine/models/burgess.py", "engine.images", True),
        ("engine/models/burgess.py", "engine.training.fit", False),
        ("engine/models/burgess.py", "engine", False),
        ("engine/metrics/mig.py", "engine.explain", False),
        ("engine/study/sessions/planning.py", "engine.checkpoints", True),
        ("engine/study/sessions/planning.py", "engine.metrics", False),
        ("engine/metrics/mig.py", "engine.study", False),
        ("engine/figures/strips.py", "engine.study", True),
        ("engine/training/fit.py", "engine.checkpoints", False),
        ("engine/figures/strips.py", "gradio.components", False),
        ("engine/registry.py", "engine.settings", True),
        ("engine/registry.py", "engine.data", False),
        ("engine/__init__.py", "engine.figures", True),
        ("engine/__init__.py", "apps.explorer", False),
        ("apps/explorer.py", "gradio", True),
        ("apps/explorer.py", "engine", True),
        ("apps/explorer.py", "scripts.train_all", False),
        ("scripts/train_all.py", "engine.training", True),
    ],
)
def test_the_rule_itself(path, module, allowed):
    assert may_import(Path(path), module) is allowed


def test_relative_and_late_imports_are_seen(tmp_path):
    package = tmp_path / "engine" / "models"
    package.mkdir(parents=True)
    file = package / "burgess.py"
    file.write_text("from ..training import fit\nfrom . import layers\ndef late():\n    import engine.data.mnist\n")
    seen = dict.fromkeys(module for _, module in imports(file, root=tmp_path))
    assert list(seen) == ["engine.training", "engine.models", "engine.data.mnist"]


def test_importing_engine_is_quick():
    limit_s = 0.5  # beyond `import torch`; one quiet try of three proves it on a busy machine
    assert any(look()["seconds"] < limit_s for look in (first_probe, probe, probe))


def test_importing_engine_touches_neither_network_nor_disk():
    assert first_probe()["touched"] == []


def test_importing_engine_leaves_heavy_libraries_alone():
    assert not set(first_probe()["modules"]) & set(HEAVY)


def may_import(source: Path, module: str) -> bool:
    """Whether the file at `source`, relative to the root, may import `module`, an absolute dotted name."""
    top, *rest = module.split(".")
    if source.parts[0] == "engine" and top in USER_INTERFACES:
        return False
    own = Path(source.parts[1]).stem if source.parts[0] == "engine" else source.parts[0]
    if top in ("apps", "scripts"):
        return top == own
    if top != "engine" or own == "__init__":
        return True
    if not rest:
        return own in ("apps", "scripts")  # the public face stands on every stage
    if rest[0] in LEAVES or rest[0] == own:
        return True
    return own in COLUMN and rest[0] in COLUMN and COLUMN[rest[0]] < COLUMN[own]


def imports(path: Path, root: Path = ROOT) -> Iterator[tuple[int, str]]:
    """Line and absolute module name of every import in a file, those inside functions too."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module == "engine":  # `from engine import data` imports a stage, `from engine import load` the face
                yield from ((node.lineno, f"engine.{n.name}" if is_part(n.name) else module) for n in node.names)
            else:
                yield node.lineno, module


def is_part(name: str) -> bool:
    return name in COLUMN or name in LEAVES


PROBE = """
import json, os, sys, time
import torch
before, touched = set(sys.modules), []

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        source = isinstance(path, str) and path.endswith((".py", ".pyc", ".so", ".pyi"))
        if writes or not source:
            touched.append(f"{event} {path} {mode}")
    elif event.startswith(("socket.", "subprocess.")) or event in ("os.mkdir", "os.rename", "os.remove"):
        touched.append(f"{event} {arguments}")

sys.addaudithook(watch)
start = time.perf_counter()
import engine
seconds = time.perf_counter() - start
modules = sorted({name.split(".")[0] for name in set(sys.modules) - before})
print(json.dumps({"seconds": seconds, "touched": list(touched), "modules": modules}))
"""


@functools.cache
def first_probe() -> dict:
    return probe()


def probe() -> dict:
    """What importing engine does in a fresh interpreter that has imported torch."""
    command = [sys.executable, "-B", "-c", PROBE]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240)
    return json.loads(result.stdout)
