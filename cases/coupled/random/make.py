"""Random coupled clearings and their optima by HiGHS. Prints the rows of instances.csv; see README.md."""

import random
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

MILLION = 1_000_000
RNG = random.Random(20_260)
ELECTRICITY, HEAT, GAS = range(3)
# Name: input, outputs with their usual ratios, parts per million.
KINDS = {
    "heat_pump": (ELECTRICITY, [(HEAT, (2_000_000, 5_000_000))]),
    "electric_boiler": (ELECTRICITY, [(HEAT, (900_000, 1_000_000))]),
    "electrolyser": (ELECTRICITY, [(GAS, (600_000, 800_000))]),
    "gas_boiler": (GAS, [(HEAT, (800_000, 1_000_000))]),
    "fuel_cell": (GAS, [(ELECTRICITY, (400_000, 600_000))]),
    "heat_and_power": (GAS, [(ELECTRICITY, (250_000, 450_000)), (HEAT, (400_000, 550_000))]),
}
LIMITS = [(-3, 3), (-30, 30), (50_000, 400_000), (50_000, 400_000), (-100_000, 300_000)]
ENERGIES = [(1, 3), (1, 50), (1, 5_000), (1, 5_000), (1, 1_000_000)]


def ratio(span, round_numbers):
    low, high = span
    if round_numbers:
        step = 500_000 if high > MILLION else 50_000
        return RNG.randrange(low, high + 1, step)
    return RNG.randint(low, high)


def instance():
    intervals = RNG.choice([1, 1, 1, 1, 2, 2, 3, 4])
    carriers = RNG.choice([3, 3, 3, 3, 3, 2])
    nodes = carriers * intervals
    limits, energies = RNG.choice(LIMITS), RNG.choice(ENERGIES)
    orders = []
    for _ in range(RNG.randint(0, RNG.choice([6, 12, 24, 48, 100, 200]))):
        side = RNG.choice("bo")
        orders.append((side, RNG.randrange(nodes), RNG.randint(*limits), RNG.randint(*energies)))
    if RNG.random() < 0.3:  # one-sided: heat is asked for, gas is offered
        orders = [row for row in orders if not (row[0] == "o" and row[1] % carriers == HEAT)]
        orders = [row for row in orders if not (row[0] == "b" and row[1] % carriers == GAS)]
    conversions = []
    round_numbers = RNG.random() < 0.4
    for _ in range(RNG.choice([0, 1, 2, 4, 6, 10])):
        carrier, outputs = RNG.choice(list(KINDS.values()))
        if carrier >= carriers or any(output >= carriers for output, _ in outputs):
            continue
        at = RNG.randrange(intervals) * carriers
        ratios = [(at + output, ratio(span, round_numbers)) for output, span in outputs]
        cost = RNG.choice([0, 0, 1, RNG.randint(0, max(1, limits[1] // 5))])
        capacity = RNG.randint(1, RNG.choice([1, 5]) * energies[1])
        conversions.append((at + carrier, capacity, cost, ratios))
        if RNG.random() < 0.15 and len(conversions) < 10:  # one like it
            conversions.append((at + carrier, RNG.randint(1, energies[1]), cost, ratios))
        if len(conversions) >= 10:
            break
    conversions.sort(key=lambda row: row[0] // carriers)
    storages = []
    for _ in range(RNG.choice([0, 1, 2, 4]) if intervals > 1 else RNG.choice([0, 0, 0, 1])):
        first = RNG.randrange(intervals)
        count = RNG.randint(1, intervals - first)
        capacity = RNG.randint(1, 3 * energies[1])
        level = RNG.choice([0, RNG.randint(0, capacity)])
        efficiencies = [RNG.choice([MILLION, 950_000, RNG.randint(800_000, MILLION)]) for _ in range(2)]
        kept = RNG.choice([MILLION, 990_000, RNG.randint(900_000, MILLION)])
        left = level
        for _ in range(count):
            left = left * kept // MILLION
        least = RNG.choice([0, RNG.randint(0, max(0, left - count))])
        power = [RNG.randint(0, energies[1] * 2) for _ in range(2)]
        cost = RNG.choice([0, RNG.randint(0, max(1, limits[1] // 10))])
        storages.append((first, count, RNG.randrange(carriers), power, capacity, (level, least), efficiencies, kept, cost))
    storages.sort(key=lambda row: row[0])
    return intervals, carriers, orders, conversions, storages


def optimum(intervals, carriers, orders, conversions, storages):
    rows, columns, values, cost, bounds, right = [], [], [], [], [], [0.0] * (intervals * carriers)
    pairs = []  # of taking and giving by a storage in an interval

    def column(terms, price, low, high):
        for row, value in terms:
            rows.append(row), columns.append(len(cost)), values.append(value)
        cost.append(price), bounds.append((low, high))

    for side, node, limit, energy in orders:
        sign = 1 if side == "o" else -1
        column([(node, sign)], sign * limit, 0, energy)
    for source, capacity, price, ratios in conversions:
        column([(source, -1)] + [(node, parts / MILLION) for node, parts in ratios], price, 0, capacity)
    for first, count, carrier, power, capacity, (level, least), (stored, given), kept, price in storages:
        stored, given, kept = stored / MILLION, given / MILLION, kept / MILLION
        for at in range(count):
            node, held = (first + at) * carriers + carrier, len(right)
            pairs.append((len(cost), len(cost) + 1))
            column([(node, -1), (held, stored)], 0, 0, power[0])
            column([(node, 1), (held, -1 / given)], price, 0, power[1])
            last = at == count - 1
            column([(held, -1)] + ([] if last else [(held + 1, kept)]), 0, least if last else 0, capacity)
            right.append(-level * kept if at == 0 else 0.0)
    if not cost:
        return 0.0
    matrix = coo_array((values, (rows, columns)), shape=(len(right), len(cost))).tocsr()
    found = linprog(cost, A_eq=matrix, b_eq=right, bounds=bounds, method="highs-ds",
                    options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
    assert found.status == 0, found.message
    if all(min(found.x[one], found.x[other]) < 1e-6 for one, other in pairs):
        return -float(np.dot(cost, found.x))
    # A storage does one at a time: a binary per pair, where the programme would burn energy at negative prices.
    count = len(cost)
    for one, other in pairs:
        for column_of, sign, bound in [(one, -bounds[one][1], 0), (other, bounds[other][1], bounds[other][1])]:
            rows.extend([len(right)] * 2), columns.extend([column_of, len(cost)]), values.extend([1.0, sign])
            right.append(bound)
        cost.append(0.0), bounds.append((0, 1))
    matrix = coo_array((values, (rows, columns)), shape=(len(right), len(cost))).tocsr()
    lower = np.array(right)
    lower[len(right) - 2 * len(pairs):] = -np.inf
    integral = np.array([0] * count + [1] * len(pairs))
    found = milp(cost, constraints=LinearConstraint(matrix, lower, right), bounds=Bounds(*zip(*bounds)),
                 integrality=integral, options={"mip_rel_gap": 0.0})
    assert found.status == 0, found.message
    return -float(np.dot(cost, found.x))


for _ in range(int(sys.argv[1])):
    made = instance()
    intervals, carriers, orders, conversions, storages = made
    print(f"i,{intervals},{carriers},{optimum(*made):.6f}")
    for side, node, limit, energy in orders:
        print(f"{side},{node},{limit},{energy}")
    for source, capacity, price, ratios in conversions:
        outputs = ",".join(f"{node},{parts}" for node, parts in ratios)
        print(f"c,{source},{capacity},{price},{outputs}")
    for first, count, carrier, power, capacity, levels, efficiencies, kept, price in storages:
        numbers = [first, count, carrier, *power, capacity, *levels, *efficiencies, kept, price]
        print("s," + ",".join(map(str, numbers)))
