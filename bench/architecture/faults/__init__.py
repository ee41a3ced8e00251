"""Faulty training programs with their published fixes, rewritten from their descriptions.

from bench.architecture.faults import FAULTS, materialise

program = materialise("R1", "core", "keras", "faulty", folder)
"""

from bench.architecture.faults._base import (
    Alternative,
    Change,
    Fault,
    Framework,
    Kind,
    Published,
    Tier,
    Value,
    Variant,
    Which,
)
from bench.architecture.faults.catalogue import FAULTS, materialise, select, source

__all__ = [
    "FAULTS",
    "Alternative",
    "Change",
    "Fault",
    "Framework",
    "Kind",
    "Published",
    "Tier",
    "Value",
    "Variant",
    "Which",
    "materialise",
    "select",
    "source",
]
