from netmend.program.lint._run import run


def test_hits_of_all_rules_come_most_severe_first(ending, element):
    elements = (
        element("dropout-rate", 0.6, owner="Dropout 1"),
        *ending("linear", "categorical_crossentropy"),
        element("batch-size", 4096, owner="fit"),
    )
    found = run(elements)
    assert [name for name, _ in found] == ["wrong-last-activation", "too-much-dropout", "large-batch"]
    assert [hit.severity for _, hit in found] == sorted((hit.severity for _, hit in found), reverse=True)


def test_nothing_is_found_in_nothing():
    assert run(()) == ()
