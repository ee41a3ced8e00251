"""All mutants of a program, without running any, and random ones with two faults."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netmend.core.discover import contributions
from netmend.core.errors import Unchangeable, UsageError
from netmend.mutation.mutant import Mutant, mutate, together
from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.program.blame import Value
from netmend.program.source import Program

TRIES = 50
"""Draws for each mutant of the second order that is wanted: most pairs fit together, and where none does this ends."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An operator and a place where it applies."""

    operator: str
    acronym: str
    opportunity: Opportunity

    def mutant(self, program: Program, value: Value) -> Mutant:
        """The mutant with a value there.

        Raises:
            Unchangeable: it cannot be written.
        """
        return mutate(program, self.operator, self.acronym, self.opportunity, value)


@dataclass(frozen=True, slots=True)
class Refused:
    """An operator that makes no mutant, or not one of a value."""

    operator: str
    acronym: str
    why: NotApplicable
    value: str = ""


def operators_named(names: Sequence[str] = ()) -> Mapping[str, MutationOperator]:
    """Mutation operators by public name; all of them if none is named.

    Args:
        names: public names or acronyms, in any case.

    Raises:
        UsageError: there is no such operator.
    """
    known = {each.name: each.value for each in contributions("netmend.mutation.operators", MutationOperator).values()}
    by_any = {key.lower(): name for name, each in known.items() for key in (name, each.acronym)}
    unknown = [name for name in names if name.lower() not in by_any]
    if unknown:
        listed = ", ".join(f"{name} ({each.acronym})" for name, each in known.items())
        raise UsageError(f"there is no mutation operator called {unknown[0]!r}", hint=f"known operators: {listed}")
    chosen = {by_any[name.lower()] for name in names} or set(known)
    return {name: each for name, each in known.items() if name in chosen}


def survey(program: Program, operators: Sequence[str] = ()) -> Iterator[Applied | Refused]:
    """Where each operator applies, and why it does not where it does not.

    Raises:
        UsageError: there is no such operator.
    """
    for name, operator in operators_named(operators).items():
        for found in operator.find(program):
            if isinstance(found, NotApplicable):
                yield Refused(name, operator.acronym, found)
            else:
                yield Applied(name, operator.acronym, found)


def mutants(program: Program, operators: Sequence[str] = ()) -> Iterator[Mutant]:
    """Every mutant of the first order; of parameters that are searched, the extreme and three milder ones.

    Nothing is run. What cannot be written is left out here and named by `refusals`.

    Args:
        program: a correct program.
        operators: public names or acronyms; all if empty.

    Raises:
        UsageError: there is no such operator.
    """
    return (each for each in _every(program, operators) if isinstance(each, Mutant))


def refusals(program: Program, operators: Sequence[str] = ()) -> Iterator[Refused]:
    """What `mutants` leaves out, each with its reason."""
    return (each for each in _every(program, operators) if isinstance(each, Refused))


def pairs(program: Program, count: int, seed: int, operators: Sequence[str] = ()) -> Iterator[Mutant]:
    """Random mutants of the second order: two operators at different places. No pair is drawn twice.

    Operators are drawn first, then one of their mutants, so that those with many mutants do not prevail.

    Args:
        program: a correct program.
        count: how many are wanted; fewer are given where there are not so many.
        seed: of the draws.
        operators: public names or acronyms; all if empty.
    """
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in mutants(program, operators):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    chance = random.Random(seed)
    drawn: set[frozenset[str]] = set()
    for _ in range(count * TRIES if len(by_operator) > 1 else 0):
        first, second = (chance.choice(by_operator[name]) for name in sorted(chance.sample(sorted(by_operator), 2)))
        key = frozenset((first.patch.id, second.patch.id))
        if key in drawn or _place(first) == _place(second):
            continue
        drawn.add(key)
        try:
            mutant = together(first, second)
        except Unchangeable:
            continue
        yield mutant
        count -= 1
        if not count:
            return


def _every(program: Program, operators: Sequence[str]) -> Iterator[Mutant | Refused]:
    for found in survey(program, operators):
        if isinstance(found, Refused):
            yield found
            continue
        opportunity = found.opportunity
        for value in opportunity.values or (opportunity.scale.ladder() if opportunity.scale else ()):
            try:
                yield found.mutant(program, value)
            except Unchangeable as error:
                yield cannot_be_written(found, value, error)


def cannot_be_written(applied: Applied, value: Value, error: Unchangeable) -> Refused:
    """The refusal of one value."""
    sentence = "; ".join(line for line in (error.what, error.where) if line)
    why = NotApplicable(Reason.CANNOT_BE_WRITTEN, sentence, applied.opportunity.place)
    return Refused(applied.operator, applied.acronym, why, applied.opportunity.shown(value))


def _place(mutant: Mutant) -> tuple[str, str]:
    opportunity = mutant.mutations[0].opportunity
    return opportunity.kind, str(opportunity.place)
