import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import torch
from netmend.program.source import Program

HEAD = """\
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
LOOP = """\
for epoch in range(3):
    for x, y in batches:
{}
"""
BODY = ["loss = nn.functional.mse_loss(model(x), y)", "loss.backward()", "optimizer.step()"]
ZERO = "optimizer.zero_grad()"


def program(*lines, before=""):
    return HEAD + before + LOOP.format("\n".join(f"        {line}" for line in lines))


def element(text, kind):
    found = Program.from_text(text)
    return found, next((each for each in torch.read(found) if each.kind == kind), None)


def written(text, kind, value):
    found, each = element(text, kind)
    return found.patched(torch.write(found, each, value)).main.text


LOOPS = {
    "each update": program(ZERO, *BODY),
    "never": program(*BODY),
    "before step": program(*BODY[:2], ZERO, BODY[2]),
    "once": program(*BODY, before=f"{ZERO}\n"),
    "each epoch": program(*BODY).replace("    for x", f"    {ZERO}\n    for x"),
}


@pytest.mark.parametrize("value", LOOPS)
def test_when_gradients_are_zeroed_is_seen(value):
    assert element(LOOPS[value], "gradient-reset")[1].value == value


def test_zeroing_after_the_step_is_as_good():
    assert element(program(*BODY, ZERO), "gradient-reset")[1].value == "each update"


def test_zeroing_where_a_sum_of_batches_is_used_is_as_good():
    text = program(*BODY[:2], "if full:", "    optimizer.step()", f"    {ZERO}")
    assert element(text, "gradient-reset")[1].value == "each update"


@pytest.mark.parametrize("value", ["never", "before step"])
def test_it_is_put_before_backward(value):
    text = written(LOOPS[value], "gradient-reset", "each update")
    assert text == program(BODY[0], ZERO, *BODY[1:])


@pytest.mark.parametrize("value", ["once", "each epoch"])
def test_what_stands_outside_stays(value):
    text = written(LOOPS[value], "gradient-reset", "each update")
    assert text == LOOPS[value].replace("        loss.backward", f"        {ZERO}\n        loss.backward")


def test_a_step_after_several_batches_is_followed_by_it():
    text = program(*BODY[:2], "if full:", "    optimizer.step()")
    assert written(text, "gradient-reset", "each update").endswith(
        "    optimizer.step()\n            optimizer.zero_grad()\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        program(*BODY).replace("model(x), y)", "model(x), y)\n        model.weight.grad = None"),
        program("zero()", *BODY, before="def zero():\n    optimizer.zero_grad()\n"),
    ],
)
def test_what_another_part_of_the_program_does_is_not_judged(text):
    assert element(text, "gradient-reset")[1].value is None


def test_a_schedule_is_no_optimiser():
    text = program(*BODY, "scheduler.step()", before="scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)\n")
    assert element(text, "gradient-reset")[1].value == "never"


CLIPPED = program(*BODY[:2], "nn.utils.clip_grad_norm_(model.parameters(), 1.0)", BODY[2])


def test_a_bound_is_put_between_backward_and_step_and_taken_away():
    assert written(program(*BODY), "gradient-clipping", "global_norm(1)") == CLIPPED
    assert element(CLIPPED, "gradient-clipping")[1].value == "global_norm(1)"
    assert written(CLIPPED, "gradient-clipping", "none") == program(*BODY)
    assert written(CLIPPED, "gradient-clipping", "value(0.5)") == CLIPPED.replace("norm_(", "value_(").replace(
        "1.0", "0.5"
    )


def test_another_name_for_the_model_is_not_trusted():
    text = program(*BODY).replace("for epoch", "def train(model, optimizer):\n  for epoch")
    assert 'optimizer.param_groups for each in group["params"]' in written(
        text, "gradient-clipping", "value(1)"
    ).replace("'", '"')


@pytest.mark.parametrize("value", ["norm(1)", "global_norm", "tight"])
def test_what_pytorch_does_not_have_is_refused(value):
    with pytest.raises(Unchangeable):
        written(CLIPPED, "gradient-clipping", value)


@pytest.mark.torch
def test_a_clipped_step_is_as_long_as_the_bound_says():
    package = pytest.importorskip("torch")
    batches = "batches = [(torch.full((4, 3), 1e4), torch.zeros(4, 1))]\n"
    text = program(ZERO, *BODY, before=batches).replace("range(3)", "range(1)")
    names = {}
    exec(HEAD + "start = [each.detach().clone() for each in model.parameters()]\n" + text.removeprefix(HEAD), names)
    for value, longest in (("global_norm(1)", 0.1), ("global_norm(5)", 0.5)):
        clipped = written(text, "gradient-clipping", value)
        exec(
            HEAD + "start = [each.detach().clone() for each in model.parameters()]\n" + clipped.removeprefix(HEAD),
            names,
        )
        moved = [each.detach() - old for each, old in zip(names["model"].parameters(), names["start"], strict=True)]
        assert float(package.cat([each.ravel() for each in moved]).norm()) == pytest.approx(longest, rel=1e-3)
