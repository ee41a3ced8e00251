"""A faulty program made from a correct one, and its ground truth: the edits that give the correct one back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netmend.core.errors import Unchangeable
from netmend.mutation.operators._base import Opportunity
from netmend.program.blame import Value
from netmend.program.edits import Change, SourcePatch
from netmend.program.elements._find import find_all
from netmend.program.places import Edit, Place
from netmend.program.source import Program


@dataclass(frozen=True)
class Mutation:
    """One operator applied at one place.

    Attributes:
        operator: public name. acronym: DeepCrime's.
        opportunity: where. value: what was put there.
        change: the same as a change of the program.
    """

    operator: str
    acronym: str
    opportunity: Opportunity
    value: Value
    change: Change


@dataclass(frozen=True, slots=True)
class Truth:
    """What is wrong with a mutant at one place, and what would be right there.

    Attributes:
        operator, acronym: what made it.
        kind: element kind, or what else was changed. owner: the call it belongs to, for a person.
        place: in the correct program. mutated_place: in the mutant.
        element: id of the source element in the mutant's text; "" if no element kind covers it.
        wrong: what stands in the mutant. right: what stood in the correct program.
    """

    operator: str
    acronym: str
    kind: str
    owner: str
    place: Place
    mutated_place: Place
    element: str
    wrong: str
    right: str


@dataclass(frozen=True)
class Mutant:
    """A faulty program.

    Attributes:
        mutations: one; two for a mutant of the second order.
        patch: from the correct program to this one.
    """

    mutations: tuple[Mutation, ...]
    patch: SourcePatch

    @property
    def original(self) -> Program:
        """The correct program."""
        return self.patch.program

    @property
    def program(self) -> Program:
        """The faulty program."""
        return self.patch.patched_program()

    @property
    def operator(self) -> str:
        """Names of what made it, joined by a plus."""
        return "+".join(mutation.operator for mutation in self.mutations)

    @property
    def acronym(self) -> str:
        """Acronyms of what made it, joined by a plus."""
        return "+".join(mutation.acronym for mutation in self.mutations)

    @cached_property
    def inverse(self) -> tuple[Edit, ...]:
        """The edits of the faulty program that give the correct one back, byte for byte."""
        return self.original.inverse(self.patch.edits)

    @cached_property
    def truth(self) -> tuple[Truth, ...]:
        """What is wrong, one for each mutation."""
        return tuple(self._truth(mutation) for mutation in self.mutations)

    def _truth(self, mutation: Mutation) -> Truth:
        opportunity = mutation.opportunity
        place = self._moved(mutation)
        element, stands_at = self._element(mutation, place)
        return Truth(
            mutation.operator,
            mutation.acronym,
            opportunity.kind,
            opportunity.owner,
            opportunity.place,
            stands_at,
            element,
            mutation.change.after,
            opportunity.before,
        )

    def _moved(self, mutation: Mutation) -> Place:
        """Where the first edit of a mutation, imports apart, stands in the mutant."""
        name = mutation.opportunity.place.file
        own = [edit for edit in mutation.change.edits if edit.file == name]
        first = min(edit for edit in own if not edit.text.strip().startswith(_IMPORT))
        earlier = tuple(edit for edit in self.patch.edits if edit.file == name and edit <= first)
        return self.program.file(name).place(self.original.file(name).inverse(earlier)[-1].start)

    def _element(self, mutation: Mutation, place: Place) -> tuple[str, Place]:
        """The source element that is at fault in the mutant: by layer and value, by its number, or by value alone."""
        opportunity = mutation.opportunity
        if not opportunity.element:
            return "", place
        old = [each for each in find_all(self.original) if each.kind == opportunity.kind]
        new = [each for each in find_all(self.program) if each.kind == opportunity.kind]
        wrong = [each for each in new if each.value == mutation.value]
        of_layer = [each for each in wrong if each.layer == opportunity.layer]
        number = next((at for at, each in enumerate(old) if each.id == opportunity.element), len(old))
        same_number = new[number : number + 1] if len(old) == len(new) else []
        found = next((each for each in (of_layer, same_number, wrong) if len(each) == 1), [])
        return (found[0].id, found[0].place) if found else ("", place)


_IMPORT = ("import ", "from ", "; import ", "; from ")


def mutate(program: Program, operator: str, acronym: str, opportunity: Opportunity, value: Value) -> Mutant:
    """The mutant that has a value at a place.

    Raises:
        Unchangeable: it cannot be written there, or could not be undone byte for byte.
    """
    shown = opportunity.shown(value)
    edits = opportunity.edits(value)
    change = Change(opportunity.kind, opportunity.place, opportunity.owner, opportunity.before, shown, edits)
    patch = SourcePatch(program).with_change(change)
    return _checked(Mutant((Mutation(operator, acronym, opportunity, value, change),), patch))


def together(first: Mutant, second: Mutant) -> Mutant:
    """The mutant of the second order that has the faults of two.

    Raises:
        Unchangeable: they are at the same place, touch the same text, or do not compile together.
    """
    (mutation,) = second.mutations
    return _checked(Mutant((*first.mutations, mutation), first.patch.with_change(mutation.change)))


def _checked(mutant: Mutant) -> Mutant:
    if mutant.program == mutant.original:
        raise Unchangeable("the mutation changes nothing", where=str(mutant.mutations[0].opportunity.place))
    if mutant.program.patched(mutant.inverse) != mutant.original:
        raise Unchangeable("the mutation could not be undone", where=str(mutant.mutations[0].opportunity.place))
    return mutant
