"""Fillers from the hub, on tiny models of their own kinds that were trained for a few steps."""

import json
import math

import numpy as np
import pytest

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import KINDS, OTHER, UNKNOWN
from netmend.program.source import Program
from netmend.repairs.program.infill import _hub, unixcoder
from netmend.repairs.program.infill._base import Filler
from netmend.repairs.program.infill._holes import applied
from netmend.repairs.program.infill._scorer import filled_by
from netmend.repairs.program.infill._spelled import Spelling

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

TEXT = """import keras
model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(keras.layers.Dense(8, activation="relu"))
model.add(keras.layers.Dense(1, activation="softmax"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=10)
"""
PROGRAM = Program.from_text(TEXT)
RIGHT = TEXT.replace("softmax", "sigmoid")
MARKS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<extra_id_0>", "<extra_id_1>", "<encoder-decoder>"]


def tokenizer(folder, *more):
    """Words, numbers and signs, spaces kept, learned from the program's own text."""
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="<unk>"))
    pieces = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"\w+|\s+|[^\w\s]"), "isolated")
    made.pre_tokenizer = pieces
    made.decoder = tokenizers.decoders.Fuse()
    values = ", ".join(value for kind in ("activation", "loss", "optimiser") for value in KINDS[kind].values)
    numbers = " ".join(KINDS["epochs"].values)
    trainer = tokenizers.trainers.WordLevelTrainer(special_tokens=[each for each in MARKS if each not in more])
    made.train_from_iterator(
        [TEXT, RIGHT, values, numbers, "SGD Adam RMSprop optimizers . ( ) learning_rate = 0 1"], trainer
    )
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(mark, made.token_to_id(mark)) for mark in ("<s>", "</s>")]
    )
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    )  # fmt: skip
    wrapped.save_pretrained(folder)
    return wrapped


def roberta(words, **more):
    return transformers.RobertaConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=300, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **more,
    )  # fmt: skip


def taught(model, step, times=80, rate=3e-3):
    """Train for a few steps."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate)
    model.train()
    for number in range(times):
        optimiser.zero_grad()
        step(number).backward()
        optimiser.step()
    model.eval()


def masked(folder):
    words = tokenizer(folder, "<encoder-decoder>", "<extra_id_0>", "<extra_id_1>")
    torch.manual_seed(0)
    model = transformers.RobertaForMaskedLM(roberta(words))
    ids = torch.tensor([words(RIGHT)["input_ids"]])
    random = torch.Generator().manual_seed(1)

    def step(number):
        hide = torch.rand(ids.shape, generator=random) < 0.15
        shown = ids.masked_fill(hide, words.mask_token_id)
        return model(input_ids=shown, labels=ids.masked_fill(~hide, -100)).loss

    taught(model, step)
    model.save_pretrained(folder)


def holes():
    """What is cut out of the right program, in turn; enough for a tiny model are its activations."""
    found = list(unixcoder.training_holes(Program.from_text(RIGHT)))
    return [hole for hole in found if hole[1] in ('"relu"', '"sigmoid"')]


def encoder_decoder(folder):
    words = tokenizer(folder, "<encoder-decoder>")
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=len(words), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, dropout_rate=0.0,
        pad_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    model = transformers.T5ForConditionalGeneration(config)
    model.save_pretrained(folder)
    hub = _hub.load(str(folder))
    rows = holes()

    def step(number):
        left, text, right = rows[number % len(rows)]
        before, behind = hub.context(left, right, 3)
        source = [0, *before, words.convert_tokens_to_ids("<extra_id_0>"), *behind, 2]
        target = [*words.convert_tokens_to_ids(["<extra_id_0>"]), *hub.ids(text), hub.end]
        return model(input_ids=torch.tensor([source]), labels=torch.tensor([target])).loss

    taught(model, step, 150)
    model.save_pretrained(folder)


def whole(folder):
    words = tokenizer(folder)
    torch.manual_seed(0)
    model = transformers.RobertaModel(roberta(words), add_pooling_layer=False)
    model.save_pretrained(folder)
    hub = _hub.load(str(folder))
    hub.model = model
    rows = holes()

    def step(number):
        left, text, right = rows[number % len(rows)]
        target = [*hub.ids(text), hub.end]
        logits = hub.logits(hub.start(left, right), [target[:-1]])
        return torch.nn.functional.cross_entropy(logits[0], torch.tensor(target))

    taught(model, step, 100)
    model.save_pretrained(folder)


def decoder(folder):
    words = tokenizer(folder, "<encoder-decoder>", "<extra_id_0>", "<extra_id_1>")
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=len(words), n_embd=32, n_layer=2, n_head=2, n_positions=300, bos_token_id=0, eos_token_id=2,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config)
    ids = torch.tensor([words(RIGHT)["input_ids"]])
    taught(model, lambda number: model(input_ids=ids, labels=ids).loss)
    model.save_pretrained(folder)


MODELS = {"masked": masked, "encoder-decoder": encoder_decoder, "whole": whole, "decoder": decoder}
WRITERS = ("encoder-decoder", "whole")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for name, make in MODELS.items():
        made[name] = tmp_path_factory.mktemp(name)
        make(made[name])
    return made


def filled(folder, program=PROGRAM):
    return filled_by(Filler("unixcoder", str(folder)), program)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_loads_as_what_it_is_and_prefers_what_it_was_taught(folders, name):
    looking, _ = filled(folders[name])
    assert type(looking.hub).__name__ == {
        "masked": "Masked", "encoder-decoder": "EncoderDecoder", "whole": "WholeModel", "decoder": "Decoder"
    }[name]  # fmt: skip
    sequence = sequence_of(PROGRAM)
    position = sequence.positions("activation")[-1]
    assert sequence.tokens[position].value == "softmax"
    values = ("sigmoid", "softmax", "tanh", "linear")
    scores = looking.log_probabilities(sequence, position, values)
    assert values[int(scores.argmax())] == "sigmoid"


@pytest.mark.parametrize("name", MODELS)
def test_the_chances_of_a_vocabulary_add_up_to_1(folders, name):
    looking, _ = filled(folders[name])
    sequence = sequence_of(PROGRAM)
    for kind in ("activation", "epochs", "optimiser", "learning-rate", "layer", "initialiser"):
        position = sequence.positions(kind)[0]
        logs = looking.log_probabilities(sequence, position, KINDS[kind].tokens)
        assert np.isfinite(logs).all()
        assert np.exp(logs).sum() == pytest.approx(1)


def test_pseudo_log_likelihood_is_that_of_each_token_hidden_by_itself(folders):
    looking, _ = filled(folders["masked"])
    words, model = looking.hub.tokenizer, looking.hub.model
    left, right, text = TEXT.partition('"softmax"')[0], TEXT.partition('"softmax"')[2], "keras.layers"
    expected = 0.0
    ids = words(left + text + right)["input_ids"]
    first = len(words(left)["input_ids"]) - 1
    for at in range(first, first + 3):
        hidden = torch.tensor([[*ids[:at], words.mask_token_id, *ids[at + 1 :]]])
        with torch.no_grad():
            expected += float(torch.log_softmax(model(hidden).logits[0, at], -1)[ids[at]])
    assert looking.hub.log_likelihoods(left, right, [text, '"relu"'])[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", WRITERS)
def test_the_likelihood_of_a_text_does_not_depend_on_what_is_asked_beside_it(folders, name):
    hub = filled(folders[name])[0].hub
    left, _, right = TEXT.partition('"softmax"')
    texts = ['"relu"', "keras.layers.Dense(8)", "", '"sigmoid"']
    together = hub.log_likelihoods(left, right, texts)
    alone = [hub.log_likelihoods(left, right, [text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-4)


def test_the_encoder_decoder_answers_as_transformers_computes_its_loss(folders):
    hub = filled(folders["encoder-decoder"])[0].hub
    left, _, right = TEXT.partition('"softmax"')
    before, behind = hub.context(left, right, 3)
    ends = hub.tokenizer.convert_tokens_to_ids(["<extra_id_0>", "<extra_id_1>"])
    source = torch.tensor([[0, *before, ends[0], *behind, 2]])
    target = torch.tensor([[ends[0], *hub.ids('"relu"'), ends[1]]])
    with torch.no_grad():
        logs = torch.log_softmax(hub.model(input_ids=source, labels=target).logits, -1)
    expected = float(sum(logs[0, at, target[0, at]] for at in range(1, target.shape[1])))
    assert hub.log_likelihoods(left, right, ['"relu"'])[0] == pytest.approx(expected, abs=1e-4)


def test_unixcoders_own_mark_of_a_hole_is_used_where_it_has_one(folders):
    hub = filled(folders["whole"])[0].hub
    own = hub.tokenizer.mask_token_id
    assert hub.start("a", "b").count(own) == 1
    words = {**hub.tokenizer.get_vocab(), "<mask0>": 999}
    named = type(hub)("other", hub.model, Words(hub.tokenizer, words))
    assert (named.start("a", "b").count(999), named.start("a", "b").count(own)) == (1, 0)


class Words:
    """A tokenizer with another vocabulary."""

    def __init__(self, tokenizer, words):
        self.tokenizer, self.words = tokenizer, words

    def get_vocab(self):
        return self.words

    def __call__(self, *args, **more):
        return self.tokenizer(*args, **more)

    def __getattr__(self, name):
        return getattr(self.tokenizer, name)


def test_the_source_of_the_whole_model_cannot_see_what_is_written(folders):
    hub = filled(folders["whole"])[0].hub
    read = hub.start("a = ", ", b")
    with torch.no_grad():
        one, other = (hub.logits(read, [hub.ids(text)]) for text in ("relu)", "tanh)"))
    assert torch.allclose(one[0, 0], other[0, 0], atol=1e-5)
    assert not torch.allclose(one[0, 1], other[0, 1], atol=1e-3)


def test_beam_search_finds_the_likeliest_of_all_texts(folders, monkeypatch):
    hub = filled(folders["whole"])[0].hub
    left, _, right = TEXT.partition('"softmax"')
    monkeypatch.setattr(_hub, "TARGET", 3)
    monkeypatch.setattr(_hub, "BEAM", len(hub.tokenizer))
    found = hub.written(left, right)
    read = hub.start(left, right)
    rows = [(), *((token,) for token in range(len(hub.tokenizer)) if token != hub.end)]
    every = []
    for tokens in rows:
        with torch.no_grad():
            logs = torch.log_softmax(hub.logits(read, [list(tokens)]), -1)[0]
        every.append(float(sum(logs[at, token] for at, token in enumerate((*tokens, hub.end)))))
    shorter = [log for text, log in found if len(hub.ids(text)) <= 1]
    assert max(shorter) == pytest.approx(max(every), abs=1e-4)


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_model_writes_becomes_a_change_of_the_element(folders, name):
    found = filled(folders[name])[1].found
    last = [element for element in find_all(PROGRAM) if element.kind == "activation"][-1]
    own = [wish for wish in found if last.id in wish.assignment]
    assert own[0].assignment == {last.id: "sigmoid"}
    assert own[0].gain > 0
    assert "writes" in own[0].reason
    assert [wish.gain for wish in found] == sorted((wish.gain for wish in found), reverse=True)


@pytest.mark.parametrize("name", ["masked", "decoder"])
def test_models_that_write_nothing_into_holes_wish_for_nothing(folders, name):
    assert filled(folders[name])[1].found == ()


def test_other_elements_read_as_the_sequence_says():
    spelling, sequence = Spelling(PROGRAM, "<mask>"), sequence_of(PROGRAM)
    by_kind = {element.kind: element for element in find_all(PROGRAM) if element.kind in ("loss", "epochs")}
    changed = applied(sequence, {by_kind["loss"].id: "mean_squared_error", by_kind["epochs"].id: 50})
    position = sequence.positions("optimiser")[0]
    hole = spelling.hole(changed, position, ("adam", "sgd"))
    assert 'loss="mean_squared_error", optimizer=' in hole.left
    assert "epochs=50" in hole.right
    assert hole.spellings == {"adam": '"adam"', "sgd": '"sgd"'}


def test_elements_that_are_hidden_too_are_blank():
    spelling, sequence = Spelling(PROGRAM, "<mask>"), sequence_of(PROGRAM)
    loss, optimiser = sequence.positions("loss")[0], sequence.positions("optimiser")[0]
    tokens = list(sequence.tokens)
    tokens[loss] = type(tokens[loss])("loss", UNKNOWN, True, tokens[loss].element)
    hidden = type(sequence)(sequence.framework, tuple(tokens), sequence.roles)
    assert "loss=<mask>, optimizer=" in spelling.hole(hidden, optimiser, ("adam",)).left


def test_every_candidate_is_spelled_as_its_patch_would_write_it():
    from netmend.program.elements._find import change

    spelling, sequence = Spelling(PROGRAM, ""), sequence_of(PROGRAM)
    elements = {element.id: element for element in find_all(PROGRAM)}
    for kind, value in (("activation", "tanh"), ("optimiser", "sgd"), ("learning-rate", "0.01"), ("batch-size", "64")):
        position = sequence.positions(kind)[-1]
        token = sequence.tokens[position]
        hole = spelling.hole(sequence, position, (value, token.value))
        typed = value if kind in ("activation", "optimiser") else json.loads(value)
        patched = PROGRAM.patched(change(PROGRAM, elements[token.element], typed))
        assert hole.left + hole.spellings[value] + hole.right == patched.main.text


def test_what_is_written_is_read_back_as_a_value_or_not_at_all():
    spelling, sequence = Spelling(PROGRAM, ""), sequence_of(PROGRAM)
    position = sequence.positions("optimiser")[0]
    element = spelling.element(sequence, position)
    hole = spelling.hole(sequence, position, ("adam",))
    assert spelling.read(element, hole, "keras.optimizers.SGD()") == "sgd"
    assert spelling.read(element, hole, '"adam", epochs=3') in (None, "adam")
    assert spelling.read(element, hole, '"adam') is None
    assert spelling.read(element, hole, '"rmsprop", loss="mse"') is None


def test_a_token_without_a_spelling_is_last():
    class Even:
        name, blank = "even", ""

        def log_likelihoods(self, left, right, texts):
            return [-1.0] * len(texts)

        def written(self, left, right):
            return []

    reader = unixcoder.Reader(Even(), Spelling(PROGRAM, ""))
    sequence = sequence_of(PROGRAM)
    logs = reader.log_probabilities(sequence, sequence.positions("loss")[0], KINDS["loss"].tokens)
    by_token = dict(zip(KINDS["loss"].tokens, logs, strict=True))
    assert by_token[OTHER] < by_token["hinge"]
    assert math.exp(by_token["hinge"]) == pytest.approx(math.exp(by_token["binary_crossentropy"]))


def test_a_filler_without_a_model_or_with_one_that_is_not_there_says_so(tmp_path):
    with pytest.raises(UsageError, match="needs a model"):
        filled_by(Filler("unixcoder"), PROGRAM)
    with pytest.raises(EnvironmentFault, match="cannot be loaded"):
        filled_by(Filler("unixcoder", str(tmp_path / "nothing")), PROGRAM)


def test_a_model_that_writes_nothing_is_refused(tmp_path):
    words = tokenizer(tmp_path, "<encoder-decoder>")
    config = roberta(words, architectures=["RobertaForSequenceClassification"])
    transformers.RobertaForSequenceClassification(config).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="writes nothing into holes"):
        filled_by(Filler("unixcoder", str(tmp_path)), PROGRAM)


def test_context_is_cut_on_both_sides_next_to_the_hole(folders):
    hub = filled(folders["masked"])[0].hub
    left, right = "Adam " * 400 + "tanh ", "relu " + "Adam " * 400
    before, behind = hub.context(left, right, 10)
    assert len(before) == len(behind) == (hub.positions - 10) // 2 < _hub.SIDE
    assert hub.tokenizer.decode(before).endswith("tanh ")
    assert hub.tokenizer.decode(behind).startswith("relu ")
    assert hub.log_likelihoods(left, right, ["tanh"])[0] < 0
