"""Every subject of the benchmark, by name."""

from __future__ import annotations

from bench.weights.subjects import acasxu, cifar, imagenet, mnist, sst2

SUBJECTS = {subject.name: subject for family in (mnist, acasxu, imagenet, cifar, sst2) for subject in family.SUBJECTS}
