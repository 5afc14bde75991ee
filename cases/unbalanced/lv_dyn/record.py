"""Records what Power Grid Model and pandapower say of the feeder in README.md: record.py > expected.csv."""

import cmath
import math

import numpy as np
import pandapower as pp
import power_grid_model as pgm

LINES = [("1", "2", 0.15), ("2", "3", 0.12), ("2", "4", 0.2)]  # km
R1, X1, R0, X0 = 0.206, 0.080, 0.824, 0.320  # ohm/km
LOADS = {  # kW and kvar on a, b, c
    "2": ((6.0, 1.5, 4.0), (1.2, 0.3, 0.8)),
    "3": ((0.0, 11.0, 2.0), (0.0, 2.2, 0.4)),
    "4": ((3.0, 0.0, -8.0), (0.5, 0.0, 0.0)),
}
BUSES = ["0", "1", "2", "3", "4"]


def power_grid_model():
    node = pgm.initialize_array("input", "node", 5)
    node["id"] = range(5)
    node["u_rated"] = [20e3] + [400.0] * 4
    line = pgm.initialize_array("input", "line", 3)
    line["id"] = range(10, 13)
    line["from_node"] = [int(a) for a, _, _ in LINES]
    line["to_node"] = [int(b) for _, b, _ in LINES]
    line["from_status"] = line["to_status"] = 1
    km = np.array([k for _, _, k in LINES])
    for name, value in (("r1", R1), ("x1", X1), ("r0", R0), ("x0", X0)):
        line[name] = value * km
    for name in ("c1", "c0", "tan1", "tan0"):
        line[name] = 0.0
    line["i_n"] = 275.0
    trafo = pgm.initialize_array("input", "transformer", 1)
    values = {
        "id": 20, "from_node": 0, "to_node": 1, "from_status": 1, "to_status": 1, "u1": 20e3, "u2": 400.0,
        "sn": 250e3, "uk": 0.04, "pk": 3250.0, "i0": 0.0, "p0": 0.0, "winding_from": 2, "winding_to": 1,
        "clock": 5, "tap_side": 0, "tap_pos": 0, "tap_min": 0, "tap_max": 0, "tap_nom": 0, "tap_size": 0.0,
    }  # fmt: skip
    for name, value in values.items():
        trafo[name] = value
    source = pgm.initialize_array("input", "source", 1)
    for name, value in {"id": 30, "node": 0, "status": 1, "u_ref": 1.02, "sk": 1e17, "rx_ratio": 0.1}.items():
        source[name] = value
    load = pgm.initialize_array("input", "asym_load", 3)
    load["id"] = range(40, 43)
    load["node"] = [int(bus) for bus in LOADS]
    load["status"] = 1
    load["type"] = 0
    load["p_specified"] = [[1e3 * x for x in p] for p, _ in LOADS.values()]
    load["q_specified"] = [[1e3 * x for x in q] for _, q in LOADS.values()]
    model = pgm.PowerGridModel({
        "node": node, "line": line, "transformer": trafo, "source": source, "asym_load": load,
    })  # fmt: skip
    result = model.calculate_power_flow(symmetric=False, error_tolerance=1e-12, max_iterations=100)["node"]
    return [[cmath.rect(u, a) for u, a in zip(us, angles)] for us, angles in zip(result["u_pu"], result["u_angle"])]


def pandapower():
    net = pp.create_empty_network(sn_mva=0.1)
    for bus in BUSES:
        pp.create_bus(net, 20.0 if bus == "0" else 0.4)
    pp.create_ext_grid(net, 0, vm_pu=1.02, s_sc_max_mva=1e9, rx_max=0.1, r0x0_max=0.1, x0x_max=1.0)
    r = 100 * 3250.0 / 250e3
    pp.create_transformer_from_parameters(
        net, 0, 1, sn_mva=0.25, vn_hv_kv=20.0, vn_lv_kv=0.4, vk_percent=4.0, vkr_percent=r, pfe_kw=0.0,
        i0_percent=0.0, shift_degree=150, vector_group="Dyn", vk0_percent=4.0, vkr0_percent=r,
        mag0_percent=100.0, mag0_rx=0.0, si0_hv_partial=0.9,
    )  # fmt: skip
    for a, b, km in LINES:
        pp.create_line_from_parameters(
            net, int(a), int(b), km, R1, X1, 0.0, 0.275, r0_ohm_per_km=R0, x0_ohm_per_km=X0, c0_nf_per_km=0.0
        )
    for bus, (p, q) in LOADS.items():
        kw = {f"p_{phase}_mw": value / 1e3 for phase, value in zip("abc", p)}
        kw |= {f"q_{phase}_mvar": value / 1e3 for phase, value in zip("abc", q)}
        pp.create_asymmetric_load(net, int(bus), type="wye", **kw)
    pp.runpp_3ph(net, tolerance_mva=1e-12, max_iteration=200)
    result = net.res_bus_3ph
    return [
        [cmath.rect(result[f"vm_{x}_pu"].iloc[i], math.radians(result[f"va_{x}_degree"].iloc[i])) for x in "abc"]
        for i in range(5)
    ]


print("program,bus,va_pu,va_deg,vb_pu,vb_deg,vc_pu,vc_deg")
for program, voltages in (("power-grid-model", power_grid_model()), ("pandapower", pandapower())):
    for bus, phases in zip(BUSES, voltages):
        cells = [f"{abs(v):.9f},{math.degrees(cmath.phase(v)):.7f}" for v in phases]
        print(f"{program},{bus},{','.join(cells)}")
