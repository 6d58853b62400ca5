# SPDX-License-Identifier: Apache-2.0
"""Is every file and every function small enough to be read in one go?"""

import ast

import cplusplus_scanner
import sources

FILE_LINES = 500
FUNCTION_LINES = 60


def cplusplus_functions(path):
    if path.suffix == ".def":
        return []
    return list(cplusplus_scanner.functions(sources.read(path)))


def python_functions(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.walk(ast.parse(sources.read(path)))
    return [(node.lineno, node.end_lineno, node.name) for node in tree if isinstance(node, kinds)]


def functions_of(path):
    if path.suffix in sources.CPLUSPLUS:
        return cplusplus_functions(path)
    return python_functions(path) if path.suffix == ".py" else []


def faults_of(path):
    lines = sources.read(path).count("\n")
    if lines > FILE_LINES:
        yield f"{path}:1: {lines} lines; a file has at most {FILE_LINES}"
    try:
        for first, last, name in functions_of(path):
            length = last - first + 1
            if length > FUNCTION_LINES:
                limit = f"a function has at most {FUNCTION_LINES}"
                yield f"{path}:{first}: {name} has {length} lines; {limit}"
    except ValueError as error:
        yield f"{path}:1: the brackets do not pair: {error}"


def main():
    faults = []
    paths = sources.files(sources.CPLUSPLUS + sources.SCRIPTS + sources.NAMED)
    for path in paths:
        faults += faults_of(path)
    sources.finish(faults, len(paths))


main()
