"""Best schedules of random days by HiGHS, for comparison.

    python cases/appliances/record.py      writes days.json beside this file

Needs numpy and highspy.
"""

import json
import pathlib

import highspy
import numpy as np

random = np.random.default_rng(20_250_701)


def day(slots, most):
    """Prices of two levels or all different, half of the days with panels; rounded, so that the file is short."""
    hours = 24 // slots if slots <= 24 else 24 / slots
    two_levels = random.random() < 0.5
    prices = random.choice([0.1518, 0.3662], slots) if two_levels else random.uniform(0.05, 0.45, slots)
    noon = np.clip(1 - 4 * abs(np.arange(slots) / (slots - 1) - 0.5), 0, None)
    load = random.uniform(150, 1500, slots) - random.choice([0, 4500]) * noon
    runs = []
    for _ in range(random.integers(2, most + 1)):
        duration = int(random.integers(1, slots // 6 + 1))
        first = int(random.integers(0, slots - duration))
        last = int(min(first + random.integers(0, slots // 3 + 1), slots - duration))
        runs.append(dict(power=int(random.integers(300, 3700)), duration=duration, first=first, last=last))
    weights = random.dirichlet([1, 1, 1]) * (random.random(3) < 0.8)
    return dict(
        hours=hours,
        weights=[round(float(w), 6) for w in weights / [3, 5000, 20]],
        prices=[round(float(p), 4) for p in prices],
        feed_in=[round(float(p), 4) for p in np.minimum(prices, 0.08)],
        load=[round(float(w), 1) for w in load],
        runs=runs,
    )


def best(day):
    """min w_c · (cost with the runs − cost without) + w_p · z + w_d · Σ delay, kW inside."""
    cost, peak, delay = day["weights"]
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("mip_rel_gap", 1e-10)
    solver.setOptionValue("mip_abs_gap", 1e-10)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("threads", 1)
    z = solver.addVariable(0, highspy.kHighsInf, 1000 * peak)
    running = [[] for _ in day["load"]]
    for run in day["runs"]:
        starts = []
        for start in range(run["first"], run["last"] + 1):
            waited = (start - run["first"]) * day["hours"]
            x = solver.addBinary(obj=delay * waited)
            starts.append(x)
            for slot in range(start, start + run["duration"]):
                running[slot].append(run["power"] / 1000 * x)
        solver.addConstr(sum(starts) == 1)
    without = 0.0
    for load, price, feed_in, terms in zip(day["load"], day["prices"], day["feed_in"], running):
        energy = cost * day["hours"]
        imported = solver.addVariable(0, highspy.kHighsInf, energy * price)
        exported = solver.addVariable(0, 1e3, -energy * feed_in)
        solver.addConstr(sum(terms) - imported + exported == -load / 1000)
        solver.addConstr(z >= sum(terms) + load / 1000)
        without += energy * load / 1000 * (price if load >= 0 else feed_in)
    solver.minimize()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return solver.getInfo().objective_function_value - without


days = [day(24, 7) for _ in range(45)] + [day(96, 4) for _ in range(15)]
for number, each in enumerate(days):
    each["least"] = best(each)
    print(number, len(each["runs"]), each["least"], flush=True)
folder = pathlib.Path(__file__).parent
lines = ",\n".join(json.dumps(each) for each in days)
(folder / "days.json").write_text("[\n" + lines + "\n]\n")
