"""Repair of a trained network by changing weights: the five steps on one page.

Nothing is random but which held-out inputs go into which half: one for every choice, the other for the report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from netmend.core.records import Diagnosis, Draw, Finding, Outcome, Purpose, Suspect, Trial, Verdict
from netmend.core.repairer import Proposal, Proposer
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.certify import check_points
from netmend.repairs.weights.evidence import Evidence
from netmend.repairs.weights.harm import LabelledInputs, halves, outputs, side_effects
from netmend.repairs.weights.layer_choice._base import Context, Ranking, heuristics, ranked
from netmend.repairs.weights.layer_repair import Attempt, Workshop
from netmend.repairs.weights.methods._base import Found, WeightChange, steps
from netmend.repairs.weights.outlet import read
from netmend.repairs.weights.repair_set._base import Look, Measured, measured
from netmend.repairs.weights.repair_set._geometry import drawn, turned
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, arrays, take
from netmend.repairs.weights.subject import NetworkUnderRepair

LOOKED_AT, FEWEST = 8, 2
"""Points on which the network's own runtime is compared with our evaluation before anything else (own choice)."""

PRODUCTS = 5e8
"""Multiplications of one pass over them, unless the fewest points take more: half a second (own measurement)."""

NAMED = 5
"""Violated points that a finding names."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What evaluating the network as it is gave."""

    evidence: Evidence
    outputs: Array


class WeightRepairer:
    """Fulfils `netmend.core.repairer.Repairer` for a trained network."""

    def __init__(
        self,
        subject: NetworkUnderRepair,
        *,
        layer: str = "auto",
        norm: str = "l2",
        method: str = "linearise-solve-verify",
        seed: int = 0,
        tell: Callable[[str], None] = lambda said: None,
        deadline: float = float("inf"),
    ) -> None:
        self.subject, self.layer, self._seed = subject, layer, seed
        self._choosing: LabelledInputs | None = None
        self._reporting: LabelledInputs | None = None
        if subject.held_out is not None:
            self._choosing, self._reporting = halves(subject.held_out, seed)
        loss = None if self._choosing is None else self._loss
        self.workshop = Workshop(subject, norm, method, tell, loss, deadline, preserve=True)
        self.attempts: list[Attempt] = []
        self.ranking: Ranking | None = None
        self.analyses: dict[str, Measured] = {}
        self._tried: dict[tuple[str, str], Evidence] = {}
        self._before: dict[str, Array] = {}
        self._answers: Array | None = None

    # --- the five steps ---------------------------------------------------------------------------------------------

    def observe(self, draw: Draw) -> Observation:
        """Compare the network's runtime with our evaluation, then evaluate the points.

        Raises:
            ModelsDisagree: they answer differently.
            UsageError: the inputs do not fit the network.
        """
        inputs = self.subject.specification.inputs
        some = int(np.clip(PRODUCTS / self.workshop.products, FEWEST, LOOKED_AT))
        self.subject.network.check(take(inputs, slice(0, some)))
        self._answers = outputs(self.subject.network, inputs)
        return Observation(self.try_out(self.nothing(), draw), self._answers)

    def diagnose(self, observation: Observation) -> Diagnosis:
        """What the repair set is like, and which layers to edit."""
        found = [*self._violated(observation.evidence)]
        self.analyses = measured(self._look(observation))
        found += [finding for each in self.analyses.values() for finding in each.findings]
        if self.satisfied(observation.evidence):
            return Diagnosis(tuple(found))
        self.ranking = ranked(self._context(), self.layer)
        return Diagnosis(tuple(found), self._suspects(self.ranking))

    def propose(self, observation: Observation, diagnosis: Diagnosis) -> Proposer[WeightChange, Evidence]:
        """Layer by layer, best first, until a change is accepted."""
        assert self.ranking is not None
        return LayerByLayer(self.workshop, self.ranking, self.attempts)

    def try_out(self, patch: WeightChange, draw: Draw) -> Evidence:
        """Check every point without the solver, and measure the harm on the half that the draw may look at."""
        key = patch.id, draw.purpose.value
        if key not in self._tried:
            subject, network = self.subject, self.subject.network
            known = next((each for (id_, _), each in self._tried.items() if id_ == patch.id), None)
            checked, kept = (known.checked, known.kept) if known is not None else (None, None)
            if checked is None:
                if patch.changed:
                    checked = self.workshop.check(patch)
                else:
                    assert self._answers is not None
                    checked = self.workshop.look(self._answers)
                if subject.keep is not None:
                    kept = check_points(network, subject.keep, subject.level, patch.changed)
            final = draw.purpose in (Purpose.CONFIRM, Purpose.CONTROL)
            held_out = self._reporting if final else self._choosing
            harm = None if held_out is None else side_effects(network, patch.changed, held_out, self._known(held_out))
            gained = None
            if final and subject.generalisation is not None:
                gained = side_effects(network, patch.changed, subject.generalisation)
            self._tried[key] = Evidence(draw, checked, kept, harm, gained)
        return self._tried[key]

    def judge(self, before: Evidence, after: Evidence) -> Verdict:
        """Proved if every point is shown, unless it costs more than the harm budget."""
        points = len(after.proved)
        sentence = after.checked.sentence()
        if after.kept is not None:
            sentence += f"; {int(after.kept.holds.sum())} of {len(after.kept.slack)} points to keep kept"
        harm = "" if after.harm is None else after.harm.sentence()
        sentence += f"; elsewhere: {harm}" if harm else ""
        score = float(after.shown.sum()) - (after.harm.lost if after.harm is not None else 0.0)
        if after.proved.all() or after.shown.all():
            lost = self.excess(after)
            if lost:
                return Verdict(Outcome.HARMFUL, sentence, harm=lost, score=score)
            if after.proved.all():
                return Verdict(Outcome.PROVED, sentence, score=score, accepted=True)
            return Verdict(
                Outcome.PLAUSIBLE,
                f"{sentence}; not proved at every point, which --precision exact may do",
                score=score,
                accepted=True,
            )
        more = int(after.shown.sum()) - int(before.shown.sum())
        if more > 0:
            return Verdict(Outcome.IMPROVED, f"{sentence}; {points - int(after.shown.sum())} points miss", score=score)
        return Verdict(Outcome.NO_EFFECT if more == 0 else Outcome.HARMFUL, sentence, score=score)

    # --- what only this kind can answer -----------------------------------------------------------------------------

    def excess(self, after: Evidence) -> str:
        """What a change costs on held-out inputs, if that is more than allowed; empty if it is not."""
        budget = self.subject.harm
        if budget is None or after.harm is None or after.harm.lost <= budget:
            return ""
        return f"on held-out inputs {after.harm.loss()}, and {budget:.2%} is allowed: {after.harm.sentence()}"

    def harmful(self) -> dict[str, Evidence]:
        """Of every layer whose change would do but for what it costs elsewhere: that, by its name; the least first."""
        found: dict[str, tuple[float, Evidence]] = {}
        for attempt in self.attempts:
            if not isinstance(attempt.answer, Found):
                continue
            for purpose in (Purpose.SCREEN, Purpose.CONFIRM):
                after = self._tried.get((attempt.answer.change.id, purpose.value))
                if after is None or after.harm is None or not self.excess(after):
                    continue
                if after.proved.all() or after.shown.all():
                    found[attempt.layer.name] = after.harm.lost, after
        return {name: after for name, (_, after) in sorted(found.items(), key=lambda one: one[1][0])}

    def nothing(self) -> WeightChange:
        """The network as it is."""
        return WeightChange(self.subject.network, {})

    def satisfied(self, evidence: Evidence) -> bool:
        """Every point has its slack already."""
        return bool(np.all(evidence.checked.evaluated))

    def pool(self, one: Evidence, other: Evidence) -> Evidence:
        """The same points again: nothing is added."""
        return one

    def keeps(self, full: Evidence, smaller: Evidence) -> bool:
        """Every point that the larger change mended is mended."""
        return bool(np.all(smaller.proved >= full.proved))

    def rediagnose(self, observation: Observation, patch: WeightChange, evidence: Evidence) -> Diagnosis:
        """The points that still miss."""
        return Diagnosis(tuple(self._violated(evidence)))

    # --- how --------------------------------------------------------------------------------------------------------

    def _violated(self, evidence: Evidence) -> Iterator[Finding]:
        checked = evidence.checked
        wrong = np.flatnonzero(~checked.evaluated)
        if len(wrong):
            worst = wrong[np.argsort(checked.slack[wrong], kind="stable")]
            places = tuple(f"point {int(at)}" for at in worst[:NAMED])
            message = (
                f"{len(wrong)} of {len(checked.slack)} points do not have what is required; the worst misses "
                f"{float(checked.required[worst[0]] - checked.slack[worst[0]]):.4g}"
            )
            yield Finding("violated-points", message, float(len(wrong)), 0.0, places, "data", 1.0)

    def _look(self, observation: Observation) -> Look:
        specification = self.subject.specification
        reference = self.subject.reference
        every, known = _flat(specification.inputs), None if reference is None else _flat(reference)
        if len(drawn(every, self._seed)) == len(every) and known is not None:
            known = known[drawn(known, self._seed)]
        features, known = turned(every, known)
        checked = observation.evidence.checked
        return Look(
            specification,
            checked.slack - checked.required,
            read(self.subject.network.graph, specification.requirement, observation.outputs),
            features,
            known,
            reference,
            None if self.subject.held_out is None else self.subject.held_out.inputs,
            seed=self._seed,
            network=self.subject.network,
            output=self.workshop.output,
            width=every.shape[1],
        )

    def _context(self) -> Context:
        subject, workshop = self.subject, self.workshop
        heuristic = heuristics().get(self.layer)
        if heuristic is not None and heuristic.costly:
            # It will repair every layer: one pass over the reference inputs is enough for all norms.
            workshop.metrics(tuple(layer for layer in workshop.layers if not workshop.refusal(layer)))
        return Context(
            subject.network,
            subject.specification,
            workshop.layers,
            workshop.output,
            self._ordinary(),
            workshop.problem,
            workshop.probe,
            subject.clean,
            self._seed,
            workshop.repaired,
            workshop.loss,
            workshop.norm,
            workshop.tried,
            workshop.editable.others,
            workshop.editable.excluded,
            workshop.threshold,
        )

    def _ordinary(self) -> Inputs:
        if self.subject.reference is not None:
            return self.subject.reference
        return self.subject.specification.inputs if self._choosing is None else self._choosing.inputs

    def _suspects(self, ranking: Ranking) -> tuple[Suspect, ...]:
        many = len(ranking.layers)
        return tuple(
            Suspect(layer.name, describe(layer), 1 - place / many, ("violated-points",), named=place == 0)
            for place, layer in enumerate(ranking.layers)
        )

    def _loss(self, change: WeightChange) -> float:
        assert self._choosing is not None
        return side_effects(self.subject.network, change.changed, self._choosing, self._known(self._choosing)).lost

    def _known(self, given: LabelledInputs) -> Array:
        """Outputs of the unchanged network, computed once for each half."""
        key = "choosing" if given is self._choosing else "reporting"
        if key not in self._before:
            self._before[key] = outputs(self.subject.network, given.inputs)
        return self._before[key]


class LayerByLayer:
    """A proposer that repairs one layer after another in the order of a ranking.

    Attributes:
        attempts: what came of each layer so far.
    """

    def __init__(self, workshop: Workshop, ranking: Ranking, attempts: list[Attempt]) -> None:
        self._workshop, self.attempts = workshop, attempts
        self._waiting = list(ranking.layers[:1] if workshop.any_layer else ranking.layers)

    def ask(self) -> Proposal[WeightChange] | None:
        """The change of the next layer that has one."""
        while self._waiting and time.monotonic() < self._workshop.deadline:
            attempt = self._workshop.repaired(self._waiting.pop(0))
            self.attempts.append(attempt)
            if isinstance(attempt.answer, Found):
                return Proposal(attempt.answer.change, reason=steps(attempt.answer))
        return None

    def tell(self, trial: Trial[WeightChange, Evidence]) -> None:
        """Nothing is learnt from it: the next layer is asked for in any case."""


def _flat(inputs: Inputs) -> Array:
    """Inputs as one vector each."""
    return np.concatenate([each.reshape(len(each), -1) for each in arrays(inputs).values()], axis=1)


def describe(layer: LinearLayer) -> str:
    """A layer in a few words."""
    return f"layer {layer.index}, {layer.kind}, {layer.in_features} to {layer.out_features}, {layer.size} numbers"
