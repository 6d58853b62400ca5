# SPDX-License-Identifier: Apache-2.0
"""Finds the functions of a C++ file by its braces, without understanding the language.

Comments, literals and preprocessor lines are blanked first. A brace then opens a container
(namespace or type), an initialiser or a function; only containers are looked into.
"""

import re

BLANKED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^(\s]*)\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\''
    r"|^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
    re.DOTALL | re.MULTILINE,
)
PREFIX = re.compile(r"\s*(?:(?:public|private|protected)\s*:(?!:)\s*)*")
CONTAINER = re.compile(r'(?:inline\s+)?(?:namespace|class|struct|union|enum)\b|extern\s*""\s*$')
ASSIGNMENT = re.compile(r"(?<!operator)(?<![=!<>+*/&|^%-])=(?!=)")
MEMBER = re.compile(r"\)\s*(?:noexcept\s*(?:\(\))?\s*)?:(?!:).*[\w>]\s*$", re.DOTALL)
NAME = re.compile(r"(operator\s*[^\s\w(]+|operator\(\)|[\w:~]+)\s*\(")


def functions(text):
    """Yields (first line, last line, name) of each function at namespace or class level.

    Raises ValueError where brackets do not pair.
    """
    text = blank(text)
    position = head_start = depth = 0
    while position < len(text):
        character = text[position]
        if character == "(":
            position = closing(text, position, "()")
        elif character == "}":
            depth -= 1
            if depth < 0:
                raise ValueError(f"line {line_of(text, position)}: this brace closes nothing")
        elif character == "{":
            start = PREFIX.match(text, head_start).end()
            kind = kind_of(text[start:position])
            if kind == "container":
                depth += 1
            else:
                end = closing(text, position, "{}")
                if kind == "function":
                    yield line_of(text, start), line_of(text, end), name_of(text[start:position])
                    head_start = end + 1
                position = end + 1
                continue
        position += 1
        if character in ";{}":
            head_start = position
    if depth:
        raise ValueError("a brace is never closed")


def blank(text):
    """The text with comments, literals and preprocessor lines emptied, its lines kept."""

    def emptied(match):
        literal = '""' if match[0][0] in "\"R'" else ""
        return literal + "\n" * match[0].count("\n")

    return BLANKED.sub(emptied, text)


def kind_of(head):
    """What the brace after this head opens: container, function or initialiser."""
    head = without_templates(without_parentheses(re.sub(r"\[\[.*?\]\]", "", head)))
    if CONTAINER.match(head):
        return "container"
    if ASSIGNMENT.search(head) or "(" not in head or MEMBER.search(head):
        return "initialiser"
    return "function"


def without_parentheses(head):
    """The head with whatever stands in parentheses left out."""
    before = None
    while before != head:
        before = head
        head = re.sub(r"\([^()]*\)", "\0", head)
    return head.replace("\0", "()")


def without_templates(head):
    """The head after its template <...> clauses."""
    while match := re.match(r"\s*template\s*<", head):
        head = head[closing(head, match.end() - 1, "<>") + 1 :].lstrip()
    return head


def name_of(head):
    match = NAME.search(head)
    return match[1] if match else "a function"


def closing(text, position, pair):
    """Where the bracket opened at position is closed."""
    depth = 0
    for match in re.compile("[" + re.escape(pair) + "]").finditer(text, position):
        depth += 1 if match[0] == pair[0] else -1
        if depth == 0:
            return match.start()
    raise ValueError(f"line {line_of(text, position)}: '{pair[0]}' is never closed")


def line_of(text, position):
    return text.count("\n", 0, position) + 1
