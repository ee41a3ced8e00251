"""Repair of a converted network by edits of it: the five steps on one page.

Everything is deterministic. Rows are dealt out before anything else: one half for every choice, the other for the
report, with as many that differ in either.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netmend.core.errors import BrokenFile, Inexpressible, NetmendError, UsageError
from netmend.core.records import Diagnosis, Draw, Finding, Outcome, Purpose, Suspect, Verdict
from netmend.core.repairer import Listed, Proposer
from netmend.network.backends._base import Network, Rewritable
from netmend.network.edits import Edit, edited
from netmend.network.graph import Array, Graph
from netmend.network.load import load
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.evidence import Evidence
from netmend.repairs.conversion.examine import Examined, cut_too_early, examine, most_telling, otherwise
from netmend.repairs.conversion.explain import Explained, Limits
from netmend.repairs.conversion.feeding import PairInputs
from netmend.repairs.conversion.localise import Faulty
from netmend.repairs.conversion.patches import ConversionPatch, Mend
from netmend.repairs.conversion.preprocessing import fitted, wrapped
from netmend.repairs.conversion.recording import Recorded, answers, quantised, recorded
from netmend.repairs.conversion.refused import refused
from netmend.repairs.conversion.requirement.tensors import Tensors
from netmend.repairs.conversion.runtime import checked
from netmend.repairs.conversion.subject import ConvertedPair
from netmend.repairs.conversion.unlike import damaged
from netmend.repairs.conversion.verdict import Judgement, Observed, cause, judged

FEWEST = 3
"""Rows on which segments are judged once more after the repair (own choice)."""

LOOKED_AT = 8
"""Rows on which segments are judged and explained (own choice)."""


DISPENSABLE = 0.01
"""How much larger the mean error may be without a mend, where quantisation hides what rounding shows (own choice)."""

PREPROCESSING = "preprocessing"
"""What a mend is called that makes right inputs of those that the target is fed."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What running both sides as they are gave.

    Attributes:
        rows: of the source, by which segments were judged.
    """

    evidence: Evidence
    observed: Observed
    rows: Mapping[str, Array]


class ConversionRepairer:
    """Fulfils `netmend.core.repairer.Repairer` for a converted network.

    Attributes:
        seen: what was observed. judgement: the verdict on the pair, once it is diagnosed.
        inexpressible: what an edit says that the target's format cannot, and the nearest thing.
    """

    def __init__(
        self,
        pair: ConvertedPair,
        *,
        limits: Limits | None = None,
        tell: Callable[[str], None] = lambda said: None,
    ) -> None:
        self.pair, self._limits, self._tell = pair, limits, tell
        self.seen: Observation | None = None
        self.judgement: Judgement | None = None
        self.inexpressible: list[str] = []
        self._sources: dict[bool, Recorded] = {}
        self._whole: dict[bool, tuple[ConversionPatch, Recorded]] = {}
        self._tried: dict[tuple[str, bool], Evidence] = {}
        self._budget: dict[str, Distance] = {}

    # --- the five steps ---------------------------------------------------------------------------------------------

    def observe(self, draw: Draw) -> Observation:
        """Check both runtimes against the replay of their files, run both, and examine the target segment by segment.

        Raises:
            ModelsDisagree: our replay of a file and its runtime differ, and who is right cannot be told.
            UsageError: the source does not run, or answers with numbers that are not finite.
        """
        pair, rows = self.pair, self.pair.inputs
        own = self._recorded(pair.target, rows)
        first = self._assessed(pair.target, own, rows, draw)
        bugs = [checked(pair.source, rows.source), checked(pair.target, rows.target)]
        errors = np.zeros(len(rows)) if first.numbers is None else first.numbers.errors
        few = rows.take(most_telling(errors, LOOKED_AT)).source
        agrees = first.numbers is not None and first.numbers.holds
        examined = examine(pair, pair.target.graph, few, self._limits, self._tell, agrees=agrees)
        if first.failure and not any(isinstance(answer, Explained) for _, answer in examined.causes):
            self._tell("looking for what the target's runtime does not take")
            examined = replace(examined, causes=refused(pair, few, examined.alignment) or examined.causes)
        self._budget = quantised(pair.source.graph, pair.target.graph, examined.alignment.matches, few)
        evidence = self._assessed(pair.target, own, rows, draw)
        examined = self._doubtless(pair.target.graph, examined, evidence, few)
        self._tried[self.nothing().id, False] = evidence
        right = None
        if rows.differing:
            right = self._compared(pair.target, rows.prepared(), draw).agreement
        prepared = tuple((name, fitted(rows.target[name], rows.right[name])) for name in rows.differing)
        found = tuple(bug for bug in bugs if bug is not None)
        self.seen = Observation(
            evidence,
            Observed(evidence.agreement, evidence.numbers, evidence.failure, found, prepared, right, examined),
            few,
        )
        return self.seen

    def _doubtless(self, target: Graph, examined: Examined, evidence: Evidence, few: Mapping[str, Array]) -> Examined:
        """Without causes where grids cut numbers off inside a stretch, as far as outputs allow for it.

        They are calibrated on a few inputs; beyond these, numbers end early, and that looks like other faults. In ONNX
        files pairs of quantisation stand around every operator, and much of a stretch may end early; stored weights
        that are not the source's do not. Of other files each stretch is asked whether that is all.
        """
        meant = target.on_grids and self.pair.keep
        holds = evidence.numbers is not None and evidence.numbers.holds
        if not (meant and holds):
            return examined
        graphs = self.pair.source.graph, target
        if self.pair.target.format == "onnx":
            sure = [each for each in examined.causes if damaged(*graphs, each[0].segment)]
        else:
            sure = [each for each in examined.causes if not cut_too_early(*graphs, examined, each[0].segment, few)]
        return replace(examined, causes=tuple(sure))

    def diagnose(self, observation: Observation) -> Diagnosis:
        """What it is, and which nodes are at fault."""
        self.judgement = judged(observation.observed, self.pair.target.graph)
        return Diagnosis(self.judgement.findings, tuple(self._suspects(observation.observed.examined)))

    def propose(self, observation: Observation, diagnosis: Diagnosis) -> Proposer[ConversionPatch, Evidence]:
        """Every explanation at once; where one cannot be written, the next that can."""
        mends = tuple(self._mends(observation))
        return Listed([ConversionPatch(self.pair.target, mends)] if mends else [])

    def try_out(self, patch: ConversionPatch, draw: Draw) -> Evidence:
        """Write the edited target, read it back and run it in its own runtime."""
        fresh = draw.purpose is Purpose.CONFIRM
        key = patch.id, fresh
        if key not in self._tried:
            rows = self.pair.held_out if fresh else self.pair.inputs
            if not patch.mends:
                self._tried[key] = self._compared(self.pair.target, rows, draw)
            else:
                try:
                    with tempfile.TemporaryDirectory() as folder:
                        patch.write(Path(folder))
                        file = next(Path(folder).glob("repaired*"))
                        example = {name: value[:1] for name, value in rows.target.items()}
                        network = load(file, self.pair.architecture or None, example)
                        self._tried[key] = self._compared(network, rows, draw, patch)
                except NetmendError as error:
                    self._tried[key] = Evidence(draw, None, None, error.what)
        return replace(self._tried[key], draw=draw, mends=patch.size)

    def judge(self, before: Evidence, after: Evidence) -> Verdict:
        """Plausible if the requirement holds on every row looked at."""
        if after.agreement is None or after.numbers is None:
            return Verdict(Outcome.INVALID, f"the edited target does not run: {after.failure}")
        sentence, score = after.agreement.sentence, after.agreement.score
        if after.draw.purpose is Purpose.CONFIRM and before.agreement is not None:
            sentence += f" (before, on other inputs: {before.agreement.sentence})"
        if after.agreement.holds:
            changed = before.agreement is None or not before.agreement.holds or after.mends > before.mends
            outcome = Outcome.PLAUSIBLE if changed else Outcome.NO_EFFECT
            return Verdict(outcome, sentence, score=score, accepted=changed)
        if before.agreement is None or before.numbers is None:
            return Verdict(Outcome.IMPROVED, sentence, score=score)
        one = (before.agreement.score, before.numbers.score)
        other = (after.agreement.score, after.numbers.score)
        if other > one:
            return Verdict(Outcome.IMPROVED, sentence, score=score)
        return Verdict(Outcome.NO_EFFECT if other == one else Outcome.HARMFUL, sentence, score=score)

    # --- what only this kind can answer -----------------------------------------------------------------------------

    def nothing(self) -> ConversionPatch:
        """The target as it is."""
        return ConversionPatch(self.pair.target)

    def satisfied(self, evidence: Evidence) -> bool:
        """The requirement holds on every row; where it is that numbers are right, no segment is known to be wrong."""
        if evidence.agreement is None or not evidence.agreement.holds:
            return False
        causes = () if self.seen is None else self.seen.observed.examined.causes
        wrong = any(isinstance(answer, Explained) for _, answer in causes) and evidence.mends == 0
        return not (wrong and self.pair.requirement == Tensors())

    def pool(self, one: Evidence, other: Evidence) -> Evidence:
        """The same rows again: nothing is added."""
        return one

    def keeps(self, full: Evidence, smaller: Evidence) -> bool:
        """No row's numbers are further off than with all mends: labels alone would let faults stay."""
        if full.numbers is None or smaller.numbers is None:
            return False
        if smaller.numbers.holds < full.numbers.holds:
            return False
        if full.numbers.holds and not self.pair.target.graph.on_grids:
            return True
        return bool(np.mean(smaller.numbers.errors) <= np.mean(full.numbers.errors) * (1 + DISPENSABLE))

    def rediagnose(self, observation: Observation, patch: ConversionPatch, evidence: Evidence) -> Diagnosis:
        """What the edited target still gets wrong on right inputs."""
        # What is put behind an input makes right inputs of those that the target is fed; here it is fed right ones.
        edits = [edit for mend in patch.mends if mend.fault != PREPROCESSING for edit in mend.edits]
        graph = edited(self.pair.target.graph, edits)
        few = self.pair.held_out.take(range(min(FEWEST, len(self.pair.held_out)))).source
        agrees = evidence.numbers is not None and evidence.numbers.holds
        found = self._doubtless(
            graph, examine(self.pair, graph, few, self._limits, self._tell, agrees=agrees), evidence, few
        )
        # What was not mended is what it was, even if it is explained in other words among what is right now.
        mended = {mend.node for mend in patch.mends}
        before = {
            faulty.segment.outputs[-1].target: cause(faulty, answer, self.pair.target.graph)[1]
            for faulty, answer in observation.observed.examined.causes
            if not isinstance(answer, Explained) or self._mend(answer).node not in mended
        }
        left = []
        for faulty, answer in found.causes:
            now = cause(faulty, answer, graph)[1]
            was = before.get(faulty.segment.outputs[-1].target, now)
            left.append(replace(now, name=was.name, message=was.message, places=was.places))
        if evidence.agreement is not None and not evidence.agreement.holds:
            left.append(Finding("disagreement", evidence.agreement.sentence, severity=0.9))
        return Diagnosis(tuple(left))

    # --- how --------------------------------------------------------------------------------------------------------

    def _compared(
        self, target: Network, rows: PairInputs, draw: Draw, patch: ConversionPatch | None = None
    ) -> Evidence:
        """Both sides' answers to the same rows; the target is what a patch made."""
        return self._assessed(target, self._recorded(target, rows, patch), rows, draw)

    def _recorded(self, target: Network, rows: PairInputs, patch: ConversionPatch | None = None) -> Recorded:
        """What the target answers to some rows.

        Part of a patch is measured as the whole is: its numbers are stored in the same grids, and what is left wrong
        without a mend is no reason to allow more, or less.
        """
        fresh, graph = rows.names == self.pair.held_out.names, target.graph
        coarser = None
        if patch is not None and fresh in self._whole:
            whole, seen = self._whole[fresh]
            if set(patch.mends) < set(whole.mends):
                named = zip(graph.outputs, seen.coarse.values(), strict=True)
                coarser = {each.name: value for each, value in named}
        # Numbers that the patch puts in are exact, though those of a matrix that resizes lie on a grid.
        put_in = {} if patch is None else patch.constants
        source = self.pair.source.graph
        known = rows.answered[1] if target is self.pair.target else None
        own = recorded(target, rows.target, replace(source, constants={**source.constants, **put_in}), coarser, known)
        if patch is not None and coarser is None and not own.failure:
            self._whole[fresh] = patch, own
        return own

    def _assessed(self, target: Network, own: Recorded, rows: PairInputs, draw: Draw) -> Evidence:
        """What the target answered, against what the source does."""
        fresh = rows.names == self.pair.held_out.names
        if fresh not in self._sources:
            before = rows.answered[0]
            self._sources[fresh] = recorded(self.pair.source, rows.source, self.pair.source.graph, known=before)
        source = self._sources[fresh]
        _require_finite(source, self.pair, rows)
        if own.failure:
            return Evidence(draw, None, None, own.failure)
        graphs = self.pair.source.graph, target.graph
        # By place, because some formats name outputs after what makes them.
        places = {each.name: at for at, each in enumerate(self.pair.target.graph.outputs)}
        outputs = [(one, target.graph.outputs[places[theirs.name]]) for one, theirs in self.pair.outputs]
        said = answers(source, own, graphs, outputs, rows.names, self._budget, keep=self.pair.keep)
        return Evidence(draw, self.pair.requirement.assess(said), Tensors().assess(said))

    def _mends(self, observation: Observation) -> Iterator[Mend]:
        target, seen = self.pair.target, observation.observed
        found: list[tuple[Mend, tuple[Faulty, Explained] | None]] = []
        for name, how in seen.prepared:
            if how is not None and self.pair.wrap and name not in target.graph.quantisation:
                says = f"the input {name} is prepared in another way: {how.sentence}"
                mend = Mend(PREPROCESSING, says, name, wrapped(target.graph, name, how), how.sentence)
                found.append((mend, None))
        explained = [(faulty, answer) for faulty, answer in seen.examined.causes if isinstance(answer, Explained)]
        found += [(self._mend(answer), (faulty, answer)) for faulty, answer in explained]
        wanted = [(mend, why) for mend, why in found if mend.edits and (self.pair.wrap or not mend.recipe)]
        # What none of two mends says alone, both may say together: a layer's setting, for example.
        if len(wanted) > 1 and not self._refused(*(mend for mend, _ in wanted)):
            yield from (mend for mend, _ in wanted)
            return
        limits = self._limits or Limits()
        end = time.monotonic() + limits.in_all
        written: list[Mend] = []
        for mend, why in wanted:
            refused = self._refused(*written, mend)
            if not refused:
                written.append(mend)
                yield mend
                continue
            self._tell(f"looking for what {target.format} can say in place of an edit of {mend.node}")
            left = replace(limits, seconds=min(limits.seconds, max(0.0, end - time.monotonic())))
            other = None if why is None else self._otherwise(observation, *why, left)
            if other is None:
                self.inexpressible.append(f"{mend.says.rstrip('.')}: {refused}")
            else:
                reason = refused.partition("; ")[0]
                self.inexpressible.append(f"The plainest mend cannot be written ({reason}); in its place: {other.says}")
                written.append(other)
                yield other

    def _mend(self, answer: Explained) -> Mend:
        names = {node.outputs[0]: node.name for node in self.pair.target.graph.nodes}
        hypothesis = answer.hypothesis
        fault = " and ".join(dict.fromkeys(each.name for each in answer.causes))
        node = names.get(hypothesis.node, hypothesis.node)
        return Mend(fault, hypothesis.says, node, answer.edits, hypothesis.recipe)

    def _otherwise(self, observation: Observation, faulty: Faulty, plainest: Explained, limits: Limits) -> Mend | None:
        """The next explanation of a segment, that can be written."""

        def writes(edits: Sequence[Edit]) -> bool:
            return not self._refused(Mend("", "", "", tuple(edits)))

        examined = observation.observed.examined
        answer = otherwise(self.pair, examined, faulty.segment, plainest, observation.rows, writes, limits)
        return None if answer is None else self._mend(answer)

    def _refused(self, *mends: Mend) -> str:
        """Why the target's format cannot say some mends; empty if it can."""
        target = self.pair.target
        if not isinstance(target, Rewritable):
            return f"the structure of {target.format} networks cannot be written back"
        with tempfile.TemporaryDirectory() as folder:
            try:
                ConversionPatch(target, mends).write(Path(folder))
            except (Inexpressible, BrokenFile) as error:
                return f"{error.what}{f'; {error.hint}' if error.hint else ''}".replace(f"{folder}/", "")
        return ""

    def _suspects(self, examined: Examined) -> Iterator[Suspect]:
        graph = self.pair.target.graph
        names = {node.outputs[0]: node for node in graph.nodes}
        for place, (faulty, answer) in enumerate(examined.causes):
            key = answer.hypothesis.node if isinstance(answer, Explained) else faulty.segment.nodes[-1]
            node = names.get(key)
            label = f"{faulty.judged.excess:.3g} times what rounding explains, on right inputs"
            name = cause(faulty, answer, graph)[1].name
            score = 1 - place / (len(examined.causes) + 1)
            yield Suspect(key if node is None else f"{node.name} ({node.op})", label, score, (name,), named=True)


def _require_finite(source: Recorded, pair: ConvertedPair, rows: PairInputs) -> None:
    """Raises: UsageError: the source does not run, or an output is not finite."""
    if source.failure:
        raise UsageError(f"the source does not run: {source.failure}", where=str(pair.paths[0]))
    for own, _ in pair.outputs:
        value = source.outputs[own.name]
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            bad = np.flatnonzero(~np.isfinite(value.reshape(len(value), -1)).all(axis=1))
            raise UsageError(
                f"the source answers NaN or infinity for {len(bad)} inputs: nothing can be compared with that",
                where=f"{own.name} for {rows.names[bad[0]]}",
                hint="leave these inputs out, or mend the source first",
            )
