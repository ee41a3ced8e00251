import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

IDS = torch.tensor([[2, 5, 9, 4, 3, 0], [2, 7, 0, 0, 0, 0], [2, 8, 8, 6, 1, 3]])
SIZES = {"depth": 2, "width": 16, "heads": 4, "inner": 24, "words": 10, "places": 6}


def test_bert_answers_as_the_transformers_library_does_with_its_weights():
    from bench.weights.subjects.encoders import bert

    library = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = library.BertConfig(
        num_hidden_layers=2, hidden_size=16, num_attention_heads=4, intermediate_size=24, vocab_size=10,
        max_position_embeddings=6,
    )  # fmt: skip
    theirs, ours = library.BertModel(config).eval(), bert(**SIZES).eval()
    found = ours.load_state_dict(theirs.state_dict(), strict=False)
    assert not found.unexpected_keys
    assert set(found.missing_keys) == {"embeddings.position_ids", "head.weight", "head.bias"}
    with torch.no_grad():
        states = theirs(IDS, (IDS != 0).long()).last_hidden_state
        means = torch.stack([state[row != 0].mean(0) for state, row in zip(states, IDS, strict=True)])
        wanted = ours.head(means / means.norm(dim=1, keepdim=True))
        assert torch.allclose(ours(IDS), wanted, atol=1e-6)


def test_distilbert_answers_as_the_transformers_library_does_with_its_weights():
    from bench.weights.subjects.encoders import distilbert

    library = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = library.DistilBertConfig(
        n_layers=2, dim=16, n_heads=4, hidden_dim=24, vocab_size=10, max_position_embeddings=6
    )
    theirs, ours = library.DistilBertForSequenceClassification(config).eval(), distilbert(**SIZES).eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        assert torch.allclose(ours(IDS), theirs(IDS, (IDS != 0).long()).logits, atol=1e-6)


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_a_state_file_of_an_encoder_is_read_and_its_inner_layers_can_be_edited(tmp_path, ending):
    from bench.weights.subjects.encoders import bert
    from netmend.network.load import load

    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    module, path = bert(**SIZES).eval(), tmp_path / f"weights{ending}"
    if ending == ".pth":
        torch.save(module.state_dict(), path)
    else:
        pytest.importorskip("safetensors.torch").save_file(module.state_dict(), path)
    network = load(path, lambda: bert(**SIZES), IDS.numpy())
    network.check(IDS.numpy())
    query = "encoder.layer.0.attention.self.query.weight"
    name = next(name for name, key in network.parameters.items() if key == query)
    changed = {name: network.graph.constants[name] + np.float32(0.5)}
    network.write(tmp_path / f"new{ending}", changed)
    with torch.no_grad():
        module.get_parameter(query).add_(0.5)
        after = module(IDS).numpy()
    again = load(tmp_path / f"new{ending}", lambda: bert(**SIZES), IDS.numpy())
    assert np.allclose(again.run(IDS.numpy()), after, atol=1e-6)


def test_the_library_s_own_module_is_read_with_both_its_inputs():
    from netmend.network.layers import linear_layers
    from netmend.network.load import load_module

    library = pytest.importorskip("transformers")
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    config = library.DistilBertConfig(
        n_layers=1, dim=16, n_heads=4, hidden_dim=24, vocab_size=10, max_position_embeddings=6
    )
    inputs = {"input_ids": IDS.numpy(), "attention_mask": (IDS != 0).long().numpy()}
    network = load_module(library.DistilBertForSequenceClassification(config), inputs)
    network.check(inputs)
    assert len([each for each in linear_layers(network.graph) if each.weight in network.parameters]) == 8
