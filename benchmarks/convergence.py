"""Does every fit end at a top of the likelihood, or name the direction that has none?

Random true parameters, some thousand customers each, both models. A fit is "at the top" if a
further Newton step promises less than 1e-10 log-likelihood and the largest derivative in the
logarithms of the parameters is below 1e-6 per customer, in the model itself or in the limiting
model it names. No fit may lie below the likelihood of the true parameters, and every prediction
must be finite.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd import bg_nbd, pareto_nbd
from stepladder.questions.retention.btyd.worlds import bg_world, pareto_world

RANGES = {
    "r": (0.1, 5.0),
    "purchases per week": (0.01, 1.0),
    "s": (0.1, 5.0),
    "departures per week": (0.003, 0.3),
    "mean dropout probability": (0.02, 0.6),
    "a + b": (0.2, 20.0),
    "weeks": (13.0, 156.0),
}
STATIONARY = 1e-6
MODELS = {"Pareto/NBD": pareto_nbd, "BG/NBD": bg_nbd}


def draws(sets: int, customers: int, seed: int) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Truths and histories: customers enter evenly over the first third of the time."""
    for number in range(sets):
        rng = np.random.default_rng([seed, number])
        own = {k: float(np.exp(rng.uniform(*np.log(RANGES[k])))) for k in RANGES}
        days = own["weeks"] * 7.0
        T = np.floor(days - rng.random(customers) * days / 3.0) / 7.0
        r, rate = own["r"], own["purchases per week"]
        s, share, total = own["s"], own["mean dropout probability"], own["a + b"]
        truth = {"r": r, "alpha": r / rate, "s": s, "beta": s / own["departures per week"]}
        x, t_x = pareto_world(rng, **truth, T=T)
        yield "Pareto/NBD", truth, {"x": x, "t_x": t_x, "T": T}
        truth = {"r": r, "alpha": r / rate, "a": share * total, "b": (1.0 - share) * total}
        x, t_x = bg_world(rng, **truth, T=T)
        yield "BG/NBD", truth, {"x": x, "t_x": t_x, "T": T}


def verdict(name: str, truth: dict[str, float], seen: dict[str, Any]) -> dict[str, Any]:
    """One fit: how it ended, how steep it was there, how far above the truth."""
    model = MODELS[name]
    try:
        fitted = model.fit(**seen)
    except CannotStand as why:
        return {"end": f"cannot stand: {why}"}
    steep = fitted["gradient_norm"] / fitted["customers"]
    fine = fitted["converged"] and steep < STATIONARY and np.isfinite(fitted["log_likelihood"])
    numbers = [model.alive(fitted, **seen), model.expected(fitted, **seen, horizon=13.0)]
    usable = all(np.isfinite(n).all() and (n >= 0.0).all() for n in numbers)
    limit = f"top at the limit: {fitted['limit']}" if fitted["limit"] else "top inside"
    return {
        "end": (limit if usable else "predictions not finite") if fine else "NOT AT A TOP",
        "steep": steep,
        "above": fitted["log_likelihood"] - model.log_likelihood(truth, **seen),
        "evaluations": fitted["evaluations"],
        "fitted": fitted,
    }


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the fits that are not at a top")
    given = parser.parse_args()
    began = time.process_time()
    ends: dict[str, Counter[str]] = {name: Counter() for name in MODELS}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in MODELS}
    for name, truth, seen in draws(given.sets, given.customers, given.seed):
        out = verdict(name, truth, seen)
        ends[name][out["end"]] += 1
        found[name].append(out)
        if given.show and not out["end"].startswith("top"):
            print(name, truth, out)
    print(f"{given.sets} true parameter sets x {given.customers} customers, seed {given.seed}")
    print("log-uniform:", "; ".join(f"{k} {a:g} to {b:g}" for k, (a, b) in RANGES.items()))
    for name in MODELS:
        kept = [out for out in found[name] if "steep" in out]
        print(f"\n{name}")
        for end, count in ends[name].most_common():
            print(f"  {count:6d}  {end}")
        print(f"  largest |derivative| per customer {max(o['steep'] for o in kept):.1e}")
        print(f"  smallest log-likelihood above the truth's {min(o['above'] for o in kept):.3f}")
        many = [o["evaluations"] for o in kept]
        print(f"  evaluations: median {np.median(many):.0f}, most {max(many)}")
    print(f"\nCPU {time.process_time() - began:.1f} s")


if __name__ == "__main__":
    main()
