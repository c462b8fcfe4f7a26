"""Whether a proposal was right, too low or needlessly high, and the tables of the study."""

from __future__ import annotations

from collections import Counter
from typing import Any

VERDICTS = ("right", "in between", "too low", "needlessly high")
COUNTED_FROM = 1000  # customers; smaller worlds are only reported
SURE = 3.0  # standard errors of the bake-off by which a lower rung must be inside to be missed


def excess(losses: dict[str, float], reference: str, margin: float) -> dict[str, float]:
    """How far each rung is beyond the margin, as loss: loss − best − margin × (reference − best)."""
    best = min(losses.values())
    allowed = best + margin * (losses[reference] - best)
    return {name: loss - allowed for name, loss in losses.items()}


def verdict(row: dict[str, Any], losses: dict[str, float]) -> str:
    """One of VERDICTS, from the proposal, the true losses and the bake-off's own standard errors."""
    beyond = excess(losses, row["reference"], row["margin"])
    if beyond[row["proposal"]] > 0:
        return "too low"
    height = {name: int(name[1]) for name in losses}
    lower = [name for name in losses if height[name] < height[row["proposal"]]]
    if any(beyond[name] < -SURE * row["rungs"][name]["se"] for name in lower):
        return "needlessly high"
    return "in between" if any(beyond[name] <= 0 for name in lower) else "right"


def close(row: dict[str, Any], losses: dict[str, float]) -> bool:
    """Whether other fresh customers might well have given another verdict: 2 standard errors of truth."""
    beyond = excess(losses, row["reference"], row["margin"])
    rungs, height = row["rungs"], int(row["proposal"][1])
    if abs(beyond[row["proposal"]]) < 2 * rungs[row["proposal"]]["truth_se"]:
        return len(set(losses.values())) > 1 and losses[row["proposal"]] > min(losses.values())
    lower = [name for name in losses if int(name[1]) < height]
    lines = [(beyond[name], rungs[name]) for name in lower]
    return any(abs(d + SURE * rung["se"]) < 2 * rung["truth_se"] for d, rung in lines)


def true_losses(row: dict[str, Any], own: bool) -> dict[str, float]:
    """Each rung's true mean loss: as fitted in the bake-off itself, or averaged over other data sets."""
    picked = slice(0, 1) if own else slice(1, None)
    return {
        name: sum(rung["truth"][picked]) / len(rung["truth"][picked])
        for name, rung in row["rungs"].items()
    }


def upper(count: int, of: int) -> float:
    """The upper 95 % bound of a share (Clopper & Pearson, 1934; one-sided)."""
    from scipy.special import betaincinv  # the whole of scipy.stats takes seconds to load

    return 1.0 if count == of else float(betaincinv(count + 1, of - count, 0.95))


def lowest(row: dict[str, Any], losses: dict[str, float]) -> str:
    """The level of the lowest rung truly inside the margin, and its name where it is the only one."""
    beyond = excess(losses, row["reference"], row["margin"])
    inside = [name for name in losses if beyond[name] <= 0]
    height = min(int(name[1]) for name in inside)
    return " or ".join(sorted(name for name in inside if int(name[1]) == height))


def table(rows: list[dict[str, Any]], own: bool) -> str:
    """Verdicts by number of customers and season, then the totals with their bounds."""
    lines = [
        f"{'customers':>9} {'season':>7} {'worlds':>6} "
        + " ".join(f"{name:>15}" for name in VERDICTS)
        + f" {'kept reference':>15}"
    ]
    for seasonal in (False, True):
        for n in sorted({row["n"] for row in rows}):
            some = [row for row in rows if row["n"] == n and row["seasonal"] == seasonal]
            if some:
                lines.append(_line(f"{n:>9,} {'shocks' if seasonal else 'none':>7}", some, own))
    for name, those in _groups(rows):
        counts = Counter(verdict(row, true_losses(row, own)) for row in those)
        lines.append(f"\n{name}: {len(those)} worlds")
        for said in ("too low", "needlessly high", "in between"):
            k = counts[said]
            bound = f"upper 95 % bound {upper(k, len(those)):.1%}"
            lines.append(f"  {said}: {k} of {len(those)} = {k / len(those):.1%}, {bound}")
        lines.append(f"  {_narrow(those, own)}")
        lines += [f"  {line}" for line in _remarks(those, own)]
    return "\n".join(lines)


def _narrow(rows: list[dict[str, Any]], own: bool) -> str:
    """What would have been proposed if the margin test spoke for the customers asked about alone."""
    was = [verdict({**row, "proposal": row["narrow"]}, true_losses(row, own)) for row in rows]
    moved = sum(row["narrow"] != row["proposal"] for row in rows)
    learnt = sum(bool(row["apart"]) for row in rows)
    return (
        f"without fits on halves too low in {was.count('too low')}, needlessly high in "
        f"{was.count('needlessly high')}; they were made in {learnt} and changed {moved} proposals"
    )


def _remarks(rows: list[dict[str, Any]], own: bool) -> list[str]:
    """What the rates hide: references kept for want of proof, verdicts hardly settled."""
    kept = [row for row in rows if not row["beats_reference"]]
    low = [row for row in kept if verdict(row, true_losses(row, own)) == "too low"]
    others = len(rows) - len(kept)
    k = sum(verdict(row, true_losses(row, own)) == "too low" for row in rows) - len(low)
    found = [f"of those too low, {len(low)} kept the reference because no rung surely beat it"]
    if low:
        gains = sorted(_gain(true_losses(row, own), row["reference"]) for row in low)
        middle = gains[len(gains) // 2]
        found.append(
            f"  what they forgo: {gains[0]:.2%} to {gains[-1]:.2%} (median {middle:.2%}) of its loss"
        )
    if others:
        bound = f"upper 95 % bound {upper(k, others):.1%}"
        found.append(f"too low where a gain was shown: {k} of {others} = {k / others:.1%}, {bound}")
    draws = Counter(row["number"] for row in rows)
    hit = {row["number"] for row in rows if verdict(row, true_losses(row, own)) == "too low"}
    found.append(f"{len(draws)} draws of the prior; too low in {len(hit)} draws")
    turned = sum(close(row, true_losses(row, own)) for row in rows)
    return [*found, f"verdicts within 2 standard errors of the truth's own: {turned}"]


def _gain(losses: dict[str, float], reference: str) -> float:
    return 1 - min(losses.values()) / losses[reference]


def _groups(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    counted = [row for row in rows if row["n"] >= COUNTED_FROM]
    groups = [
        (f"all with {COUNTED_FROM:,} customers or more", counted),
        ("without seasons", [row for row in counted if not row["seasonal"]]),
        ("with season shocks", [row for row in counted if row["seasonal"]]),
        ("reported only: fewer customers", [row for row in rows if row["n"] < COUNTED_FROM]),
    ]
    return [(name, those) for name, those in groups if those]


def _line(head: str, rows: list[dict[str, Any]], own: bool) -> str:
    counts = Counter(verdict(row, true_losses(row, own)) for row in rows)
    cells = " ".join(f"{counts[v]:>7} ({counts[v] / len(rows):>4.0%}) " for v in VERDICTS)
    kept = sum(not row["beats_reference"] for row in rows)
    return f"{head} {len(rows):>6} {cells} {kept:>14}"


def choices(rows: list[dict[str, Any]], own: bool) -> str:
    """What was truly the lowest inside the margin, against what was proposed."""
    pairs = Counter((lowest(row, true_losses(row, own)), row["proposal"]) for row in rows)
    lines = [f"{'truly lowest inside':<36} {'proposed':<18} worlds"]
    lines += [f"{a:<36} {b:<18} {count:>6}" for (a, b), count in sorted(pairs.items())]
    return "\n".join(lines)


def mistakes(rows: list[dict[str, Any]], own: bool) -> str:
    """Each wrong proposal: its true share of the gain given up, and what the bake-off had seen."""
    lines = []
    for row in rows:
        losses = true_losses(row, own)
        said = verdict(row, losses)
        if said not in ("too low", "needlessly high"):
            continue
        best, reference = min(losses.values()), losses[row["reference"]]
        gain = reference - best
        shares = {name: (loss - best) / gain if gain > 0 else 0.0 for name, loss in losses.items()}
        seen = row["rungs"][row["proposal"]]
        lines.append(
            f"{said}: world {row['number']}{' seasonal' if row['seasonal'] else ''}, n {row['n']:,}: "
            f"proposed {row['proposal']} (seen {seen['worse']:.1%}, at most {seen['worse_high']:.1%}; "
            f"true {shares[row['proposal']]:.1%}), truly lowest {lowest(row, losses)}; "
            f"gain {gain / reference:.2%} of the reference's loss"
            f"{'' if row['beats_reference'] else '; kept the reference'}"
        )
    return "\n".join(lines)
