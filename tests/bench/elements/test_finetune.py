"""Fine-tuning, on a tiny model and two programs."""

import json

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

from bench.elements.finetune import Settings, _scale, finetune, samples  # noqa: E402
from netmend.core.errors import UsageError  # noqa: E402
from netmend.program.source import Program  # noqa: E402
from netmend.repairs.program.infill._base import Filler  # noqa: E402
from netmend.repairs.program.infill._scorer import filled_by  # noqa: E402

TEXT = """import keras
model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(keras.layers.Dense(8, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=10)
"""


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "one.py").write_text(TEXT)
    (folder / "two.py").write_text(TEXT.replace('"relu"', '"tanh"').replace('"adam"', '"sgd"'))
    (folder / "broken.py").write_text("def (")
    (folder / "other.py").write_text("print('no training here')\n")
    return folder


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<encoder-decoder>"]
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"\w+|\s+|[^\w\s]"), "isolated")
    made.train_from_iterator([TEXT, '"tanh" "sgd"'], tokenizers.trainers.WordLevelTrainer(special_tokens=marks))
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = transformers.RobertaConfig(
        vocab_size=made.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=300, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    transformers.RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def test_every_written_element_of_every_readable_program_is_cut_out(programs):
    found = dict(samples([programs]))
    assert len(found) == 2
    for text, cut in found.items():
        assert all(left + middle + right == text for left, middle, right in cut)
        assert {'"sigmoid"', '["accuracy"]', "10"} & {middle for _, middle, _ in cut}


def test_a_tuned_model_knows_its_programs_better_and_fills_holes(programs, model, tmp_path):
    out = tmp_path / "tuned"
    settings = Settings(rate=3e-3, batch=6, epochs=8, validation=0.0)
    told = finetune(str(model), [programs], out, settings)
    losses = [each["train"] for each in told["log"][1:]]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.75 * losses[0]
    assert json.loads((out / "finetuning.json").read_text())["samples"] == told["samples"] > 10
    looking, _ = filled_by(Filler("unixcoder", str(out)), Program.from_text(TEXT))
    assert type(looking.hub).__name__ == "WholeModel"


def test_a_share_of_the_programs_is_kept_for_validation(programs, model, tmp_path):
    settings = Settings(epochs=1, validation=1.0)
    with pytest.raises(UsageError, match="no program"):
        finetune(str(model), [programs], tmp_path / "tuned", settings)


def test_the_rate_rises_in_a_tenth_of_the_updates_and_falls_to_nothing():
    scales = [_scale(done, 100, 0.1) for done in range(101)]
    assert scales[:11] == pytest.approx([done / 10 for done in range(11)])
    assert scales[55] == pytest.approx(0.5)
    assert scales[100] == 0
    assert max(scales) == 1


def test_the_settings_are_the_published_ones():
    assert (Settings().rate, Settings().batch, Settings().epochs, Settings().seed) == (5e-5, 48, 10, 1234)
