from bench.weights.catalogue import SUBJECTS


def test_every_subject_is_known_by_its_own_name_and_has_sizes_for_every_fault():
    images = {"squeezenet1.1", "mobilenet-v2", "efficientnet-lite0", "resnet20", "resnet56", "mobilevit"}
    assert {"3x100", "9x100", "9x200", "acasxu-2-9", "distilbert", "minilm-l6"} | images == set(SUBJECTS)
    for name, subject in SUBJECTS.items():
        assert subject.name == name and subject.files and subject.faults
        assert all(list(sizes) == sorted(set(sizes)) and sizes for sizes in subject.faults.values())
