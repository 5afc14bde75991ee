"""Thirty days of two houses, computed from the shipped series and the tariff alone: every trade, every bill line.

    python month.py DATA_FOLDER

writes intervals.csv and bills.csv beside itself. Needs pyarrow to read the series; everything else is integers: energy
in Wh, prices in n€/Wh, money in n€.
"""

import csv
import sys
from pathlib import Path

import pyarrow.parquet as parquet

DATA = Path(sys.argv[1])
HERE = Path(__file__).parent
DAYS, DAY = 30, 96
FIRST = 171 * DAY  # 21 June is day 171 of the year, from 0

# the tariff of scenarios/two_houses.toml
IMPORT, EXPORT = 160_400, 79_400
GRID_FEE, PEER_GRID_FEE, LEVY, PEER_LEVY = 109_500, 47_100, 127_000, 106_500
# What a buyer could pay a neighbour without being worse off than with the supplier; a seller takes what the supplier pays.
MOST, LEAST = IMPORT + GRID_FEE + LEVY - PEER_GRID_FEE - PEER_LEVY, EXPORT


def column(file, name):
    return parquet.read_table(DATA / file, columns=[name])[name].to_pylist()


def load(name):
    """Energy per quarter hour of a series of W. What is less than a Wh is carried, from two weeks before the start on."""
    watts, rest, energy = column("synpro/synpro.parquet", name), 0, {}
    for step in range(FIRST - 14 * DAY, FIRST + DAYS * DAY):
        energy[step], rest = divmod(rest + watts[step] * 900, 3600)
    return energy


def sun():
    """Output of 1 kWp in W per quarter hour, from hourly means: each quarter is interpolated between the middles of its
    hour and the nearest other one, then the four are scaled to the hour's energy by cumulative floor."""
    hours = column("weather/weather.parquet", "pv_35_south_w_per_10_kwp")
    quarters = []
    for hour, mean in enumerate(hours):
        shape = []
        for eighths, other in ((5, hour - 1), (7, hour - 1), (7, hour + 1), (5, hour + 1)):
            shape.append((mean * eighths + hours[other % len(hours)] * (8 - eighths) + 4) // 8)
        total, given, so_far = sum(shape), 0, 0
        even = 4 * mean * max(shape) > 1000 * 10 * total
        for passed, part in enumerate(shape, 1):
            so_far += part
            if total == 0:
                upto = 0
            elif even:
                upto = mean * passed // 10
            else:
                upto = 4 * mean * so_far // total // 10
            quarters.append(upto - given)
            given = upto
    return quarters


def bill(bought, sold, paid, received, take, give):
    """Every line of a bill: (kind, side) -> energy and money; what is sold counts as received."""
    short, long = max(sold - give, 0), max(bought - take, 0)
    supplied, fed_in, taken = max(take - bought, 0), max(give - sold, 0), min(bought, take)
    return {
        ("trade", "sell"): (sold, received),
        ("supply", "sell"): (fed_in, fed_in * EXPORT),
        ("imbalance", "sell"): (long, long * EXPORT),
        ("trade", "buy"): (bought, paid),
        ("supply", "buy"): (supplied, supplied * IMPORT),
        ("imbalance", "buy"): (short, short * IMPORT),
        ("grid_fee", "buy"): (taken + supplied + short, taken * PEER_GRID_FEE + (supplied + short) * GRID_FEE),
        ("levy", "buy"): (taken + supplied + short, taken * PEER_LEVY + (supplied + short) * LEVY),
    }


couple, family, solar = load("hh_2fulltime_w"), load("hh_family_w"), sun()
panels = {step: 6000 * solar[step] * 900 // 3_600_000 for step in couple}
net = {step: (couple[step] - panels[step], family[step]) for step in couple}

sums = [{}, {}]
with open(HERE / "intervals.csv", "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["step", "sunny_net_wh", "neighbour_net_wh", "traded_wh", "price", "sunny_neur", "neighbour_neur"])
    for step in range(FIRST, FIRST + DAYS * DAY):
        # Both expect what was last metered when the gate closes, two intervals before.
        offer, demand = -net[step - 2][0], net[step - 2][1]
        traded, price = 0, ""
        if offer > 0 and demand > 0:
            traded = min(offer, demand)
            # The side that is filled only in part sets the price; where both are filled, the middle, rounded down.
            price = MOST if offer < demand else LEAST if offer > demand else (MOST + LEAST) // 2
        money = traded * price if traded else 0
        sunny, neighbour = net[step]
        lines = (
            bill(0, traded, 0, money, max(sunny, 0), max(-sunny, 0)),
            bill(traded, 0, money, 0, max(neighbour, 0), max(-neighbour, 0)),
        )
        totals = []
        for sum_of, of in zip(sums, lines):
            total = 0
            for (kind, side), (energy, amount) in of.items():
                paid = amount if side == "buy" else -amount
                total += paid
                before = sum_of.get((kind, side), (0, 0))
                sum_of[kind, side] = (before[0] + energy, before[1] + paid)
            totals.append(total)
        table.writerow([step - FIRST, sunny, neighbour, traded, price, *totals])

with open(HERE / "bills.csv", "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["account", "member", "kind", "side", "energy_wh", "money_neur"])
    for account, member, sum_of in ((6, "Sunny house", sums[0]), (7, "Neighbour", sums[1])):
        for (kind, side), (energy, paid) in sum_of.items():
            if energy:
                table.writerow([account, member, kind, side, energy, paid])
