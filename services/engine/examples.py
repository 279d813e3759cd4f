"""One example of every operation on one small tree: for the reference page, for prompts, and executed by a test.

A new operation adds its line to `EXAMPLES`; what its docstring says becomes its text on the reference page.
"""

from typing import Any

from services.core.tree import file_fingerprint
from services.engine.document import EditDocument
from services.engine.source import text_fingerprint

FILES: dict[str, str] = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        "import os\n"
        "from shop.prices import BASE\n"
        "\n"
        "\n"
        "def total(items, rate=1):\n"
        "    amount = sum(items) * rate\n"
        "    return amount + BASE\n"
        "\n"
        "\n"
        "def receipt(items):\n"
        '    return f"{total(items)} in all"\n'
    ),
    "shop/prices.py": "BASE = 1\n",
    "shop/text.py": 'def label(amount):\n    return unit() + str(amount)\n\n\ndef unit():\n    return "EUR"\n',
    "shop/till.py": (
        "class Till:\n"
        "    def __init__(self, money=0):\n"
        "        self.money = money\n"
        "\n"
        "    def rounded(self, digits):\n"
        "        return round(self.money, digits)\n"
        "\n"
        "\n"
        "def balance(till: Till):\n"
        "    return till.money\n"
        "\n"
        "\n"
        "def price(net, tip, note):\n"
        "    return note, net + tip\n"
    ),
    "web/cart.ts": (
        "export function total(items: number[]): number {\n  return items.reduce((a, b) => a + b, 0);\n}\n"
    ),
    "test_cart.py": (
        "from shop.cart import total\n\n\ndef test_adds_up():\n    assert total([1, 2]) == 4\n"
    ),
}  # fmt: skip

_TOTAL = "def total(items, rate=1):\n    amount = sum(items) * rate\n    return amount + BASE"
_RECEIPT = 'def receipt(items):\n    return f"{total(items)} in all"'
_SCRIPT = FILES["web/cart.ts"].removesuffix("\n")


def _on(path: str) -> dict[str, str]:
    return {"path": path, "base_fingerprint": file_fingerprint(FILES[path].encode())}


def _node(path: str, name: str, source: str) -> dict[str, str]:
    return {**_on(path), "kind": "FUNCTION", "qualified_name": name, "node_fingerprint": text_fingerprint(source)}


EXAMPLES: tuple[dict[str, Any], ...] = (
    {"op": "search_replace", **_on("shop/cart.py"), "search": "sum(items) * rate", "replace": "rate * sum(items)",
     "block_fingerprint": text_fingerprint("sum(items) * rate")},
    {"op": "node_replace", **_node("web/cart.ts", "total", _SCRIPT), "language": "typescript",
     "text": "export function total(items: number[]): number {\n  let sum = 0;\n"
             "  for (const item of items) sum += item;\n  return sum;\n}\n"},
    {"op": "node_insert_before", **_node("shop/cart.py", "receipt", _RECEIPT),
     "text": "def is_empty(items):\n    return not items\n\n\n"},
    {"op": "node_insert_after", **_node("shop/cart.py", "total", _TOTAL),
     "text": "\n\ndef count(items):\n    return len(items)\n"},
    {"op": "node_delete", **_node("shop/cart.py", "receipt", _RECEIPT)},
    {"op": "rename_symbol", **_on("shop/cart.py"), "symbol": "total", "new_name": "sum_of", "options": {"tests": True}},
    {"op": "move_symbols", **_on("shop/cart.py"), "symbols": ["receipt"], "new_path": "shop/receipts.py"},
    {"op": "rename_module", **_on("shop/prices.py"), "new_path": "shop/base.py"},
    {"op": "fold_module", **_on("shop/prices.py"), "new_path": "shop/text.py"},
    {"op": "split_module", **_on("shop/cart.py"),
     "parts": [{"new_path": "shop/sums.py", "symbols": ["total"]}]},
    {"op": "extract_function", **_on("shop/cart.py"), "start_line": 6, "end_line": 6, "new_name": "amount_of"},
    {"op": "extract_variable", **_on("shop/cart.py"), "line": 6, "expression": "sum(items)", "new_name": "plain"},
    {"op": "extract_constant", **_on("shop/text.py"), "line": 6, "expression": '"EUR"', "new_name": "EURO"},
    {"op": "inline_function", **_on("shop/text.py"), "symbol": "unit"},
    {"op": "inline_variable", **_on("shop/cart.py"), "symbol": "total.amount"},
    {"op": "change_signature", **_on("shop/cart.py"), "symbol": "total", "tests": "leave",
     "changes": [{"kind": "add", "name": "log", "default": "False", "keyword_only": True}]},
    {"op": "method_to_function", **_on("shop/till.py"), "symbol": "Till.rounded"},
    {"op": "function_to_method", **_on("shop/till.py"), "symbol": "balance", "class_name": "Till", "parameter": "till"},
    {"op": "wrap_in_class", **_on("shop/text.py"), "symbols": ["label", "unit"], "class_name": "Labels"},
    {"op": "introduce_parameter_object", **_on("shop/till.py"), "symbol": "price", "parameters": ["net", "tip"],
     "class_name": "Payment", "parameter_name": "payment"},
    {"op": "add_import", **_on("shop/prices.py"), "module": "decimal", "name": "Decimal"},
    {"op": "remove_import", **_on("shop/cart.py"), "module": "os"},
    {"op": "organise_imports", **_on("shop/cart.py")},
    {"op": "file_create", "path": "shop/rates.py", "content": "DEFAULT = 1\n"},
    {"op": "file_delete", **_on("shop/text.py")},
    {"op": "file_move", **_on("shop/text.py"), "new_path": "shop/units.py"},
)  # fmt: skip


def example_tree() -> dict[str, bytes]:
    """Return the tree that every example applies to."""
    return {path: text.encode() for path, text in FILES.items()}


def example_document(example: dict[str, Any]) -> EditDocument:
    """Return one example as a document."""
    return EditDocument.model_validate({"operations": [example]})
