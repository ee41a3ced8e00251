"""`auto` as it is without a model of correct programs: what the model is worth is the difference between the two.

*What it is.* The same search, with suspects and changes in the order that findings, operators and likeness to runs of
other faulty programs give.

*How it works.* As `auto`, which orders them with what a model of correct programs expects as well.

*When it is wrong.* As `auto`; and a value that is odd in any program is tried no sooner than another one.

*References.* As `auto`; `docs/infill.md` has the comparison.
"""

from dataclasses import replace

from netmend.repairs.program.proposers import auto

KIND = replace(auto.KIND, prior=False)
