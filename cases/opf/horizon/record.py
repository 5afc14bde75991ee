"""Solves input.json with HiGHS by power transfer distribution factors and writes expected.json.

Usage: python record.py (needs highspy and numpy). The formulation shares nothing with the crate's: no angles, flows by
a dense matrix of distribution factors, one balance per step.
"""

import json
import pathlib

import highspy
import numpy as np

here = pathlib.Path(__file__).parent
data = json.loads((here / "input.json").read_text())
n, steps, h = data["buses"], len(data["load_profile"]), data["step_h"]
lines, storages = data["lines"], data["storages"]

incidence = np.zeros((len(lines), n))
for i, line in enumerate(lines):
    incidence[i, line["from"]], incidence[i, line["to"]] = 1, -1
flow = np.diag([1 / line["x"] for line in lines]) @ incidence
keep = [bus for bus in range(n) if bus != data["reference"]]
factors = np.zeros((len(lines), n))
factors[:, keep] = flow[:, keep] @ np.linalg.inv((incidence.T @ flow)[np.ix_(keep, keep)])

solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
infinity = highspy.kHighsInf
squares = []


def variable(low, high, cost=0.0, square=0.0):
    solver.addVar(low, high)
    at = solver.getNumCol() - 1
    solver.changeColCost(at, cost)
    squares.append(2 * square)
    return at


def row(low, high, terms):
    solver.addRow(low, high, len(terms), np.array(list(terms), dtype=np.int32), np.array(list(terms.values()), float))
    return solver.getNumRow() - 1


content_before = [None] * len(storages)
balances, limits = [], []
for t in range(steps):
    # What each variable injects, by bus.
    injections = []
    for generator in data["generators"]:
        at = variable(0, generator["max_mw"], h * generator["cost"], h * generator["square"])
        injections.append((at, generator["bus"], 1.0))
    at = variable(0, data["solar"]["max_mw"] * data["solar_profile"][t])
    injections.append((at, data["solar"]["bus"], 1.0))
    for i, storage in enumerate(storages):
        charge, discharge = variable(0, storage["charge_mw"]), variable(0, storage["discharge_mw"])
        injections += [(charge, storage["bus"], -1.0), (discharge, storage["bus"], 1.0)]
        content = variable(storage["stored_mwh"] if t == steps - 1 else 0, storage["mwh"])
        terms = {content: 1.0, charge: -h * storage["charge_efficiency"], discharge: h / storage["discharge_efficiency"]}
        start = storage["stored_mwh"]
        if content_before[i] is not None:
            terms[content_before[i]], start = -1.0, 0.0
        row(start, start, terms)
        content_before[i] = content
    load = np.zeros(n)
    for each in data["loads"]:
        load[each["bus"]] += each["mw"] * data["load_profile"][t]
    balances.append(row(load.sum(), load.sum(), {at: sign for at, _, sign in injections}))
    drawn = factors @ load
    for i, line in enumerate(lines):
        terms = {at: sign * factors[i, bus] for at, bus, sign in injections}
        limits.append(row(drawn[i] - line["limit_mw"], drawn[i] + line["limit_mw"], terms))

count = solver.getNumCol()
hessian = highspy.HighsHessian()
hessian.dim_ = count
hessian.format_ = highspy.HessianFormat.kTriangular
places = [i for i in range(count) if squares[i] > 0]
hessian.start_ = np.searchsorted(places, np.arange(count + 1)).astype(np.int32)
hessian.index_ = np.array(places, dtype=np.int32)
hessian.value_ = np.array([squares[i] for i in places], dtype=float)
solver.passHessian(hessian)
solver.run()
assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
duals = np.array(solver.getSolution().row_dual)
prices = [
    [(duals[balances[t]] + sum(factors[i, bus] * duals[limits[t * len(lines) + i]] for i in range(len(lines)))) / h
     for bus in range(n)]
    for t in range(steps)
]
expected = {
    "solver": f"HiGHS {solver.version()}",
    "cost": round(solver.getInfo().objective_function_value, 4),
    "price_per_mwh": [[round(price, 4) for price in step] for step in prices],
}
text = json.dumps(expected).replace("], [", "],\n  [").replace('"price_per_mwh": [[', '"price_per_mwh": [\n  [')
(here / "expected.json").write_text(text + "\n")
print(expected["cost"])
