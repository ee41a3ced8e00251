"""Models of `transformers` that score and write what stands in a hole of a text.

Context and target are cut as published: 497 tokens on each side, or what the model has positions for, and 24 tokens of
target of which two are marks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netmend.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    import torch

SOURCE, SIDE, TARGET, BEAM = 1000, 497, 24, 10
"""Tokens of the source, of the context on each side and of the target; width of the beam (Wang et al., FSE 2025,
published program)."""

AT_ONCE = 16
"""Sequences that are computed at once (own choice: 16 of 1,000 tokens need about 2 GB in a model of UniXcoder's
size)."""

WHOLE_MODEL, HOLE = "<encoder-decoder>", "<mask0>"
"""What UniXcoder's input begins with where it is to read first and write then (Guo et al., ACL 2022, section 3.1), and
its mark for a hole (its published program)."""


@dataclass(eq=False)
class Hub(ABC):
    """A model with its tokenizer.

    Attributes:
        blank: what is written where other elements are hidden.
    """

    name: str
    model: Any
    tokenizer: Any

    @property
    def blank(self) -> str:
        """The model's own word for something that is hidden; none if it has none."""
        return str(self.tokenizer.mask_token or "")

    @abstractmethod
    def log_likelihoods(self, left: str, right: str, texts: Sequence[str]) -> list[float]:
        """Natural logarithm of the likelihood of each text between two others."""

    def written(self, left: str, right: str) -> list[tuple[str, float]]:
        """What the model would write there by itself, likeliest first; nothing if it writes nothing."""
        return []

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, without marks."""
        found: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def context(self, left: str, right: str, taken: int) -> tuple[list[int], list[int]]:
        """The tokens before and behind a hole, as many as fit. `taken`: positions that something else needs."""
        room = min(SIDE, (self.positions - taken) // 2)
        return self.ids(left)[-room:], self.ids(right)[:room]

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of one length, and where they are not padding, where the model is."""
        import torch

        longest = max(map(len, rows))
        # A decoder may have no mark for padding; any token will do where nothing looks.
        pad = self.tokenizer.eos_token_id if self.tokenizer.pad_token_id is None else self.tokenizer.pad_token_id
        ids = [[*row, *[pad] * (longest - len(row))] for row in rows]
        seen = [[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows]
        return torch.tensor(ids, device=self.model.device), torch.tensor(seen, device=self.model.device)

    @property
    def positions(self) -> int:
        """How many tokens the model can see; RoBERTa's positions begin behind the padding mark's."""
        config = self.model.config
        most = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or SOURCE
        shift = config.pad_token_id + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
        return min(int(most) - shift, SOURCE)


class Masked(Hub):
    """Every token of a candidate is hidden by itself while all others are seen."""

    def log_likelihoods(self, left: str, right: str, texts: Sequence[str]) -> list[float]:
        """Pseudo-log-likelihoods."""
        import torch

        begin, end = self._marks()
        rows, wanted = [], []
        for number, text in enumerate(texts):
            own = self.ids(text)[:TARGET]
            before, behind = self.context(left, right, len(begin) + len(own) + len(end))
            for at, token in enumerate(own):
                shown = [*own[:at], self.tokenizer.mask_token_id, *own[at + 1 :]]
                rows.append([*begin, *before, *shown, *behind, *end])
                wanted.append((number, len(begin) + len(before) + at, token))
        found = [0.0] * len(texts)
        for start in range(0, len(rows), AT_ONCE):
            ids, seen = self.padded(rows[start : start + AT_ONCE])
            with torch.inference_mode():
                logits = self.model(input_ids=ids, attention_mask=seen).logits
            for row, (number, at, token) in enumerate(wanted[start : start + AT_ONCE]):
                found[number] += float(torch.log_softmax(logits[row, at].float(), -1)[token])
        return found

    def _marks(self) -> tuple[list[int], list[int]]:
        marks = self.tokenizer("")["input_ids"]
        half = (len(marks) + 1) // 2
        return marks[:half], marks[half:]


class Writer(Hub):
    """A model that writes from left to right: a candidate's likelihood is that of its tokens and of the end."""

    @abstractmethod
    def start(self, left: str, right: str, *, learn: bool = False) -> Any:
        """What has been read when writing begins. `learn`: gradients are to flow through it."""

    @abstractmethod
    def logits(self, read: Any, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """For each position of each row, the padded ones included, the logits of the token there; rows begin with
        nothing written. Shape (rows, 1 + longest, vocabulary)."""

    @property
    @abstractmethod
    def end(self) -> int:
        """The token that ends what is written."""

    def log_likelihoods(self, left: str, right: str, texts: Sequence[str]) -> list[float]:
        """Of the tokens one after another, and of the end."""
        import torch

        read = self.start(left, right)
        rows = [[*self.ids(text)[: TARGET - 2], self.end] for text in texts]
        found: list[float] = []
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            with torch.inference_mode():
                logs = torch.log_softmax(self.logits(read, [row[:-1] for row in part]).float(), -1)
            found += [float(sum(logs[n, at, token] for at, token in enumerate(row))) for n, row in enumerate(part)]
        return found

    def written(self, left: str, right: str) -> list[tuple[str, float]]:
        """By beam search."""
        import torch

        read = self.start(left, right)
        beams: list[tuple[list[int], float]] = [([], 0.0)]
        done: list[tuple[list[int], float]] = []
        for _ in range(TARGET):
            with torch.inference_mode():
                rows = [tokens for tokens, _ in beams]
                logs = torch.log_softmax(self.logits(read, rows)[:, len(rows[0])].float(), -1)
            best = logs.topk(min(BEAM, logs.shape[1]))
            grown = [
                ([*tokens, int(token)], log + float(more))
                for (tokens, log), mores, next_ones in zip(beams, best.values, best.indices, strict=True)
                for more, token in zip(mores, next_ones, strict=True)
            ]
            grown.sort(key=lambda each: -each[1])
            done += [(tokens[:-1], log) for tokens, log in grown if tokens[-1] == self.end]
            beams = [each for each in grown if each[0][-1] != self.end][:BEAM]
            done = sorted(done, key=lambda each: -each[1])[:BEAM]
            if not beams or (len(done) == BEAM and done[-1][1] >= beams[0][1]):
                break
        return [(self.tokenizer.decode(tokens), log) for tokens, log in done]


class EncoderDecoder(Writer):
    """The decoder writes what stands in place of a sentinel, or of the mask."""

    def start(self, left: str, right: str, *, learn: bool = False) -> Any:
        """The encoder's answer."""
        import torch

        mask = self._sentinel(0) if self._sentinel(0) is not None else self.tokenizer.mask_token_id
        before, behind = self.context(left, right, 3)
        marks = [] if self.tokenizer.cls_token_id is None else [self.tokenizer.cls_token_id]
        ids = torch.tensor([[*marks, *before, mask, *behind, self.tokenizer.eos_token_id]], device=self.model.device)
        with torch.set_grad_enabled(learn):
            return self.model.get_encoder()(input_ids=ids).last_hidden_state

    def logits(self, read: Any, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """See `Writer.logits`."""
        from transformers.modeling_outputs import BaseModelOutput

        begin = [self.model.config.decoder_start_token_id, *self._said_first()]
        ids, seen = self.padded([[*begin, *row] for row in rows])
        encoded = BaseModelOutput(last_hidden_state=read.expand(len(rows), -1, -1))
        answer: torch.Tensor = self.model(
            encoder_outputs=encoded, decoder_input_ids=ids, decoder_attention_mask=seen
        ).logits
        return answer[:, len(begin) - 1 :]

    @property
    def end(self) -> int:
        """The second sentinel, or the end mark."""
        second = self._sentinel(1)
        return int(self.tokenizer.eos_token_id if second is None else second)

    def _said_first(self) -> list[int]:
        first = self._sentinel(0)
        return [] if first is None else [first]

    def _sentinel(self, number: int) -> int | None:
        token = self.tokenizer.convert_tokens_to_ids(f"<extra_id_{number}>")
        return None if token is None or token == self.tokenizer.unk_token_id else int(token)


class WholeModel(Writer):
    """UniXcoder: one Transformer, in which the source sees itself and the target sees the source and what is before it.

    Its answer is compared with its input embeddings, as in its own decoder.
    """

    def start(self, left: str, right: str, *, learn: bool = False) -> Any:
        """The source's tokens."""
        before, behind = self.context(left, right, 5 + TARGET)
        own = self.tokenizer
        kind = own.convert_tokens_to_ids(WHOLE_MODEL)
        head = [own.cls_token_id, kind, own.sep_token_id]
        return [*head, *before, self._hole, *behind, own.sep_token_id]

    def logits(self, read: Any, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """See `Writer.logits`. The target begins with the mark of the hole, as in fine-tuning."""
        import torch

        ids, seen = self.padded([[*read, self._hole, *row] for row in rows])
        source, length = len(read), ids.shape[1]
        visible = torch.tril(torch.ones(length, length, device=ids.device))
        visible[:source, :source] = 1
        allowed = visible * seen[:, None, :]
        bias = (1 - allowed)[:, None] * torch.finfo(torch.float32).min
        first = self.tokenizer.pad_token_id + 1
        places = torch.arange(first, first + length, device=ids.device)[None].expand(len(rows), -1)
        states = self.model(input_ids=ids, attention_mask=bias, position_ids=places).last_hidden_state
        answer: torch.Tensor = states[:, source:] @ self.model.get_input_embeddings().weight.T
        return answer

    @property
    def _hole(self) -> int:
        return int(self.tokenizer.get_vocab().get(HOLE, self.tokenizer.mask_token_id))

    @property
    def end(self) -> int:
        """The separator."""
        return int(self.tokenizer.sep_token_id)


class Decoder(Hub):
    """What stands in the hole is followed by what stands behind it; the model sees only what is before."""

    def log_likelihoods(self, left: str, right: str, texts: Sequence[str]) -> list[float]:
        """Of the tokens of each text and of the context behind it, as many as a target has."""
        import torch

        before, _ = self.context(left, "", 2 * TARGET)
        before = before or [self.tokenizer.bos_token_id]
        rows = [[*before, *self.ids(text + right)[: len(self.ids(text)) + TARGET]] for text in texts]
        found: list[float] = []
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            ids, seen = self.padded(part)
            with torch.inference_mode():
                logs = torch.log_softmax(self.model(input_ids=ids, attention_mask=seen).logits.float(), -1)
            found += [
                float(sum(logs[n, at - 1, row[at]] for at in range(len(before), len(row))))
                for n, row in enumerate(part)
            ]
        return found


def load(name: str) -> Hub:
    """A model by its hub name or folder.

    Raises:
        EnvironmentFault: `transformers` is missing, or the model cannot be had.
        UsageError: it is of none of the four kinds.
    """
    try:
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        hint = "pip install 'netmend[hub]'"
        raise EnvironmentFault(f"a model of the hub needs a package: {error}", where=name, hint=hint) from None
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(name)
        tokenizer = AutoTokenizer.from_pretrained(name)
        kind, head = _kind(config, tokenizer, name)
        model = (head or AutoModel).from_pretrained(name)
    except (OSError, ValueError, KeyError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        hint = "give the folder of a model, or a hub name while the hub can be reached"
        raise EnvironmentFault(f"the model cannot be loaded: {first}", where=name, hint=hint) from error
    return kind(name, model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), tokenizer)


def _kind(config: Any, tokenizer: Any, name: str) -> tuple[type[Hub], Any]:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM

    made = " ".join(config.architectures or ())
    if WHOLE_MODEL in tokenizer.get_vocab() and not made.endswith("MaskedLM"):
        return WholeModel, None
    if config.is_encoder_decoder:
        return EncoderDecoder, AutoModelForSeq2SeqLM
    if made.endswith("MaskedLM"):
        return Masked, AutoModelForMaskedLM
    if made.endswith(("CausalLM", "LMHeadModel")):
        return Decoder, AutoModelForCausalLM
    raise UsageError(
        f"a model of the kind {made or config.model_type} writes nothing into holes",
        where=name,
        hint="give a masked, encoder-decoder or decoder model for text",
    )
