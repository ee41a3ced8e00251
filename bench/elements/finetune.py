"""Fine-tune a code model of the hub to write back what is cut out of correct programs, with the published settings.

    python -m bench.elements finetune --model microsoft/unixcoder-base --out tuned PROGRAM_OR_FOLDER ...

One sample for each written element of each program. The model is one that writes: UniXcoder, or an encoder-decoder. The
one with the least loss on the validation share is kept.

References:
    Wang et al., "Element-based automated DNN repair with fine-tuned masked language model", FSE 2025, and its published
    program: settings. There the checkpoint is chosen by BLEU-4 of 1,000 samples; the likelihood that is trained says
    the same of short targets, and costs no beam search.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import NetmendError, UsageError
from netmend.program.source import Program, SourceFile
from netmend.repairs.program.infill._hub import TARGET, EncoderDecoder, WholeModel, Writer, load
from netmend.repairs.program.infill.unixcoder import training_holes

Sample = tuple[str, str, str]
"""What stands before a hole, what is cut out of it, what stands behind it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """As published.

    Attributes:
        rate, epsilon, decay: of AdamW. warmup: share of the updates in which the rate rises; then it falls to 0.
        batch: samples of an update, in `parts` parts. epochs, seed: of the training.
        validation: share of the programs, by a hash of their text.
    """

    rate: float = 5e-5
    epsilon: float = 1e-8
    decay: float = 0.0
    warmup: float = 0.1
    batch: int = 48
    parts: int = 2
    epochs: int = 10
    seed: int = 1234
    validation: float = 0.1


def finetune(name: str, programs: Sequence[Path], out: Path, settings: Settings) -> dict[str, Any]:
    """Train, keep the best and say how it went; the folder is a model for `--filler unixcoder --model`.

    Raises:
        UsageError: the model writes nothing, or no program has an element.
        EnvironmentFault: the model cannot be loaded.
    """
    import torch

    hub = load(name)
    if not isinstance(hub, (WholeModel, EncoderDecoder)):
        raise UsageError("only models that write into holes are fine-tuned", where=name)
    shares: dict[bool, list[Sample]] = {True: [], False: []}
    for text, found in samples(programs):
        shares[_is_validation(text, settings.validation)] += found
    train, validation = shares[False], shares[True]
    if not train:
        raise UsageError("no program with elements was found", hint="name scripts or folders of training programs")
    torch.manual_seed(settings.seed)
    order = random.Random(settings.seed)
    size = max(1, settings.batch // settings.parts)
    updates = math.ceil(len(train) / settings.batch) * settings.epochs
    optimiser = torch.optim.AdamW(
        hub.model.parameters(), lr=settings.rate, eps=settings.epsilon, weight_decay=settings.decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: _scale(done, updates, settings.warmup))
    log: list[dict[str, float | None]] = [{"epoch": 0, "validation": _loss(hub, validation)}]
    best = math.inf
    for epoch in range(1, settings.epochs + 1):
        hub.model.train()
        order.shuffle(train)
        total = 0.0
        for start in range(0, len(train), settings.batch):
            batch = train[start : start + settings.batch]
            optimiser.zero_grad()
            for part in (batch[at : at + size] for at in range(0, len(batch), size)):
                loss = sum(
                    (_negative(hub, sample) for sample in part), start=torch.zeros((), device=hub.model.device)
                ) / len(batch)
                loss.backward()
                total += float(loss.detach()) * len(batch)
            optimiser.step()
            schedule.step()
        kept = _loss(hub, validation)
        log.append({"epoch": epoch, "train": total / len(train), "validation": kept})
        measure = total / len(train) if kept is None else kept
        print(json.dumps(log[-1]), flush=True)
        if measure < best:
            best = measure
            hub.model.save_pretrained(out)
            hub.tokenizer.save_pretrained(out)
    told = {
        "model": name,
        "samples": len(train),
        "validation": len(validation),
        "settings": asdict(settings),
        "log": log,
    }
    (out / "finetuning.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


def samples(paths: Sequence[Path]) -> Iterator[tuple[str, list[Sample]]]:
    """The text and the samples of every program that can be read; a folder stands for its scripts and notebooks."""
    for path in paths:
        files = sorted(each for end in ("*.py", "*.ipynb") for each in path.rglob(end)) if path.is_dir() else [path]
        for file in files:
            try:
                program = Program(file.parent, (SourceFile.from_bytes(file.name, file.read_bytes()),))
                found = list(training_holes(program))
            except NetmendError as error:
                print(f"{file} is left out: {error}")
                continue
            if found:
                yield program.main.text, found


def _is_validation(text: str, share: float) -> bool:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32 < share


def _scale(done: int, updates: int, warmup: float) -> float:
    """Up to 1 in the first updates, then down to 0, in straight lines."""
    rising = max(1, round(updates * warmup))
    return done / rising if done < rising else max(0.0, (updates - done) / max(1, updates - rising))


def _negative(hub: Writer, sample: Sample) -> Any:
    """Mean negative log-likelihood of the tokens of one target, its end among them."""
    import torch

    left, text, right = sample
    target = [*hub.ids(text)[: TARGET - 2], hub.end]
    logits = hub.logits(hub.start(left, right, learn=True), [target[:-1]])[0]
    return torch.nn.functional.cross_entropy(logits[: len(target)], torch.tensor(target, device=logits.device))


def _loss(hub: Writer, found: Sequence[Sample]) -> float | None:
    import torch

    hub.model.eval()
    with torch.inference_mode():
        total = sum(float(_negative(hub, sample)) for sample in found)
    return total / len(found) if found else None


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m bench.elements finetune")
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=usual.rate)
    parser.add_argument("--batch", type=int, default=usual.batch)
    parser.add_argument("--epochs", type=int, default=usual.epochs)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("programs", type=Path, nargs="+")
    given = parser.parse_args(words)
    settings = Settings(rate=given.rate, batch=given.batch, epochs=given.epochs, seed=given.seed)
    told = finetune(given.model, given.programs, given.out, settings)
    print(f"{told['samples']} samples, {told['validation']} for validation; kept in {given.out}")
