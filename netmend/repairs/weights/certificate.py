"""The certificate of a weight repair: what was shown, of which files, so that anyone can show it again, solver-free.

It is a JSON file beside the repaired network and `points.npz`, which holds the points. Files are named relative to it
and pinned by SHA-256. `netmend validate` loads the repaired network, evaluates every point anew at the stated level,
and compares the network with the one before, if that is there: no tensor but those named may differ.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import netmend
from netmend.core.errors import NetmendError, UsageError
from netmend.network.arrays import arrays_in
from netmend.network.backends._base import Network, package
from netmend.network.load import digest, load
from netmend.repairs.weights.certify import Checked, Level, check_points
from netmend.repairs.weights.claims import (
    Check,
    not_checked,
    require_keys,
    results_of,
    same_change,
    same_numbers,
    same_words,
)
from netmend.repairs.weights.methods._base import WeightChange
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, Specification, take
from netmend.repairs.weights.stored import from_arrays, to_arrays

SCHEMA = 1
"""Raised when a key changes its meaning or goes away."""

FORMAT = "netmend-certificate"

FILE, POINTS = "certificate.json", "points.npz"

LARGE = 8 * 2**20
"""Bytes of points above which they are stored without compression (own choice)."""


def certificate(
    change: WeightChange,
    before: Path,
    after: Path,
    specification: Specification,
    checked: Checked,
    *,
    level: Level,
    keep: Specification | None = None,
    kept: Checked | None = None,
    architecture: str = "",
    home: Path | None = None,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The certificate and the arrays of its points. The repaired network must be written already.

    Args:
        before, after: files of the network. home: where `after` and the certificate will lie, to which `before` is
            named relative; by default the folder of `after`.
    """
    network = change.network
    arrays = to_arrays(specification) | ({} if keep is None else to_arrays(keep, "keep."))
    graph = network.graph
    page = {
        "format": FORMAT,
        "schema": SCHEMA,
        "tool": f"netmend {netmend.__version__}",
        "before": {"file": _relative(before, home or after.parent), "sha256": network.digest()},
        "after": {"file": after.name, "sha256": digest(after, architecture or None, _few(specification))},
        "architecture": architecture,
        "points": {"file": POINTS, "sha256": _digest(arrays)},
        "required": specification.requirement.sentence,
        "changed": [
            {
                "tensor": network.parameters[name],
                "constant": name,
                "numbers": int(np.sum(value != graph.constants[name])),
            }
            for name, value in sorted(change.changed.items())
        ],
        "layer": change.layer,
        "norm": {"name": change.metric, "value": change.norm, "relative": change.relative},
        "level": level.value,
        "runtime": network.runtime,
        "statement": statement(checked, level),
        "proved": bool(checked.proved.all() and (kept is None or kept.proved.all())),
        "results": results_of(checked) | ({} if kept is None else {"keep": results_of(kept)}),
    }
    return page, arrays


def statement(checked: Checked, level: Level) -> str:
    """What is shown, in words, and at how many points. A certificate is written only where that is all of them."""
    enough = checked.slack >= checked.required
    exactly = "the network with these weights, computed exactly, meets the requirement"
    if checked.exact is not None:
        said = f"{exactly} at {_share(checked.proved)}"
    elif checked.unbounded:
        meets = "every point meets" if enough.all() else f"{_share(enough)} meet"
        said = f"by evaluation in float64 without an error bound ({checked.unbounded}), {meets} the requirement"
    else:
        longer = 0 if checked.lengths is None else int(np.count_nonzero(checked.lengths))
        fixed = f", at {longer} points in fixed-point arithmetic of up to {checked.bits} bits" if longer else ""
        said = f"{exactly} at {_share(checked.proved)}: evaluated in float64{fixed} with a bound of the rounding error"
        alone = int(np.count_nonzero(enough & ~checked.proved))
        said += f"; at {alone} more by evaluation alone, without a proof" if alone else ""
    if level is not Level.DEPLOYED:
        return f"{said}; nothing is said of other precisions"
    covered, replayed, missed = (int(np.count_nonzero(each)) for each in checked.deployed_by)
    parts = []
    if covered:
        parts.append(f"at {covered} points a bound covers the stored precision in any order of summation")
    if replayed:
        parts.append(
            f"{replayed} points were replayed in the named runtime, which answers them as required on this machine"
            + (", and of regions that is so at their vertices only" if checked.polytopes else "")
        )
    if missed:
        parts.append(f"{missed} points were replayed in the named runtime, which does not answer them as required")
    return f"{said}; {'; '.join(parts)}"


def _share(held: Array) -> str:
    return "every point" if held.all() else f"{int(held.sum())} of {len(held)} points"


def write(folder: Path, page: Mapping[str, Any], arrays: Mapping[str, Array]) -> Path:
    """Write certificate.json and points.npz; returns the path of the former."""
    with (folder / f".{POINTS}.new").open("wb") as file:
        # Large inputs are pictures, which hardly shrink and take a second.
        save = np.savez if sum(array.nbytes for array in arrays.values()) > LARGE else np.savez_compressed
        save(file, **dict(arrays))  # type: ignore[arg-type]
    (folder / f".{POINTS}.new").replace(folder / POINTS)
    path = folder / FILE
    new = folder / f".{FILE}.new"
    new.write_text(json.dumps(page, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    new.replace(path)
    return path


def read(path: Path) -> dict[str, Any]:
    """A certificate.

    Raises:
        UsageError: missing, damaged, not a certificate, one without a key that it should have, or of a newer version.
    """
    try:
        page = json.loads(path.read_text(encoding="utf-8"))
        if page["format"] != FORMAT or not isinstance(page["schema"], int):
            raise ValueError("it is another kind of file")
        if page["schema"] <= SCHEMA:
            require_keys(page)
    except OSError as error:
        raise UsageError(f"the certificate cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        hint = "give the certificate.json of a weight repair"
        raise UsageError(f"this is not a certificate: {error}", where=str(path), hint=hint) from error
    if page["schema"] > SCHEMA:
        hint = "validate it with the version of netmend that wrote it, or a newer one"
        raise UsageError(
            f"this certificate has schema {page['schema']}, newer than {SCHEMA}", where=str(path), hint=hint
        )
    return dict(page)


def points_of(path: Path) -> tuple[Specification, Specification | None]:
    """The points of a certificate: what was mended, and what was kept.

    Raises:
        UsageError: the file is missing, damaged or not the one the certificate was made of.
    """
    page = read(path)
    beside = path.parent / page["points"]["file"]
    arrays = arrays_in(beside, "restore the file that lay beside the certificate")
    if _digest(arrays) != page["points"]["sha256"]:
        raise UsageError("the points are not those of the certificate", where=str(beside), hint="restore the file")
    kept = any(name.startswith("keep.") for name in arrays)
    own = {name: value for name, value in arrays.items() if not name.startswith("keep.")}
    return from_arrays(own, str(beside)), from_arrays(arrays, str(beside), "keep.") if kept else None


def validate(path: Path, architecture: str = "", network: Path | None = None) -> list[Check]:
    """Show again what a certificate states. No solver is used, and nothing of it is believed.

    Args:
        architecture: for files of weights: `model.py:callable`. It is executed, so that what the certificate names is
            never taken by itself: a certificate may come from anybody.
        network: a network to check in place of the repaired one, such as one repaired further: its hash is then not
            compared, and what else differs in it does not decide.

    Raises:
        UsageError: the certificate or its files cannot be read, or an architecture is needed and not given.
    """
    page = read(path)
    if page.get("architecture") and not architecture:
        raise UsageError(
            f"the network is built by {page['architecture']}, a program that is executed only if you name it",
            where=str(path),
            hint=f"look at that file, then add --architecture {page['architecture']}",
        )
    package("torch", "checking certificates")
    after = network or path.parent / page["after"]["file"]
    specification, keep = points_of(path)
    repaired = load(after, architecture or None, _few(specification))
    checks, same = [], repaired.digest() == page["after"]["sha256"]
    if network is None:
        checks.append(
            Check("network", same, f"{after.name} {'is' if same else 'is not'} the network that was certified")
        )
    checks.append(Check("points", True, f"{len(specification)} points, unchanged"))
    if network is None or same:
        compared = _compared(page, path, repaired, architecture, _few(specification))
        checks += compared if network is None else compared[:1]
    else:
        said = f"not compared: {after.name} is another network than the one that was certified, and may differ anywhere"
        checks.append(Check("unchanged rest", True, said))
    level, again = Level(page["level"]), dict[str, Checked]()
    for name, part in (("requirement", specification), ("kept", keep)):
        if part is not None:
            found = again[name] = check_points(repaired, part, level)
            good = found.holds.all() if page["proved"] else found.evaluated.all()
            checks.append(Check(name, bool(good), f"{part.requirement.sentence}: {found.sentence()}"))
    if network is None:
        checks += _stated(page, specification, again, same_runtime=repaired.runtime == page["runtime"])
        checks.append(not_checked(page, any(check.name == "norm" for check in checks)))
    if level is Level.DEPLOYED and repaired.runtime != page["runtime"]:
        checks.append(Check("runtime", True, f"replayed in {repaired.runtime}; certified in {page['runtime']}"))
    return checks


def _stated(
    page: Mapping[str, Any], specification: Specification, again: Mapping[str, Checked], *, same_runtime: bool
) -> list[Check]:
    """Whether what the certificate says of its points is what was computed again."""
    found = again["requirement"]
    words: dict[str, str | bool] = {
        "required": specification.requirement.sentence,
        "statement": statement(found, Level(page["level"])),
        "proved": all(bool(each.proved.all()) for each in again.values()),
    }
    other = same_numbers(page["results"], found, runtime=same_runtime)
    if "kept" in again:
        kept = page["results"].get("keep", dict.fromkeys(page["results"]))
        other += [f"keep.{name}" for name in same_numbers(kept, again["kept"], runtime=same_runtime)]
    elif "keep" in page["results"]:
        other.append("keep")
    said = f"computed again, {', '.join(other)} are others" if other else "the numbers of every point, computed again"
    return [same_words(page, words), Check("results", not other, said)]


def _compared(
    page: Mapping[str, Any], path: Path, repaired: Network, architecture: str, example: Inputs
) -> list[Check]:
    """The network before, if it is there: nothing but what the certificate names may differ."""
    before = path.parent / page["before"]["file"]
    if not before.is_file():
        return [Check("unchanged rest", True, f"not compared: {before} is not there")]
    try:
        original = load(before, architecture or None, example)
    except NetmendError as error:
        return [Check("unchanged rest", False, f"the network before cannot be read: {error.what}")]
    if original.digest() != page["before"]["sha256"]:
        return [Check("unchanged rest", True, f"not compared: {before} is not the network that was repaired")]
    named = {each["constant"] for each in page["changed"]}
    old, new = original.graph.constants, repaired.graph.constants
    if old.keys() != new.keys():
        only = ", ".join(sorted(old.keys() ^ new.keys()))
        return [Check("unchanged rest", False, f"not the same tensors: only one of the networks has {only}")]
    other = [name for name in old if name not in named and not np.array_equal(old[name], new[name])]
    turned = [name for name in old if name in named and old[name].shape != new[name].shape]
    why = ["the nodes are others"] if original.graph.nodes != repaired.graph.nodes else []
    why += [f"also changed: {', '.join(other)}"] if other else []
    why += [f"of another shape: {', '.join(turned)}"] if turned else []
    said = "; ".join(why) or f"{len(named)} tensors changed, as named, and nothing else"
    return [Check("unchanged rest", not why, said), *([] if why else same_change(page, original, repaired))]


def _few(specification: Specification) -> Inputs:
    """Examples of inputs, for files that do not say what the network takes."""
    return take(specification.inputs, np.arange(min(2, len(specification))))


def _digest(arrays: Mapping[str, Array]) -> str:
    made = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        made.update(f"{name}|{value.dtype.str}|{value.shape}|".encode() + np.ascontiguousarray(value).tobytes())
    return made.hexdigest()


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve())
