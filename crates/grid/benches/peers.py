"""Power flows of other programs and ours, on the same networks, in one run.

    cargo build --release -p grid --examples
    python crates/grid/benches/peers.py [series] [single]     (both, unless one is named)

Needs pandapower, simbench, lightsim2grid, power-grid-model and numba. Series: feeders of SimBench with a year of its
profiles, Newton's method or the fastest a program has, to 1e-8; transformers without iron losses, so that all calculate
the same circuit. Single: a warm Newton solve from the DC approximation, to 1e-8, of pandapower's transmission cases.
Each figure is the least of several runs; CPU time, but wall time where all cores work.
"""

import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandapower as pp
import pandapower.networks

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "../../../target/release/examples")
CORES = os.cpu_count()


def least(runs, work, clock=time.perf_counter):
    """Least time of several runs, and the last result."""
    best, result = float("inf"), None
    for _ in range(runs):
        began = clock()
        result = work()
        best = min(best, clock() - began)
    return best, result


def write_case(ppc, path):
    """A MATPOWER case with numbers as exact as they are."""
    with open(path, "w") as out:
        print("function mpc = case", file=out)
        print("mpc.version = '2';", file=out)
        print(f"mpc.baseMVA = {float(ppc['baseMVA'])!r};", file=out)
        for name, columns in (("bus", 13), ("gen", 10), ("branch", 11)):
            print(f"mpc.{name} = [", file=out)
            for row in np.real(ppc[name]):
                # Buses count from 1 there, and what a power flow does not need is a number, too.
                row = np.nan_to_num(row, nan=0.0) + np.isin(np.arange(len(row)), (0, 1) if name == "branch" else (0,))
                row = [repr(float(x)) for x in row[:columns]]
                row += ["-360", "360"] if name == "branch" else []
                print("\t" + "\t".join(row) + ";", file=out)
            print("];", file=out)


def ours(example, *arguments):
    out = subprocess.run([os.path.join(EXAMPLES, example), *map(str, arguments)], capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"{example}: {out.stderr}")
    return out.stdout


def row(name, value, unit, reference=None, note=""):
    ratio = f"{value / reference:9.1f} ×" if reference else " " * 11
    print(f"  {name:<46}{value:12.4f} {unit}{ratio}  {note}", flush=True)


# --- series -----------------------------------------------------------------------------------------------------


def feeder(code):
    """A feeder, its per-unit case, and W and var drawn at each bus of the case, by step."""
    import simbench

    net = simbench.get_simbench_net(code)
    net.trafo[["pfe_kw", "i0_percent"]] = 0.0
    # Limits that nobody gave are of no number type there, and lightsim2grid stumbles over them.
    for element in ("sgen", "load", "gen", "ext_grid"):
        for limit in ("min_p_mw", "max_p_mw", "min_q_mvar", "max_q_mvar"):
            if limit in net[element]:
                net[element][limit] = net[element][limit].astype(float)
    values = simbench.get_absolute_values(net, profiles_instead_of_study_cases=True)
    pp.runpp(net, numba=True)
    bus = net._pd2ppc_lookups["bus"]
    profiles = {}
    for element, sign in (("load", 1), ("sgen", -1), ("storage", 1)):
        for power in ("p_mw", "q_mvar"):
            table = values.get((element, power))
            if table is None or len(net[element]) == 0:
                continue
            for index in table.columns:
                at = (power[0], int(bus[net[element].bus.at[index]]))
                profiles[at] = profiles.get(at, 0.0) + sign * 1e6 * table[index].to_numpy()
    steps = len(next(iter(profiles.values())))
    return net, values, net._ppc, profiles, steps


def power_grid_model(ppc, profiles, steps):
    import power_grid_model as pgm

    base = ppc["baseMVA"] * 1e6
    buses, branches = np.real(ppc["bus"]), np.real(ppc["branch"])
    node = pgm.initialize_array("input", "node", len(buses))
    node["id"] = np.arange(len(buses))
    node["u_rated"] = buses[:, 9] * 1e3
    kv = buses[:, 9]
    links = pgm.initialize_array("input", "generic_branch", len(branches))
    links["id"] = 10_000 + np.arange(len(branches))
    links["from_node"], links["to_node"] = branches[:, 0], branches[:, 1]
    links["from_status"] = links["to_status"] = branches[:, 10]
    ohm = (kv[branches[:, 1].astype(int)] * 1e3) ** 2 / base
    links["r1"], links["x1"] = branches[:, 2] * ohm, branches[:, 3] * ohm
    links["g1"], links["b1"] = 0.0, branches[:, 4] / ohm
    links["k"] = np.where(branches[:, 8] == 0, 1.0, branches[:, 8])
    links["theta"] = np.radians(branches[:, 9])
    links["sn"] = np.where(branches[:, 5] > 0, branches[:, 5], 1.0) * 1e6
    source = pgm.initialize_array("input", "source", 1)
    slack = int(np.real(ppc["gen"])[0, 0])
    source["id"], source["node"], source["status"] = 20_000, slack, 1
    source["u_ref"], source["sk"] = np.real(ppc["gen"])[0, 5], 1e20
    places = sorted({bus for _, bus in profiles})
    load = pgm.initialize_array("input", "sym_load", len(places))
    load["id"], load["node"], load["status"] = 30_000 + np.arange(len(places)), places, 1
    load["type"] = pgm.LoadGenType.const_power
    load["p_specified"] = load["q_specified"] = 0.0
    model = pgm.PowerGridModel({"node": node, "generic_branch": links, "source": source, "sym_load": load})
    nothing = np.zeros(steps)
    columns = {
        name: np.ascontiguousarray(np.stack([profiles.get((power, bus), nothing) for bus in places], axis=1))
        for name, power in (("p_specified", "p"), ("q_specified", "q"))
    }
    columns["id"] = np.tile(load["id"], (steps, 1))
    found = {}
    for method in ("iterative_current", "newton_raphson"):
        for threads in (-1, 0):

            def run():
                return model.calculate_power_flow(
                    update_data={"sym_load": columns},
                    calculation_method=getattr(pgm.CalculationMethod, method),
                    error_tolerance=1e-8,
                    threading=threads,
                    output_component_types={"node": ["u_pu"], "generic_branch": ["loading"]},
                )

            best, result = least(3, run, time.process_time if threads < 0 else time.perf_counter)
            found[f"{method}, {'one thread' if threads < 0 else 'all cores'}"] = (best, result["node"]["u_pu"])
    return found


def lightsim2grid(net, values, steps):
    from lightsim2grid.lightsim2grid_cpp import InjectionSweepCPP, TimeSeriesCPP
    from lightsim2grid.network import init_from_pandapower

    model = init_from_pandapower(net)
    size = len(model.get_bus_vn_kv())
    # Transformers turn voltages by 150°: a start without their shifts leads nowhere.
    start = model.ac_pf(model.dc_pf(np.ones(size, dtype=complex), 1, 1e-8), 20, 1e-8)
    if len(start) == 0:
        raise RuntimeError("no base case")
    table = lambda element, power: np.ascontiguousarray(
        values[element, power].to_numpy() if (element, power) in values and len(net[element]) else np.zeros((steps, 0))
    )
    sgen, load_p, load_q = table("sgen", "p_mw"), table("load", "p_mw"), table("load", "q_mvar")
    gen = np.zeros((steps, len(model.get_generators())))
    found = {}
    for name, kind, threads in (
        ("TimeSeriesCPP, one thread", TimeSeriesCPP, 1),
        ("InjectionSweepCPP, one thread", InjectionSweepCPP, 1),
        ("InjectionSweepCPP, all cores", InjectionSweepCPP, CORES),
    ):

        def run():
            computer = kind(model)
            if kind is InjectionSweepCPP:
                computer.nb_thread = threads
            computer.compute_Vs(gen, sgen, load_p, load_q, start, 20, 1e-8)
            computer.compute_flows()
            return np.abs(computer.get_voltages())

        found[name] = least(3, run, time.process_time if threads == 1 else time.perf_counter)
    return found


def series():
    for code in ("1-LV-rural1--0-no_sw", "1-LV-rural2--0-no_sw", "1-LV-semiurb5--0-no_sw"):
        net, values, ppc, profiles, steps = feeder(code)
        with tempfile.TemporaryDirectory() as folder:
            case, table = os.path.join(folder, "case.m"), os.path.join(folder, "series.csv")
            bare = {**ppc, "bus": np.real(ppc["bus"]).copy()}
            bare["bus"][:, 2:6] = 0.0
            write_case(bare, case)
            names = [f"{power}:{bus + 1}" for power, bus in profiles]
            numbers = np.stack(list(profiles.values()), axis=1)
            # As numbered in the case, from 1.
            np.savetxt(table, numbers, delimiter=",", header=",".join(names), comments="", fmt="%.17g")
            print(f"{code}: {len(ppc['bus'])} buses, {steps} steps; voltages of all buses, loadings of all branches")
            mine = {}
            for method, threads, name in (
                ("sweep", 1, "sweep, one thread"),
                ("sweep", 0, "sweep, all cores"),
                ("newton", 1, "Newton, one thread"),
                ("newton", 0, "Newton, all cores"),
            ):
                words = ours("batch_time", case, table, method, threads, 5).split()
                of = lambda key: words[words.index(key) + 1]
                if of("failed") != "0":
                    raise SystemExit(f"{code}: {of('failed')} steps failed")
                time_of = "cpu_us_per_step" if threads == 1 else "us_per_step"
                mine[name] = {"us": float(of(time_of)), "vmin": of("vmin")}
        reference = {cores: mine[f"sweep, {cores}"]["us"] for cores in ("one thread", "all cores")}
        for name, figures in mine.items():
            row(f"ours, {name}", figures["us"], "µs/step", None, f"lowest voltage {figures['vmin']}")
        lowest = float(mine["sweep, one thread"]["vmin"])
        for program, call in (
            ("power-grid-model", lambda: power_grid_model(ppc, profiles, steps)),
            ("lightsim2grid", lambda: lightsim2grid(net, values, steps)),
        ):
            try:
                found = call()
            except Exception as trouble:  # a peer that is not there, or will not
                print(f"  {program}: {type(trouble).__name__}: {trouble}")
                continue
            for name, (best, voltages) in found.items():
                cores = "all cores" if "all cores" in name else "one thread"
                positive = voltages[voltages > 0].min()
                note = f"lowest voltage {positive:.9f} ({positive - lowest:+.1e})"
                row(f"{program}, {name}", best / steps * 1e6, "µs/step", reference[cores], note)
        seconds, _ = least(5, lambda: pp.runpp(net, numba=True), time.process_time)
        row("pandapower, one runpp", seconds * 1e6, "µs/step", reference["one thread"])


# --- single -----------------------------------------------------------------------------------------------------


def single():
    from lightsim2grid.network import init_from_pandapower

    for name in ("case118", "case300", "case2869pegase", "case9241pegase"):
        net = getattr(pp.networks, name)()
        pp.runpp(net, init="dc", numba=True, tolerance_mva=1e-8 * net.sn_mva)
        runs = 20 if len(net.bus) < 1000 else 7
        with tempfile.TemporaryDirectory() as folder:
            case = os.path.join(folder, "case.m")
            write_case(net._ppc, case)
            text = ours("flow_time", case, "dc", runs)
        mine = float(text.split("solve ")[1].split()[0])
        print(f"{name}: {len(net._ppc['bus'])} buses")
        row("ours, Newton from DC", mine, "ms", None, text.split(", symbolic")[0])
        try:
            model = init_from_pandapower(net)
            size = len(model.get_bus_vn_kv())

            def solve():
                start = model.dc_pf(np.ones(size, dtype=complex), 1, 1e-8)
                return model.ac_pf(start, 20, 1e-8)

            best, voltages = least(runs, solve, time.process_time)
            if len(voltages) == 0:
                best = float("nan")
            row("lightsim2grid, Newton from DC", best * 1e3, "ms", mine)
            start = model.dc_pf(np.ones(size, dtype=complex), 1, 1e-8)
            best, _ = least(runs, lambda: model.ac_pf(start, 20, 1e-8), time.process_time)
            row("lightsim2grid, its Newton alone", best * 1e3, "ms", mine)
        except Exception as trouble:
            print(f"  lightsim2grid: {type(trouble).__name__}: {trouble}")
        run = lambda: pp.runpp(net, init="dc", numba=True, tolerance_mva=1e-8 * net.sn_mva)
        best, _ = least(min(runs, 10), run, time.process_time)
        row("pandapower, runpp with numba", best * 1e3, "ms", mine)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["series", "single"]
    for part in wanted:
        {"series": series, "single": single}[part]()
