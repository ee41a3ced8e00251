"""Where in a text something may be inserted or removed so that nothing else changes.

Every function gives edits that can be applied together with others on the same file: insertions at one offset are
written one after the other and still form valid arguments. Comments stay on their line, line ends stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from netmend.program import syntax
from netmend.program.places import Edit
from netmend.program.reading.bindings import Call, Site
from netmend.program.source import SourceFile


def replace(site: Site, text: str) -> Edit:
    """Put other text in place of an expression."""
    return Edit(site.file.name, *site.span, text)


def insertion_point(call: Call) -> int:
    """Offset at which `add_argument` inserts: where an absent argument would stand."""
    return _plan(call)[0]


def add_argument(call: Call, name: str, value: str) -> Edit:
    """Add a keyword argument at the end of a call's arguments, on a line of its own if they have lines of their own."""
    offset, before, after = _plan(call)
    return Edit(call.file.name, offset, offset, f"{before}{name}={value}{after}")


def argument_span(call: Call, argument: ast.expr | ast.keyword) -> tuple[int, int]:
    """Start and end of an argument of a call with the parentheses written around it."""
    return _with_parentheses(call.file, argument, _open(call) + 1, call.site.span[1] - 1)


def remove_arguments(call: Call, arguments: Sequence[ast.expr | ast.keyword]) -> tuple[Edit, ...]:
    """Remove arguments of a call with their commas; those that are neighbours in one edit."""
    items = _arguments(call)
    chosen = [items.index(argument) for argument in arguments]
    runs: list[list[int]] = []
    for index in sorted(chosen):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    opening, closing = _open(call) + 1, call.site.span[1] - 1
    return tuple(_remove(call.file, items, run[0], run[-1], opening, closing) for run in runs)


def remove_item(site: Site, sequence: ast.List | ast.Tuple) -> Edit:
    """Remove an element of a list or tuple display with its comma, and its line if it stands there alone."""
    start, end = site.file.span(sequence)
    index = sequence.elts.index(site.node)
    return _remove(site.file, sequence.elts, index, index, start + 1, end - 1)


def add_item(file: SourceFile, items: list[ast.expr], index: int, closing: int, text: str) -> tuple[Edit, ...]:
    """Insert an item after one of the items of a display or of a call's positional arguments, laid out as they are.

    Args:
        file: the file.
        items: the items, in order.
        index: the one to insert after.
        closing: offset of the closing bracket, or of whatever follows the last item.
        text: the new item.
    """
    source = file.text
    start, end = _with_parentheses(file, items[index], 0, closing)
    bound = file.span(items[index + 1])[0] if index + 1 < len(items) else closing
    comma = next((offset for offset, mark in _marks(source, end, bound) if mark == ","), None)
    newline, first = _newline(source), _line_start(source, start)
    indent = re.match(r"[ \t]*", source[first:start])
    margin = indent.group() + " " * (start - first - indent.end()) if indent else ""
    stop = _line_end(source, end if comma is None else comma + 1)
    if comma is not None:
        if stop < bound and _COMMENT_ONLY.fullmatch(source[comma + 1 : stop]):
            return (Edit(file.name, stop, stop, f"{newline}{margin}{text},"),)
        return (Edit(file.name, comma + 1, comma + 1, f" {text},"),)
    if source[first:start].strip() or stop >= closing:
        return (Edit(file.name, end, end, f", {text}"),)
    if not source[end:stop].strip():
        return (Edit(file.name, end, end, f",{newline}{margin}{text}"),)
    return (Edit(file.name, end, end, ","), Edit(file.name, stop, stop, f"{newline}{margin}{text}"))


def add_statement(file: SourceFile, statement: ast.stmt, text: str) -> Edit:
    """Insert a simple statement after another simple statement, on a line of its own where that has one."""
    start, end = file.span(statement)
    first, stop = _line_start(file.text, start), _line_end(file.text, end)
    if file.text[first:start].strip() or not _COMMENT_ONLY.fullmatch(file.text[end:stop]):
        return Edit(file.name, end, end, f"; {text}")
    return Edit(file.name, stop, stop, _newline(file.text) + file.text[first:start] + text)


def add_statement_before(file: SourceFile, statement: ast.stmt, *lines: str) -> Edit:
    """Insert simple statements before a statement, on lines of their own where that begins a line."""
    start, _ = file.span(statement)
    first = _line_start(file.text, start)
    indent = file.text[first:start]
    if indent.strip():
        return Edit(file.name, start, start, "".join(f"{line}; " for line in lines))
    newline = _newline(file.text)
    return Edit(file.name, first, first, "".join(f"{indent}{line}{newline}" for line in lines))


def add_item_before(file: SourceFile, items: list[ast.expr], opening: int, text: str) -> Edit:
    """Insert an item before the first item of a display, laid out as that one is.

    Args:
        file: the file.
        items: the items, in order.
        opening: offset behind the opening bracket.
        text: the new item.
    """
    start, _ = _with_parentheses(file, items[0], opening, len(file.text))
    first = _line_start(file.text, start)
    if first >= opening and not file.text[first:start].strip():
        return Edit(file.name, first, first, f"{file.text[first:start]}{text},{_newline(file.text)}")
    return Edit(file.name, start, start, f"{text}, ")


def remove_statement(file: SourceFile, statement: ast.stmt, parent: ast.AST) -> Edit:
    """Remove a statement, with its lines and their comments if it stands there alone.

    Args:
        file: the file.
        statement: what to remove.
        parent: the node it is in; if it holds nothing else, `pass` takes the statement's place.
    """
    start, end = file.span(statement)
    blocks = [block for _, block in ast.iter_fields(parent) if isinstance(block, list) and statement in block]
    if not blocks or len(blocks[0]) == 1:
        return Edit(file.name, start, end, "pass")
    first, last = _line_start(file.text, start), _line_end(file.text, end)
    tail = file.text[end:last]
    if not file.text[first:start].strip() and _COMMENT_ONLY.fullmatch(tail):
        return Edit(file.name, first, last + len(_newline_at(file.text, last)), "")
    semicolon = re.match(r"[ \t]*;[ \t]*", tail)
    if semicolon and not _COMMENT_ONLY.fullmatch(tail[semicolon.end() :]):
        return Edit(file.name, start, end + semicolon.end(), "")
    before = re.search(r"[ \t]*;[ \t]*\Z", file.text[first:start])
    return Edit(file.name, first + before.start() if before else start, end, "" if before else "pass")


def add_import(file: SourceFile, statement: str, use: int) -> Edit:
    """Add an import where what it gives can be used, and where it changes nothing for what is imported anyway.

    Importing a framework for the first time may depend on the statements before: on the variables of the environment
    that choose its backend or its devices. So the new import stands beside one of the same package, if the program has
    one. Otherwise it stands behind the last import before its use, and behind every change of the environment.

    Args:
        file: the file.
        statement: one line without its end: "import keras".
        use: offset of what needs it.
    """
    package = next(_packages(syntax.parse(statement).body[0]))
    blocks = _blocks_around(file, use)
    beside = (found for block, index in blocks if (found := _import_of(package, block, index)) is not None)
    block, index = blocks[0]
    others = [node for node in block[:index] if [*_packages(node)] or _sets_environment(node)]
    after = next(beside, others[-1] if others else None)
    if after is None and file.tree.body and _is_docstring(file.tree.body[0]):
        after = file.tree.body[0]
    newline = _newline(file.text)
    if after is None:
        offset = _line_start(file.text, file.span(file.tree.body[0])[0]) if file.tree.body else 0
        return Edit(file.name, offset, offset, statement + newline)
    start, stop = file.span(after)
    end = _line_end(file.text, stop)
    if not _COMMENT_ONLY.fullmatch(file.text[stop:end]):
        return Edit(file.name, stop, stop, f"; {statement}")
    indent = file.text[_line_start(file.text, start) : start]
    if indent.strip():  # another statement stands before it on its line
        return Edit(file.name, stop, stop, f"; {statement}")
    return Edit(file.name, end, end, newline + indent + statement)


_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def _blocks_around(file: SourceFile, use: int) -> list[tuple[list[ast.stmt], int]]:
    """The blocks that an offset lies in, the whole file first, each with the index of the statement that holds it.

    The body of a class is left out: a name that is bound there is none in the methods.
    """
    found: list[tuple[list[ast.stmt], int]] = []
    node: ast.AST = file.tree
    while True:
        inner = [block for _, block in ast.iter_fields(node) if isinstance(block, list)]
        holding = [(block, index) for block in inner for index, each in enumerate(block) if _holds(file, each, use)]
        if not holding:
            return found or [(file.tree.body, len(file.tree.body))]
        block, index = holding[0]
        if isinstance(block[index], ast.stmt) and not isinstance(node, ast.ClassDef):
            found.append((block, index))
        node = block[index]


def _holds(file: SourceFile, node: object, offset: int) -> bool:
    if isinstance(node, (ast.ExceptHandler, ast.match_case)):
        return any(_holds(file, each, offset) for each in node.body)
    if not isinstance(node, ast.stmt):
        return False
    start, end = file.span(node)
    return start <= offset < end


def _import_of(package: str, block: Sequence[ast.stmt], index: int) -> ast.stmt | None:
    """The last statement before another one that imports a package; a function may also need what comes after it."""
    before = [node for node in block[:index] if package in _packages(node)]
    if before or not isinstance(block[index] if index < len(block) else None, _LATER):
        return before[-1] if before else None
    return next((node for node in block[index + 1 :] if package in _packages(node)), None)


def _packages(statement: ast.stmt) -> Iterator[str]:
    """The packages that a statement imports when it is executed; empty for one named by where it lies."""
    for node in _executed(statement):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else str(node.module).partition(".")[0]


def _sets_environment(statement: ast.stmt) -> bool:
    """Whether a statement touches the variables of the environment: `os.environ`, under any name of `os`."""
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in _executed(statement)
        if isinstance(node, (ast.Attribute, ast.Name))
    }
    return not names.isdisjoint(("environ", "environb", "putenv"))


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is executed with it: not the bodies of functions and classes in it."""
    yield node
    if not isinstance(node, _LATER):
        for child in ast.iter_child_nodes(node):
            yield from _executed(child)


def _plan(call: Call) -> tuple[int, str, str]:
    """Offset of a new argument, and the text before and after it."""
    file, text = call.file, call.file.text
    arguments = _arguments(call)
    close = call.site.span[1] - 1
    if not arguments:
        offset = _open(call) + 1
        return offset, "", ""
    last = arguments[-1]
    start, end = file.span(last)
    comma = None
    for offset, mark in _marks(text, end, close):
        if mark == ")":
            end = offset + 1
        elif mark == ",":
            comma = offset
    first = _line_start(text, start)
    indent = text[first:start]
    own_line = not indent.strip() and text.count("\n", call.site.span[0], start) > 0
    newline = _newline(text)
    stop = _line_end(text, end)
    if comma is None:
        lonely = own_line and stop < close and not text[end:stop].strip()
        return end, (f",{newline}{indent}" if lonely else ", "), ""
    stop = _line_end(text, comma)
    if own_line and stop < close:
        return stop, newline + indent, ","
    return comma + 1, " ", ","


def _remove(
    file: SourceFile, items: Sequence[ast.expr | ast.keyword], first: int, last: int, opening: int, closing: int
) -> Edit:
    """Remove neighbours, from one to another, of the comma-separated items between two offsets."""
    text = file.text
    spans = [_with_parentheses(file, item, opening, closing) for item in items]
    start, end = spans[first][0], spans[last][1]
    bound = spans[last + 1][0] if last + 1 < len(spans) else closing
    comma = next((offset for offset, mark in _marks(text, end, bound) if mark == ","), None)
    stop = end if comma is None else comma + 1
    line, line_end = _line_start(text, start), _line_end(text, stop)
    alone = line >= opening and not text[line:start].strip() and line_end < closing
    if alone and _COMMENT_ONLY.fullmatch(text[stop:line_end]):
        return Edit(file.name, line, line_end + len(_newline_at(text, line_end)), "")
    if last + 1 < len(spans):
        gap = re.compile(r"[ \t]*").match(text, stop, bound)
        return Edit(file.name, start, gap.end() if gap else stop, "")
    if first:
        previous = next(offset for offset, mark in _marks(text, spans[first - 1][1], start) if mark == ",")
        if "#" in text[previous:start]:
            return Edit(file.name, start, stop, "")
        return Edit(file.name, previous, stop if comma is None else comma, "")  # a comma at the end stays
    return Edit(file.name, start, stop, "")


def _arguments(call: Call) -> list[ast.expr | ast.keyword]:
    """Arguments of a call in the order in which they are written."""
    arguments: list[ast.expr | ast.keyword] = [*call.node.args, *call.node.keywords]
    return sorted(arguments, key=call.file.span)


def _with_parentheses(file: SourceFile, node: ast.expr | ast.keyword, opening: int, closing: int) -> tuple[int, int]:
    """Span of a node with the parentheses written around it."""
    start, end = file.span(node)
    while True:
        before = re.search(r"\(\s*\Z", file.text[opening:start])
        after = re.match(r"\s*\)", file.text[end:closing])
        if before is None or after is None:
            return start, end
        start, end = opening + before.start(), end + after.end()


def _open(call: Call) -> int:
    """Offset of a call's opening parenthesis."""
    start = call.file.span(call.node.func)[1]
    return next(offset for offset, mark in _marks(call.file.text, start, call.site.span[1]) if mark == "(")


def _marks(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Characters between two offsets that are neither white space nor in a comment."""
    for match in re.compile(r"#[^\n]*|[^\s\\]").finditer(text, start, end):
        if not match.group().startswith("#"):
            yield match.start(), match.group()


_COMMENT_ONLY = re.compile(r"[ \t]*(#[^\r\n]*)?")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    """Offset of the line end after an offset, before `\\r\\n`."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end


def _newline_at(text: str, offset: int) -> str:
    found = re.match(r"\r?\n", text[offset : offset + 2])
    return found.group() if found else ""


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
