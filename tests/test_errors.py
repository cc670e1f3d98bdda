"""The tree of failures: what is drawn in its module is what there is, with the exit codes that programs rely on."""

from __future__ import annotations

import inspect
import re

import pytest

from cg_uploader import errors
from cg_uploader.errors import NotReachable, ProxyLoginWanted, UploaderError, UsageError

CLASSES = {name: thing for name, thing in vars(errors).items() if inspect.isclass(thing)}
DRAWN = re.compile(r"^([│ ]*)[├└]── (\w+)\s+(\d+)?", re.MULTILINE)


def test_every_class_is_drawn_below_its_parent_with_its_exit_code() -> None:
    parents, drawn, code = ["UploaderError"], {"UploaderError": ""}, {}
    for indent, name, number in DRAWN.findall(errors.__doc__ or ""):
        depth = len(indent) // 4
        parents[depth + 1 :] = [name]
        drawn[name] = parents[depth]
        code[name] = int(number or code[parents[depth]])
    assert drawn.keys() == CLASSES.keys()
    for name, parent in drawn.items():
        if parent:
            assert [base.__name__ for base in CLASSES[name].__bases__] == [parent]
            assert CLASSES[name].exit_code == code[name]


def test_every_class_has_a_word_of_its_own() -> None:
    words = [kind.kind for kind in CLASSES.values()]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("kind", [None, "encoding"])
def test_a_failure_as_json_has_its_word_its_sentence_and_its_code(kind: str | None) -> None:
    failure = UsageError("There is no such sheet.", kind=kind)
    assert failure.as_data() == {"kind": kind or "usage", "text": "There is no such sheet.", "exit": 2}
    assert str(failure) == failure.sentence
    assert UsageError("x").kind == "usage", "one failure changes no other"


def test_what_a_failure_knows_beside_its_sentence() -> None:
    assert NotReachable("Later.", retry_after=3.0).retry_after == 3.0
    assert NotReachable("Gone.").retry_after is None
    assert ProxyLoginWanted("Who?", host_port="proxy:8080").host_port == "proxy:8080"
    assert UploaderError("x").exit_code == 5
