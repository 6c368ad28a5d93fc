"""Study files: YAML or JSON in, a `Study` or every problem with its line out; and the canonical file of a study.

    python -m engine.study.files.study_file --schema         # JSON schema of study files, docs/study.schema.json
    python -m engine.study.files.study_file --check FILE...  # says what is wrong with them
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.study.design import Item, Study
from engine.study.files.marked_yaml import MAX_BYTES, Node, parse_marked, scalar
from engine.study.files.model_facts import ModelFacts, catalogue_facts, model_problems
from engine.study.files.study_problem import Problem, StudyFileError
from engine.study.files.study_rules import broken_rules
from engine.study.files.typed_reader import Partial, TypedReader, found
from engine.study.questionnaires import QUESTIONNAIRES

FORMAT = 1


def read_study(path: str | Path, *, facts: Mapping[str, ModelFacts] | None = None) -> Study:
    """Reads and validates a study file.

    Args:
        path: A YAML or JSON file.
        facts: What is known of models by id (`model_facts.catalogue_facts`); with it, models are checked as well.

    Raises:
        StudyFileError: If anything is wrong; the message names line, column and field of every problem.
        OSError: If the file cannot be read.
    """
    with Path(path).open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return parse_study(data, facts=facts, source=Path(path).name)


def parse_study(
    data: str | bytes, *, facts: Mapping[str, ModelFacts] | None = None, source: str = "The study"
) -> Study:
    """Reads and validates the text of a study file.

    Args:
        data: YAML or JSON, UTF-8, at most 256 KiB.
        facts: What is known of models by id; with it, models are checked as well.
        source: What messages call the text.

    Raises:
        StudyFileError: If anything is wrong; `problems` lists everything that is.
    """
    try:
        root, problems = parse_marked(data)
        body, more = _without_format(root)
    except StudyFileError as error:
        raise StudyFileError(error.problems, source) from error
    reader = TypedReader({Item: QUESTIONNAIRES})
    study = reader.read(body, Study, (), ())
    broken = [reader.problem(path, message) for path, message in broken_rules(study)]
    if facts is not None:
        broken += [reader.problem(path, message) for path, message in model_problems(study, facts)]
    if all_problems := [*problems, *more, *reader.problems, *broken]:
        raise StudyFileError(all_problems, source)
    assert not isinstance(study, Partial), "what could not be read has a problem"
    return study


def check_study(study: Study, *, facts: Mapping[str, ModelFacts] | None = None) -> tuple[Problem, ...]:
    """All that is wrong with a study made in code, which has no lines."""
    broken = [*broken_rules(study), *(model_problems(study, facts) if facts is not None else ())]
    return tuple(Problem(field=path, message=message) for path, message in broken)


def write_study(study: Study) -> str:
    """The canonical YAML of a study: fields in the order of `Study`, what equals its default left out.

    Ready-made questionnaires are written out item by item: the file keeps the texts its participants read.

    Raises:
        StudyFileError: If the study is not valid, so that what is written can be read.
    """
    if problems := check_study(study):
        raise StudyFileError(problems)
    text = yaml.dump(
        {"format": FORMAT, **plain(study)},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
    )
    parse_study(text)  # so long or odd that it could not be read again: say so now
    return str(text)


def plain(value: Any) -> Any:  # noqa: ANN401 - any field's value
    """Dataclasses as mappings without what equals its default, tuples as lists."""
    if dataclasses.is_dataclass(value):
        fields = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
        return {field.name: plain(given) for field, given in fields if given != field.default}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the schema, or checks files; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m engine.study.files.study_file", description="Study files.")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of study files")
    parser.add_argument("--check", nargs="+", default=[], metavar="FILE", help="say what is wrong with study files")
    options = parser.parse_args(arguments)
    if options.schema:
        from engine.study.files.study_schema import schema

        print(json.dumps(schema(), indent=2, ensure_ascii=False))
    facts = catalogue_facts() if options.check else {}
    return max((_checked(file, facts) for file in options.check), default=0)


def _checked(file: str, facts: Mapping[str, ModelFacts]) -> int:
    try:
        study = read_study(file, facts=facts)
    except StudyFileError as error:
        print(error)
        return 1
    except OSError as error:
        print(f"{file} cannot be read: {error.strerror}.")
        return 1
    print(f"{file}: {study.name!r} is a valid study of {len(study.models)} models.")
    return 0


def _without_format(root: Node) -> tuple[Node, list[Problem]]:
    if not isinstance(root.value, Mapping):
        message = f"a study is a mapping of fields to values; got {found(root)}"
        raise StudyFileError([_at(root, message, ())])
    rest = {name: node for name, node in root.value.items() if name != "format"}
    body = Node(rest, root.place, root.keys)
    version = root.value.get("format")
    if version is None:
        return body, [_at(root, f"it is missing; write `format: {FORMAT}` first")]
    if type(version.value) is not int or version.value < 1:
        return body, [_at(version, f"it should be {FORMAT}; got {found(version)}")]
    if version.value > FORMAT:
        newer = f"the file has format {version.value}; this version reads format {FORMAT}: update Latent Explorer"
        raise StudyFileError([_at(version, newer)])
    return body, []


def _at(node: Node, message: str, field: tuple[str, ...] = ("format",)) -> Problem:
    return Problem(field=field, message=message, line=node.place.line, column=node.place.column)


_BREAKS = "\x85\u2028\u2029"  # ends of lines to YAML, which would come back as blanks


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """Writes texts so that `marked_yaml` reads them as texts, long ones as blocks, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ANN401 - as PyYAML's
        return super().increase_indent(flow, False)

    def text(self, value: str) -> Any:  # noqa: ANN401 - PyYAML's node
        block = "\n" in value and all(char == "\n" or char.isprintable() for char in value)
        odd = not isinstance(scalar(value), str) or any(char in _BREAKS for char in value)
        style = "|" if block else '"' if odd else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)

if __name__ == "__main__":
    raise SystemExit(main())
