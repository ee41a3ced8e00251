import netmend

PUBLIC = {
    "Budget",
    "MetricRequirement",
    "Options",
    "Outcome",
    "Program",
    "TrainingProgram",
    "Verdict",
    "diagnose_program",
    "repair_program",
}


def test_the_list_of_public_names_is_kept():
    assert set(netmend.__all__) == PUBLIC


def test_every_public_name_can_be_had():
    for name in PUBLIC:
        assert getattr(netmend, name) is not None
