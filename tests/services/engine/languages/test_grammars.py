"""Definitions of JavaScript, TypeScript and Java: kinds, names and spans; edits that keep the syntax."""

from typing import Any

import pytest

from services.core.tree import file_fingerprint
from services.engine.apply import ApplyResult, apply_document
from services.engine.document import EditDocument, document_to_json
from services.engine.languages.definitions import language_of
from services.engine.languages.reading import definitions_in
from services.engine.refusals import RefusalCode
from services.engine.source import SourceText, text_fingerprint
from tests.support.edit_oracle import ask_oracle

SCRIPT = """\
import React from 'react';
export default function App(props: { a: number }) { const ü = 1; return <div>{ü}</div>; }
export const load = async (a) => {
  function inner() {}
};
const one = 1, two = () => 2;
@Dec()
export class A extends B {
  #secret = 1;
  static make = () => 3;
  @Dec() get v(): number { return 1 }
  m(a: string): void;
  m(a: any) {}
}
interface I { m(): void; p: string }
namespace N { export function g() {} }
module.exports.h = function () {};
const table = { k() {}, l: () => 1, 'quoted': 3 };
type T = string;
enum E { X }
for (const i of []) {}
"""
JAVA = """\
package a;
@Deprecated
public class Shop<T> {
    private int a = 1, b;
    static final String NAME = "ü";

    @Override
    public int total(int x) { return x; }

    int total(String x) { int local = 3; return local; }

    Shop() {}

    enum Kind { ONE, TWO(1); Kind(int... a) {} }
    record Pair(int x) { Pair { } }
    interface Rule { int MAX = 1; void check(); }
}
"""


def listed(path: str, text: str) -> dict[str, tuple[set[str], str]]:
    language = language_of(path)
    assert language is not None
    source = SourceText.read(path, text.encode())
    return {
        item.qualified_name: (set(item.kinds), source.text[item.start : item.end])
        for item in definitions_in(source, language)
    }


class TestDefinitions:
    def test_names_what_a_script_defines(self) -> None:
        found = listed("a.tsx", SCRIPT)
        lines = SCRIPT.splitlines()
        assert found["App"] == ({"FUNCTION"}, lines[1])
        assert found["load"] == ({"ASSIGNMENT", "FUNCTION"}, "\n".join(lines[2:5]))
        assert found["load.inner"] == ({"FUNCTION"}, "function inner() {}")
        assert found["two"] == ({"ASSIGNMENT", "FUNCTION"}, "two = () => 2")
        assert found["A"] == ({"CLASS"}, "\n".join(lines[6:14]))
        assert found["A.#secret"] == ({"ASSIGNMENT"}, "#secret = 1")
        assert found["A.make"] == ({"ASSIGNMENT", "FUNCTION", "METHOD"}, "static make = () => 3")
        assert found["A.v"] == ({"FUNCTION", "METHOD"}, "@Dec() get v(): number { return 1 }")
        assert found["I.m"][0] == {"FUNCTION", "METHOD"} and found["I.p"][0] == {"ASSIGNMENT"}
        assert found["N.g"][1] == "export function g() {}"
        assert found["module.exports.h"] == ({"ASSIGNMENT", "FUNCTION"}, lines[16])
        assert found["table.k"][0] == {"FUNCTION", "METHOD"} and found["table.quoted"][1] == "'quoted': 3"
        assert {"App.a", "i"}.isdisjoint(found)

    def test_an_unnamed_default_export_is_called_default(self) -> None:
        assert listed("a.js", "export default class { m() {} }\n")["default.m"][1] == "m() {}"
        assert listed("a.js", "export default function () {}\n")["default"][0] == {"FUNCTION"}

    def test_names_what_a_java_file_defines(self) -> None:
        found = listed("Shop.java", JAVA)
        assert found["Shop"][1] == JAVA[JAVA.index("@Dep") :].rstrip("\n")
        assert found["Shop.a"] == ({"ASSIGNMENT"}, "a = 1")
        assert found["Shop.NAME"] == ({"ASSIGNMENT"}, 'static final String NAME = "ü";')
        assert found["Shop.Shop"] == ({"FUNCTION", "METHOD"}, "Shop() {}")
        assert found["Shop.Kind.TWO"] == ({"ASSIGNMENT"}, "TWO(1)") and found["Shop.Pair"][0] == {"CLASS"}
        assert found["Shop.Rule.check"][1] == "void check();" and "Shop.Kind.Kind.a" not in found


def node(op: str, path: str, content: bytes, name: str, source: str, **fields: Any) -> dict[str, Any]:
    return {
        "op": op, "path": path, "base_fingerprint": file_fingerprint(content), "language": language_of(path) or "java",
        "kind": "METHOD", "qualified_name": name, "node_fingerprint": text_fingerprint(source), **fields,
    }  # fmt: skip


def run(path: str, content: bytes, operation: dict[str, Any]) -> ApplyResult:
    """Apply to one file; the oracle must reach the same bytes."""
    document = EditDocument.model_validate({"operations": [operation]})
    result = apply_document({path: content}, document)
    if result.applied:
        expected = {name: file_fingerprint(data) for name, data in result.tree.items()}
        assert ask_oracle({path: content}, document_to_json(document)) == expected
    return result


class TestNodeOperations:
    def test_an_overload_is_told_by_its_source(self) -> None:
        source = "int total(String x) { int local = 3; return local; }"
        content = JAVA.encode()
        done = run(
            "Shop.java", content, node("node_replace", "Shop.java", content, "Shop.total", source, text="int t;")
        )
        assert done.tree["Shop.java"].decode() == JAVA.replace(source, "int t;")

    def test_deletes_a_method_with_annotations_and_the_blank_line(self) -> None:
        source = "@Override\n    public int total(int x) { return x; }"
        content = JAVA.encode()
        done = run("Shop.java", content, node("node_delete", "Shop.java", content, "Shop.total", source))
        assert done.tree["Shop.java"].decode() == JAVA.replace(f"    {source}\n\n", "")

    def test_inserts_below_a_member_that_ends_in_a_semicolon(self) -> None:
        content = SCRIPT.encode()
        insert = node("node_insert_after", "a.tsx", content, "A.make", "static make = () => 3", text="other() {}")
        assert run("a.tsx", content, insert).tree["a.tsx"].decode() == SCRIPT.replace(
            "= () => 3;\n", "= () => 3;\n  other() {}\n"
        )

    def test_refuses_an_edit_that_adds_an_error_and_allows_one_elsewhere_in_a_broken_file(self) -> None:
        content = b"class A {\n  m() { return 1 }\n}\nlet = = 3;\n"
        good = node("node_replace", "a.js", content, "A.m", "m() { return 1 }", text="m() { return 2 }")
        assert b"return 2" in run("a.js", content, good).tree["a.js"]
        [bad] = run("a.js", content, {**good, "text": "m() { return (( }"}).outcomes
        assert bad.code is RefusalCode.SYNTAX_BROKEN

    def test_search_replace_keeps_the_syntax_too(self) -> None:
        content = JAVA.encode()
        change = {
            "op": "search_replace", "path": "Shop.java", "base_fingerprint": file_fingerprint(content),
            "search": "return x; }", "replace": "return x;",
        }  # fmt: skip
        result = run("Shop.java", content, change)
        assert result.outcomes[0].code is RefusalCode.SYNTAX_BROKEN and result.tree["Shop.java"] == content

    @pytest.mark.parametrize(("path", "said"), [("a.rb", "exact search-replace only"), ("a.py", "not java")])
    def test_refuses_another_language_and_says_what_is_possible(self, path: str, said: str) -> None:
        content = b"x = 1\n"
        [outcome] = run(
            path, content, {**node("node_delete", path, content, "x", "x = 1"), "language": "java"}
        ).outcomes
        assert outcome.code is RefusalCode.PARSE_UNSUPPORTED and said in (outcome.remedy or "")
