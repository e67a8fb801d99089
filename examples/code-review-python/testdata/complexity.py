"""Writes complexity.golden: what radon 6.0.1 says of the files here.

Radon (https://github.com/rubik/radon, MIT) is asked for each function by itself, as it leaves out those of classes within functions. It
does not know except*, which is counted like except here:

    PYTHONPATH=radon python3.11 complexity.py >complexity.golden
"""

import ast
import pathlib

from radon.visitors import ComplexityVisitor


class Plain(ast.NodeTransformer):
    def visit_TryStar(self, node):
        self.generic_visit(node)
        return ast.copy_location(ast.Try(node.body, node.handlers, node.orelse, node.finalbody), node)


def functions(node, around=()):
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from functions(child, around)
            continue
        if not isinstance(child, ast.ClassDef):
            visitor = ComplexityVisitor(off=False)
            visitor.visit(child)
            yield child, ".".join([*around, child.name]), visitor.functions[0].complexity
        yield from functions(child, (*around, child.name))


for file in ["textwrap.py", "csv.py", "contextlib.py", "fractions.py", "modern.py"]:
    tree = Plain().visit(ast.parse(pathlib.Path(file).read_text()))
    for node, name, complexity in sorted(functions(tree), key=lambda f: f[0].lineno):
        print(file, node.lineno, node.end_lineno, complexity, name)
