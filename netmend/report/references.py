"""The papers behind exactly the methods that were used.

A repair passes the names of the methods it used; names behind which no paper stands give nothing. A contribution
cites by naming a paper in its docstring, so adding one edits nothing here: `cited_in` reads the names off the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper. `key` is what a caller passes and what a docstring names."""

    key: str
    authors: str
    title: str
    venue: str
    link: str

    @property
    def sentence(self) -> str:
        """The title with its final mark."""
        return self.title if self.title.endswith("?") else f"{self.title}."


@dataclass(frozen=True, slots=True)
class _Paper:
    """`methods`: what else a caller may pass. `spoken`: how a docstring names it, beside the key and the DOI."""

    reference: Reference
    methods: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()

    def is_named_in(self, words: str, text: str) -> bool:
        identifier = self.reference.link.removeprefix("https://doi.org/").removeprefix("https://arxiv.org/abs/")
        return identifier.lower() in text or any(f"-{name}-" in words for name in (self.reference.key, *self.spoken))


def references(names: Iterable[str]) -> tuple[Reference, ...]:
    """The papers behind these methods, each once, in order of first mention.

    Args:
        names: keys of papers ("autotrainer") or of methods ("mann-whitney", "1-minimal", "budget-in-trainings"),
            in any case, with spaces, hyphens or underscores.
    """
    wanted = (_named(name) for name in names)
    return tuple(dict.fromkeys(_BY_NAME[name] for name in wanted if name in _BY_NAME))


def cited_in(text: str) -> tuple[str, ...]:
    """Keys of the papers a text names ("UMLAUT", "Kim et al., ICST 2023") or whose DOI it gives, in this file's order.

    Args:
        text: for example the docstring of a symptom that fired.
    """
    words, lowered = f"-{_named(text)}-", text.lower()
    return tuple(paper.reference.key for paper in _PAPERS if paper.is_named_in(words, lowered))


def _named(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _doi(doi: str) -> str:
    return f"https://doi.org/{doi}"


_PAPERS = (
    _Paper(
        Reference(
            "kim-2023",
            "J. Kim, N. Humbatova, G. Jahangirova, P. Tonella, S. Yoo",
            "Repairing DNN Architecture: Are We There Yet?",
            "ICST 2023",
            _doi("10.1109/ICST57152.2023.00030"),
        ),
        ("budget-in-trainings", "random-search"),
        ("kim-et-al-icst-2023", "kim-et-al-2023"),
    ),
    _Paper(
        Reference(
            "mlm4dnn",
            "X. Wang, M. Zhang, X. Meng, J. Zhang, Y. Liu, C. Hu",
            "Element-Based Automated DNN Repair with Fine-Tuned Masked Language Model",
            "Proceedings of the ACM on Software Engineering 2 (FSE), 2025",
            _doi("10.1145/3715716"),
        ),
        ("source-elements", "infill"),
    ),
    _Paper(
        Reference(
            "aprnn",
            "Z. Tao, S. Nawas, J. Mitchell, A. V. Thakur",
            "Architecture-Preserving Provable Repair of Deep Neural Networks",
            "Proceedings of the ACM on Programming Languages 7 (PLDI), 2023",
            _doi("10.1145/3591238"),
        ),
        ("weight-repair",),
        ("tao-et-al-pldi-2023",),
    ),
    _Paper(
        Reference(
            "fetafix",
            "N. Louloudakis, P. Gibson, J. Cano, A. Rajan",
            "FetaFix: Automatic Fault Localization and Repair of Deep Learning Model Conversions",
            "EASE 2025",
            "https://arxiv.org/abs/2312.15101",
        ),
        ("conversion-repair",),
        ("louloudakis-et-al-ease-2025",),
    ),
    _Paper(
        Reference(
            "teacher-forcing",
            "R. J. Williams, D. Zipser",
            "A Learning Algorithm for Continually Running Fully Recurrent Neural Networks",
            "Neural Computation 1(2), 1989",
            _doi("10.1162/neco.1989.1.2.270"),
        ),
        ("right-inputs",),
        ("williams-and-zipser-1989",),
    ),
    _Paper(
        Reference(
            "prdnn",
            "M. Sotoudeh, A. V. Thakur",
            "Provable Repair of Deep Neural Networks",
            "PLDI 2021",
            _doi("10.1145/3453483.3454064"),
        ),
        ("first-order-repair",),
        ("sotoudeh-and-thakur-pldi-2021",),
    ),
    _Paper(
        Reference(
            "higham-2002",
            "N. J. Higham",
            "Accuracy and Stability of Numerical Algorithms",
            "2nd edition, SIAM, 2002",
            _doi("10.1137/1.9780898718027"),
        ),
        ("error-bound",),
    ),
    _Paper(
        Reference(
            "rome",
            "K. Meng, D. Bau, A. Andonian, Y. Belinkov",
            "Locating and Editing Factual Associations in GPT",
            "NeurIPS 2022",
            "https://arxiv.org/abs/2202.05262",
        ),
        ("covariance-norm",),
    ),
    _Paper(
        Reference(
            "autotrainer",
            "X. Zhang, J. Zhai, S. Ma, C. Shen",
            "AUTOTRAINER: An Automatic DNN Training Problem Detection and Repair System",
            "ICSE 2021",
            _doi("10.1109/ICSE43902.2021.00043"),
        ),
    ),
    _Paper(
        Reference(
            "deepdiagnosis",
            "M. Wardat, B. Dantas Cruz, W. Le, H. Rajan",
            "DeepDiagnosis: Automatically Diagnosing Faults "
            "and Recommending Actionable Fixes in Deep Learning Programs",
            "ICSE 2022",
            _doi("10.1145/3510003.3510071"),
        ),
    ),
    _Paper(
        Reference(
            "deeplocalize",
            "M. Wardat, W. Le, H. Rajan",
            "DeepLocalize: Fault Localization for Deep Neural Networks",
            "ICSE 2021",
            _doi("10.1109/ICSE43902.2021.00034"),
        ),
    ),
    _Paper(
        Reference(
            "umlaut",
            "E. Schoop, F. Huang, B. Hartmann",
            "UMLAUT: Debugging Deep Learning Programs using Program Structure and Model Behavior",
            "CHI 2021",
            _doi("10.1145/3411764.3445538"),
        ),
    ),
    _Paper(
        Reference(
            "neuralint",
            "A. Nikanjam, H. Ben Braiek, M. M. Morovati, F. Khomh",
            "Automatic Fault Detection for Deep Learning Programs Using Graph Transformations",
            "ACM Transactions on Software Engineering and Methodology 31(1), 2022",
            _doi("10.1145/3470006"),
        ),
    ),
    _Paper(
        Reference(
            "deepcrime",
            "N. Humbatova, G. Jahangirova, P. Tonella",
            "DeepCrime: Mutation Testing of Deep Learning Systems Based on Real Faults",
            "ISSTA 2021",
            _doi("10.1145/3460319.3464825"),
        ),
    ),
    _Paper(
        Reference(
            "mann-whitney",
            "H. B. Mann, D. R. Whitney",
            "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other",
            "The Annals of Mathematical Statistics 18(1), 1947",
            _doi("10.1214/aoms/1177730491"),
        ),
        ("superiority", "superiority-test", "rank-sum", "mann-whitney-u"),
        ("mann-and-whitney",),
    ),
    _Paper(
        Reference(
            "vargha-delaney",
            "A. Vargha, H. D. Delaney",
            "A Critique and Improvement of the CL Common Language Effect Size Statistics of McGraw and Wong",
            "Journal of Educational and Behavioral Statistics 25(2), 2000",
            _doi("10.3102/10769986025002101"),
        ),
        ("effect-size", "a12"),
        ("vargha", "vargha-and-delaney"),
    ),
    _Paper(
        Reference(
            "delta-debugging",
            "A. Zeller, R. Hildebrandt",
            "Simplifying and Isolating Failure-Inducing Input",
            "IEEE Transactions on Software Engineering 28(2), 2002",
            _doi("10.1109/32.988498"),
        ),
        ("minimise", "1-minimal", "ddmin"),
        ("zeller-hildebrandt", "zeller-and-hildebrandt"),
    ),
    _Paper(
        Reference(
            "successive-halving",
            "K. Jamieson, A. Talwalkar",
            "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
            "AISTATS 2016",
            "https://arxiv.org/abs/1502.07943",
        ),
        (),
        ("jamieson-talwalkar", "jamieson-and-talwalkar"),
    ),
    _Paper(
        Reference(
            "schuirmann",
            "D. J. Schuirmann",
            "A Comparison of the Two One-Sided Tests Procedure and the Power Approach "
            "for Assessing the Equivalence of Average Bioavailability",
            "Journal of Pharmacokinetics and Biopharmaceutics 15(6), 1987",
            _doi("10.1007/BF01068419"),
        ),
        ("equivalence", "equivalence-test", "tost", "two-one-sided-tests"),
    ),
    _Paper(
        Reference(
            "hebo",
            "A. I. Cowen-Rivers, W. Lyu, R. Tutunov, Z. Wang, A. Grosnit, R. R. Griffiths, A. M. Maraval, H. Jianye, "
            "J. Wang, J. Peters, H. Bou-Ammar",
            "HEBO: Pushing The Limits of Sample-Efficient Hyper-parameter Optimisation",
            "Journal of Artificial Intelligence Research 74, 2022",
            _doi("10.1613/jair.1.13643"),
        ),
    ),
    _Paper(
        Reference(
            "bohb",
            "S. Falkner, A. Klein, F. Hutter",
            "BOHB: Robust and Efficient Hyperparameter Optimization at Scale",
            "ICML 2018",
            "https://arxiv.org/abs/1807.01774",
        ),
    ),
    _Paper(
        Reference(
            "hyperband",
            "L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar",
            "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
            "Journal of Machine Learning Research 18, 2018",
            "https://arxiv.org/abs/1603.06560",
        ),
    ),
    _Paper(
        Reference(
            "tpe",
            "S. Watanabe",
            "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components "
            "and Their Roles for Better Empirical Performance",
            "arXiv, 2023",
            "https://arxiv.org/abs/2304.11127",
        ),
    ),
    _Paper(
        Reference(
            "cma",
            "N. Hansen",
            "The CMA Evolution Strategy: A Tutorial",
            "arXiv, 2016",
            "https://arxiv.org/abs/1604.00772",
        ),
    ),
)

_BY_NAME = {name: paper.reference for paper in _PAPERS for name in (paper.reference.key, *paper.methods)}
