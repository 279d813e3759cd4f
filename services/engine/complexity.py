"""Cyclomatic complexity of one function: one plus its decisions."""

import ast

_DECISIONS = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.comprehension,
    ast.match_case,
)
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def cyclomatic_complexity(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the complexity, at least 1; functions and classes inside count on their own."""
    total = 1
    pending: list[ast.AST] = list(node.body)
    while pending:
        item = pending.pop()
        if isinstance(item, _DECISIONS):
            total += 1
        elif isinstance(item, ast.BoolOp):
            total += len(item.values) - 1
        if isinstance(item, ast.comprehension):
            total += len(item.ifs)
        if not isinstance(item, _NESTED):
            pending += ast.iter_child_nodes(item)
    return total
