"""The arrays that a program trains and evaluates its model on, by name, and what is done to them before.

Framework-neutral: a reader says where its framework is given arrays (`Use`); here they are followed to their names and
to the statements that prepare them, and statements are written that prepare them in another way.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from netmend.core.errors import Unchangeable
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.scopes import LOOPS, Binding
from netmend.program.reading.spelling import number
from netmend.program.source import SourceFile

NONE = "none"
TRAINING_ONLY, EVALUATION_ONLY = " in training only", " in evaluation only"

# Deepest chain of assignments that is followed (own choice; longer ones are cycles in practice).
_DEEPEST = 8
# Added to a standard deviation, so that a column that does not vary is not divided by zero; far below the spread of any
# column that does (scikit-learn's StandardScaler divides such a column by 1 instead, to the same effect).
_TINY = "1e-7"
# Functions that make an array of what they are given; with the methods that give back the same numbers in another type,
# shape or place.
_MAKERS = frozenset(
    ("tensor", "as_tensor", "from_numpy", "array", "asarray", "Tensor", "FloatTensor", "LongTensor", "float32",
     "float64", "convert_to_tensor", "expand_dims")
)  # fmt: skip
_SAME_NUMBERS = _MAKERS | frozenset(
    ("astype", "float", "double", "long", "int", "to", "cuda", "cpu", "reshape", "view", "flatten", "squeeze",
     "unsqueeze", "ravel", "copy", "clone", "contiguous", "numpy", "type")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """An expression that a model is given.

    Attributes:
        site: the expression. training: it is trained on, not evaluated on. part: which of several inputs it is.
    """

    site: Site
    training: bool
    part: int | str = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that holds an array.

    Attributes:
        use: where the model is given it, as a Name. training: it is trained on. scope: the function or module it is in.
        given: the whole expression that the model is given. part: which of several inputs.
    """

    use: Site
    training: bool
    scope: ast.AST
    given: Site
    part: int | str = 0

    @property
    def name(self) -> str:
        """Its name."""
        assert isinstance(self.use.node, ast.Name)
        return self.use.node.id


class Arrays:
    """The inputs, or the labels, of a program.

    Attributes:
        variables: each once, those that are trained on first.

    Args:
        bindings: of the program.
        uses: every place where a model is given them.
    """

    def __init__(self, bindings: Bindings, uses: Sequence[Use]) -> None:
        self._bindings = bindings
        found = [(use.training, self._variable(use)) for use in uses]
        known = [variable for _, variable in found if variable is not None]
        # An array of which one use cannot be followed may not be changed: the other use would be left behind.
        self.complete = bool(found) and len(known) == len(found)
        once: dict[tuple[ast.AST, str], Variable] = {}
        for each in sorted(known if self.complete else [], key=lambda each: not each.training):
            once.setdefault((each.scope, each.name), each)
        self.variables = tuple(once.values())
        self._uses = known

    # What is done to them

    def preparation(self) -> tuple[str | None, Site | None]:
        """What is done to them, as a canonical value, and where; None if it cannot be told."""
        found = {each: self._of_use(each) for each in self.variables}
        if not found or any(value is None for value, _ in found.values()):
            return None, None
        training = {value for each, (value, _) in found.items() if each.training}
        evaluation = {value for each, (value, _) in found.items() if not each.training}
        site = next((site for value, site in found.values() if site is not None), None)
        if len(training) != 1 or len(evaluation) > 1:
            return None, None
        (one,) = training
        (other,) = evaluation or training
        assert one is not None and other is not None
        if one == other:
            return one, site
        if NONE not in (one, other):
            return None, None
        return (one + TRAINING_ONLY if other == NONE else other + EVALUATION_ONLY), site

    def _of_use(self, variable: Variable) -> tuple[str | None, Site | None]:
        return self._of_expression(variable.given, "", 0)

    def _of_variable(self, use: Site, depth: int) -> tuple[str | None, Site | None]:
        assert isinstance(use.node, ast.Name)
        if depth > _DEEPEST:
            return None, None
        found = []
        for binding in self._bindings.scopes(use.file).bindings(use.node.id, use.node):
            value, site = self._of_binding(use, binding, depth)
            if value != NONE:
                found.append((value, site))
        return found[0] if len(found) == 1 else (NONE, None) if not found else (None, None)

    def _of_binding(self, use: Site, binding: Binding, depth: int) -> tuple[str | None, Site | None]:
        assert isinstance(use.node, ast.Name)
        match binding.node:
            case ast.AugAssign(op=ast.Div(), value=divisor):
                size = self._bindings.resolve(Site(use.file, divisor)).value
                return (f"divide({size:g})" if _is_number(size) else None), None
            case ast.AugAssign():
                return None, None
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Call() as call) if binding.value is None:
                return self._of_split(use, targets, call, depth)
        if binding.value is None:
            return NONE, None
        return self._of_expression(Site(use.file, binding.value), use.node.id, depth + 1)

    def _of_split(
        self, use: Site, targets: list[ast.expr], call: ast.Call, depth: int
    ) -> tuple[str | None, Site | None]:
        """`a, b, c, d = train_test_split(x, y)`: of the array that is split; else of what the function does."""
        made = self._bindings.call(Site(use.file, call))
        names = [target.id if isinstance(target, ast.Name) else "" for target in targets]
        assert isinstance(use.node, ast.Name)
        if made is not None and made.name.endswith("train_test_split") and use.node.id in names:
            index = names.index(use.node.id) // 2
            if index < len(call.args):
                return self._of_expression(Site(use.file, call.args[index]), use.node.id, depth + 1)
        return self._of_call(Site(use.file, call))

    def _of_expression(self, site: Site, name: str, depth: int) -> tuple[str | None, Site | None]:
        inner = _inner(site.node)
        if inner is not None:
            return self._of_expression(Site(site.file, inner), name, depth)
        match site.node:
            case ast.Name(id=other):
                return (NONE, None) if other == name else self._of_variable(site, depth)
            case ast.BinOp(left=ast.BinOp(op=ast.Sub()), op=ast.Div(), right=right):
                known = self._bindings.resolve(Site(site.file, right)).known
                return (None, None) if known else ("standardise", site)
            case ast.BinOp(left=left, op=ast.Div() | ast.Sub() as operator, right=right):
                size = self._bindings.resolve(Site(site.file, right)).value
                before, _ = self._of_expression(Site(site.file, left), name, depth)
                if before != NONE or not _is_number(size):
                    return None, None
                return f"{'divide' if isinstance(operator, ast.Div) else 'minus'}({size:g})", site
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                size = self._bindings.resolve(Site(site.file, right)).value
                before, _ = self._of_expression(Site(site.file, left), name, depth)
                if before != NONE or not isinstance(size, (int, float)) or not size:
                    return None, None
                # Made larger, they are as far from a scale of 1 as before.
                return (NONE, None) if size >= 1 else (f"divide({1 / size:g})", None)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=scaler), attr="fit_transform" | "transform")):
                return f"transform({scaler})", site
            case ast.Call():
                return self._of_call(site)
            case ast.BinOp() | ast.IfExp() | ast.ListComp():
                return None, None
        return NONE, None

    def _of_call(self, site: Site) -> tuple[str | None, Site | None]:
        """Of a call that makes an array: nothing, unless it or the program's own function sounds like scaling."""
        call = self._bindings.call(site)
        definition = self._bindings.definition(call.name) if call is not None and call.name else None
        names = [call.name, call.method] if call is not None else []
        if definition is not None:
            inside = list(ast.walk(definition[1]))
            names += [each.attr for each in inside if isinstance(each, ast.Attribute)]
            if any(isinstance(each, ast.Div) for each in inside):
                return None, None
        scaling = any(part in each.lower() for each in names for part in ("scale", "normali", "preprocess", "standard"))
        return (None, None) if scaling else (NONE, None)

    # Where they are

    def _variable(self, used: Use) -> Variable | None:
        site = used.site
        node: ast.expr | None = site.node
        while node is not None and not isinstance(node, ast.Name):
            node = node.left if isinstance(node, ast.BinOp) else _inner(node)
        if node is None:
            return None
        scopes = self._bindings.scopes(site.file)
        scope = scopes.scope(node)
        found = scopes.bound_in(scope, node.id) if isinstance(node, ast.Name) else ()
        fixed = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.arg, ast.ImportFrom)
        if not found or any(not isinstance(each.node, fixed) or scopes.in_loop(each.node) for each in found):
            return None
        return Variable(Site(site.file, node), used.training, scope, site, used.part)

    def insertion(self) -> tuple[SourceFile, ast.stmt]:
        """The file and the statement of its first use, in no loop, before which they may be changed.

        Raises:
            Unchangeable: it cannot be done safely.
        """
        self._require(self.complete, "the arrays have no names")
        self._require(len({each.scope for each in self._uses}) == 1, "the arrays are used in several functions")
        first = self._uses[0]
        scopes = self._bindings.scopes(first.use.file)
        chains = [self._chain(each, first.scope) for each in self._uses]
        depth = 0
        while len({id(chain[depth]) for chain in chains}) == 1 and not isinstance(chains[0][depth], (*LOOPS, ast.With)):
            if any(len(chain) == depth + 1 for chain in chains):
                break
            depth += 1
        statement = min((chain[depth] for chain in chains), key=lambda each: (each.lineno, each.col_offset))
        for each in self.variables:
            for binding in scopes.bound_in(first.scope, each.name):
                inside = isinstance(binding.node, ast.arg)
                end = getattr(binding.node, "end_lineno", 0), getattr(binding.node, "end_col_offset", 0)
                self._require(
                    inside or end <= (statement.lineno, statement.col_offset), "an array is assigned again later"
                )
        return first.use.file, statement

    @property
    def changeable(self) -> bool:
        """Whether statements can prepare them in another way."""
        try:
            self.insertion()
        except Unchangeable:
            return False
        return True

    def place(self, otherwise: Site) -> tuple[SourceFile, int]:
        """Where a statement that prepares them would stand; elsewhere if there can be none."""
        try:
            file, statement = self.insertion()
        except Unchangeable:
            return otherwise.file, otherwise.span[0]
        return file, file.span(statement)[0]

    def _chain(self, variable: Variable, scope: ast.AST) -> list[ast.stmt]:
        """The statements around a use within its scope, the outermost first."""
        scopes = self._bindings.scopes(variable.use.file)
        found: list[ast.stmt] = []
        for node in (variable.use.node, *scopes.ancestors(variable.use.node)):
            if node is scope:
                break
            if isinstance(node, ast.stmt):
                found.append(node)
        return found[::-1]

    def _require(self, holds: bool, reason: str) -> None:
        if not holds:
            raise Unchangeable(reason, where=str(self.variables[0].use.place) if self.variables else "")

    # Writing

    def prepared(self, value: str) -> tuple[Edit, ...]:
        """The edits that prepare them as a canonical value says; where one side is, the other one like it.

        Raises:
            Unchangeable: it cannot be done safely, or no statement does that.
        """
        self._require(self.complete, "the arrays have no names that a statement could change")
        present, _ = self.preparation()
        if present is not None and present.endswith((TRAINING_ONLY, EVALUATION_ONLY)):
            self._require(present.startswith(value + " in "), "the two sides are to be prepared alike")
            return self._alike()
        name, _, size = value.removesuffix(")").partition("(")
        if name == "standardise":
            return self._standardised()
        self._require(name in ("divide", "minus"), f"no statement gives arrays the form {value}")
        try:
            step = float(size)
        except ValueError:
            raise Unchangeable(f"{size!r} is no number") from None
        whole = name == "minus" and step == int(step)
        return self._each_as(f"{{}} {'-' if name == 'minus' else '/'} {number(int(step) if whole else step)}")

    def _standardised(self) -> tuple[Edit, ...]:
        """The edit that standardises each column by mean and standard deviation of the training rows."""
        file, statement = self.insertion()
        lines = []
        for part in dict.fromkeys(each.part for each in self.variables):
            variables = [each for each in self.variables if each.part == part]
            training = [each.name for each in variables if each.training]
            self._require(len(training) == 1, "there is not one array of training inputs")
            shared = any(each.name == training[0] and not each.training for each in self._uses)
            self._require(not shared, "the array also holds the evaluation rows, which may not be measured")
            mean, spread = (self._free(file, f"{training[0]}_{what}") for what in ("mean", "std"))
            lines.append(f"{mean}, {spread} = {training[0]}.mean(axis=0), {training[0]}.std(axis=0) + {_TINY}")
            lines.append(_line(f"({{}} - {mean}) / {spread}", variables))
        return (spans.add_statement_before(file, statement, *lines),)

    def _alike(self) -> tuple[Edit, ...]:
        """The edit that gives the side without preparation the same as the other."""
        file, statement = self.insertion()
        found = {each: self._of_use(each) for each in self.variables}
        prepared = next(each for each, (value, _) in found.items() if value != NONE)
        value, site = found[prepared]
        lacking = [each.name for each, (value, _) in found.items() if value == NONE]
        assert value is not None
        if value.startswith("divide"):
            template = f"{{}} / {number(float(value[7:-1]))}"
        elif value.startswith("transform"):
            template = f"{value[10:-1]}.transform({{}})"
        else:
            template = self._template(site, prepared.name)
        right = ", ".join(template.format(name) for name in lacking)
        return (spans.add_statement_before(file, statement, f"{', '.join(lacking)} = {right}"),)

    def undivided(self) -> tuple[Edit, ...]:
        """The edits that take a division away wherever one of them is divided."""
        sites = [site for each in self.variables for _, site in [self._of_use(each)]]
        found = [site for site in dict.fromkeys(sites) if site is not None]
        edits = []
        for site in found:
            assert isinstance(site.node, ast.BinOp)
            scopes, left = self._bindings.scopes(site.file), Site(site.file, site.node.left)
            match scopes.parent(site.node):
                case ast.Assign(targets=[ast.Name(id=name)]) as statement if left.text == name:
                    around = scopes.parent(statement)
                    assert around is not None, "a statement stands in a module"
                    edits.append(spans.remove_statement(site.file, statement, around))
                case _:
                    edits.append(Edit(site.file.name, left.span[1], site.span[1], ""))
        self._require(bool(edits), "the division stands in no expression")
        return tuple(dict.fromkeys(edits))

    def _each_as(self, template: str) -> tuple[Edit, ...]:
        file, statement = self.insertion()
        return (spans.add_statement_before(file, statement, _line(template, self.variables)),)

    def _template(self, site: Site | None, name: str) -> str:
        """The expression that prepares one variable, with `{}` for its name, if it may be used for another one."""
        if site is None:
            raise Unchangeable("how the arrays are prepared cannot be copied")
        names = [each for each in ast.walk(site.node) if isinstance(each, ast.Name) and each.id == name]
        start = site.span[0]
        self._require(len(names) == 1 and "{" not in site.text, "the array is measured where it is prepared")
        first, last = (offset - start for offset in site.file.span(names[0]))
        return site.text[:first] + "{}" + site.text[last:]

    def _free(self, file: SourceFile, name: str) -> str:
        """A name that the file does not use."""
        taken = {each.id for each in ast.walk(file.tree) if isinstance(each, ast.Name)}
        candidate, count = name, 2
        while candidate in taken:
            candidate, count = f"{name}_{count}", count + 1
        return candidate


def _inner(node: ast.expr) -> ast.expr | None:
    """What an expression holds the same numbers as: `x` for `x[:100]`, `x.astype("float32")`, `torch.tensor(x)`."""
    match node:
        case ast.Subscript(value=inner):
            return inner
        case ast.Call(func=ast.Attribute(attr=name), args=[inner, *_]) if name in _MAKERS:
            return inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _SAME_NUMBERS:
            return inner
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _MAKERS:
            return inner
    return None


def _line(template: str, variables: Sequence[Variable]) -> str:
    names = list(dict.fromkeys(each.name for each in variables))
    return f"{', '.join(names)} = {', '.join(template.format(name) for name in names)}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0
