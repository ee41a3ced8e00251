from netmend.program.elements.softmax_dim import kind
from netmend.program.lint._examples import HEALTHY, torch_program
from netmend.program.source import Program


def test_the_last_axis_is_offered_before_the_second():
    program = Program.from_text(torch_program("Linear(20, 10)", "Softmax(dim=0)"))
    (element,) = kind.find(program)
    assert (element.value, kind.values(element)) == (0, (-1, 1))
    assert "nn.Softmax(dim=-1)" in program.patched(kind.change(program, element, -1)).main.text


def test_programs_that_state_none_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
