"""Networks and power flows of pandapower, for comparison.

    python cases/flow/record.py target/peers            every case
    python cases/flow/record.py cases/flow case9 case14 those named

For each case a folder with network.json (pandapower's to_json) and expected.json: voltages, flows, loadings, what
generators feed in, and the nodal admittance matrix that pandapower solved with. Needs pandapower and, for the
SimBench grids, simbench and its data (which come with it).
"""

import json
import logging
import pathlib
import sys
import warnings

import numpy as np
import pandapower as pp
import pandapower.networks as pn

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

OPTIONS = dict(
    trafo_model="t",
    calculate_voltage_angles=True,
    init="dc",
    enforce_q_lims=False,
    max_iteration=30,
    voltage_depend_loads=True,
)
SHIPPED = ["case9", "case14", "case30", "case57", "case118", "case300", "elements"]
MATPOWER = ["case9", "case14", "case30", "case57", "case118", "case300", "case2869pegase", "case9241pegase"]
SIMBENCH = {
    "lv_rural1": "1-LV-rural1--0-sw",
    "lv_rural2": "1-LV-rural2--0-sw",
    "lv_rural3": "1-LV-rural3--0-sw",
    "lv_semiurb4": "1-LV-semiurb4--0-sw",
    "lv_semiurb5": "1-LV-semiurb5--0-sw",
    "lv_urban6": "1-LV-urban6--0-sw",
    "mv_rural": "1-MV-rural--0-sw",
    "mv_semiurb": "1-MV-semiurb--0-sw",
    "mv_urban": "1-MV-urban--0-sw",
    "mv_comm": "1-MV-comm--0-sw",
    "mv_lv_rural": "1-MVLV-rural-all-0-sw",
}


def elements():
    """A network with one of everything that the importer reads, values as in data sheets."""
    net = pp.create_empty_network(name="elements", sn_mva=10.0)
    hv = [pp.create_bus(net, 110.0, name=f"HV {i}") for i in range(3)]
    mv = [pp.create_bus(net, 20.0, name=f"MV {i}", min_vm_pu=0.9, max_vm_pu=1.1) for i in range(8)]
    ten = [pp.create_bus(net, 10.0, name=f"10 kV {i}") for i in range(4)]
    lv = [pp.create_bus(net, 0.4, name=f"LV {i}") for i in range(6)]
    pp.create_ext_grid(net, hv[0], vm_pu=1.02, va_degree=5.0)
    line = dict(r_ohm_per_km=0.16, x_ohm_per_km=0.12, c_nf_per_km=270.0, g_us_per_km=1.5, max_i_ka=0.36)
    pp.create_line_from_parameters(net, hv[0], hv[1], 12.0, 0.06, 0.39, 9.5, 0.68, parallel=2, df=0.9)
    pp.create_line_from_parameters(net, hv[1], hv[2], 8.0, 0.06, 0.39, 9.5, 0.68, r0_ohm_per_km=0.3,
                                   x0_ohm_per_km=1.4, c0_nf_per_km=5.0)
    pp.create_gen(net, hv[2], p_mw=20.0, vm_pu=1.015, min_q_mvar=-15.0, max_q_mvar=18.0, scaling=0.9)

    def trafo(a, b, sn, v, w, vk, vkr, pfe, i0, **more):
        base = dict(shift_degree=150.0, tap_neutral=0, tap_min=-9, tap_max=9, tap_step_percent=1.5)
        pp.create_transformer_from_parameters(net, a, b, sn, v, w, vkr, vk, pfe, i0, **{**base, **more})

    trafo(hv[1], mv[0], 40.0, 110.0, 20.5, 11.2, 0.3, 29.0, 0.07, tap_side="hv", tap_pos=-3,
          tap_changer_type="Ratio", df=0.95)
    trafo(hv[2], mv[0], 25.0, 112.0, 21.0, 10.5, 0.4, 25.0, 0.09, tap_side="lv", tap_pos=2,
          tap_changer_type="Ratio", tap_step_degree=30.0, parallel=2)
    trafo(hv[0], mv[0], 31.5, 110.0, 20.0, 12.0, 0.35, 24.0, 0.08, tap_side="hv", tap_pos=1, tap_step_percent=np.nan,
          tap_step_degree=1.2, tap_changer_type="Ideal")
    trafo(hv[0], mv[0], 31.5, 110.0, 20.0, 12.0, 0.35, 24.0, 0.08, tap_side="lv", tap_pos=2, tap_step_percent=2.0,
          tap_changer_type="Ideal")
    trafo(hv[1], mv[0], 25.0, 110.0, 20.0, 10.0, 0.4, 20.0, 0.1, tap_side="hv", tap_pos=-2, tap_step_degree=90.0,
          tap_changer_type="Symmetrical")
    trafo(mv[3], lv[0], 0.63, 20.0, 0.41, 6.0, 1.1, 1.2, 0.3, tap_side="hv", tap_pos=1, tap_min=-2, tap_max=2,
          tap_step_percent=2.5, tap_changer_type="Ratio", vector_group="Dyn5", vk0_percent=6.0, vkr0_percent=1.1,
          mag0_percent=100.0, mag0_rx=0.0, si0_hv_partial=0.9)
    trafo(mv[4], lv[4], 0.25, 20.0, 0.4, 4.0, 1.4, 0.6, 0.4, tap_side="hv", tap_pos=1, tap_changer_type=None)
    trafo(mv[4], lv[5], 0.4, 20.0, 0.4, 4.0, 1.2, 0.8, 0.4)
    pp.create_switch(net, lv[4], net.trafo.index[-2], et="t", closed=False)
    pp.create_switch(net, mv[4], net.trafo.index[-1], et="t", closed=False)
    pp.create_switch(net, mv[4], net.trafo.index[-2], et="t", closed=True)

    def trafo3w(b, c, **more):
        pp.create_transformer3w_from_parameters(
            net, hv[1], b, c, 110.0, 20.0, 10.0, 40.0, 25.0, 15.0, 10.4, 6.1, 17.2, 0.28, 0.31, 0.4, 35.0, 0.11,
            shift_mv_degree=0.0, shift_lv_degree=150.0, tap_neutral=0, tap_min=-8, tap_max=8, tap_step_percent=1.25,
            tap_changer_type="Ratio", **more)

    trafo3w(mv[5], ten[0], tap_side="hv", tap_pos=-4, name="tapped at hv")
    trafo3w(mv[5], ten[1], tap_side="mv", tap_pos=3, name="tapped at mv", tap_at_star_point=True)
    trafo3w(mv[6], ten[2], tap_side="lv", tap_pos=2, name="tapped at lv")
    trafo3w(mv[6], ten[3], tap_side="hv", tap_pos=2, name="one winding open", tap_at_star_point=True)
    pp.create_switch(net, ten[3], net.trafo3w.index[-1], et="t3", closed=False)

    for a, b, length in [(0, 1, 4.0), (1, 2, 3.0), (2, 3, 5.0), (0, 4, 6.0), (4, 3, 7.0), (5, 6, 2.0)]:
        pp.create_line_from_parameters(net, mv[a], mv[b], length, **line, name=f"MV {a}-{b}")
    pp.create_switch(net, mv[3], net.line.index[-2], et="l", closed=False, name="ring opened here")
    out = pp.create_bus(net, 20.0, name="out of service", in_service=False)
    pp.create_line_from_parameters(net, mv[1], out, 3.0, **line, name="to a bus out of service")
    dead = [pp.create_bus(net, 20.0, name=f"no source {i}") for i in range(2)]
    pp.create_line_from_parameters(net, dead[0], dead[1], 1.0, **line)
    pp.create_load(net, dead[1], 0.1, 0.02)
    pp.create_switch(net, mv[2], mv[7], et="b", closed=True, name="coupling")
    pp.create_switch(net, lv[0], lv[3], et="b", closed=True, z_ohm=0.004, name="with an impedance")
    pp.create_switch(net, mv[6], mv[7], et="b", closed=False, name="open coupling")
    pp.create_impedance(net, ten[0], ten[1], rft_pu=0.02, xft_pu=0.09, sn_mva=8.0, gf_pu=0.001, bf_pu=0.002,
                        gt_pu=0.003, bt_pu=0.004)
    for a, b in [(0, 1), (1, 2)]:
        pp.create_line_from_parameters(net, lv[a], lv[b], 0.12, 0.206, 0.08, 210.0, 0.27)

    pp.create_load(net, mv[1], 3.2, 1.1)
    pp.create_load(net, mv[2], 2.1, 0.7, const_z_p_percent=30.0, const_i_p_percent=20.0, const_z_q_percent=40.0,
                   const_i_q_percent=10.0, scaling=1.1)
    pp.create_load(net, mv[7], 1.2, 0.2, in_service=False)
    pp.create_load(net, ten[0], 4.0, 1.5)
    pp.create_load(net, ten[2], 5.0, -0.5)
    pp.create_load(net, lv[1], 0.03, 0.01)
    pp.create_load(net, lv[3], 0.02, 0.004)
    pp.create_impedance(net, mv[6], ten[3], rft_pu=0.05, xft_pu=0.3, sn_mva=5.0)
    pp.create_asymmetric_load(net, lv[2], p_a_mw=0.010, p_b_mw=0.004, p_c_mw=0.007, q_a_mvar=0.002, scaling=0.9)
    pp.create_asymmetric_sgen(net, lv[1], p_a_mw=0.005)
    pp.create_motor(net, ten[1], pn_mech_mw=1.1, cos_phi=0.86, efficiency_percent=94.0, loading_percent=80.0)
    pp.create_sgen(net, mv[4], 2.0, -0.3, scaling=0.8, controllable=True, max_p_mw=2.0, min_p_mw=0.0)
    pp.create_storage(net, lv[2], p_mw=-0.02, max_e_mwh=0.1, min_e_mwh=0.01, soc_percent=60.0, q_mvar=0.004)
    pp.create_shunt(net, mv[2], q_mvar=-0.6, p_mw=0.01, vn_kv=21.0, step=2, max_step=3)
    pp.create_ward(net, mv[5], ps_mw=0.8, qs_mvar=0.2, pz_mw=0.4, qz_mvar=-0.1)
    pp.create_poly_cost(net, 0, "gen", cp1_eur_per_mw=40.0, cp2_eur_per_mw2=0.1)
    pp.create_pwl_cost(net, 0, "ext_grid", [[0.0, 50.0, 30.0], [50.0, 200.0, 60.0]])
    return net


def build(name):
    if name == "elements":
        return elements()
    if name in SIMBENCH:
        import simbench

        return simbench.get_simbench_net(SIMBENCH[name])
    return getattr(pn, name)()


def columns(table, names):
    return {name: [None if np.isnan(v) else float(v) for v in table[name].values] for name in names if name in table}


def admittances(net):
    """Entries (bus, bus, G, B) per unit between the buses that a node stands for, the lowest of each node."""
    lookup = net._pd2ppc_lookups["bus"]
    matrix = net._ppc["internal"]["Ybus"].tocoo()
    bus_of = {}
    alive = net.res_bus.index[net.res_bus.vm_pu.notna()]
    for place, bus in enumerate(net.bus.index):
        if bus in alive:
            bus_of.setdefault(int(lookup[bus]), place)
    entries = [
        [bus_of[i], bus_of[j], float(y.real), float(y.imag)]
        for i, j, y in zip(matrix.row, matrix.col, matrix.data)
        if i in bus_of and j in bus_of and y != 0
    ]
    # The mapping is right if the voltages solve the nodes' equations.
    v = net._ppc["internal"]["V"]
    for node, place in bus_of.items():
        row = net.res_bus.iloc[place]
        assert abs(v[node] - row.vm_pu * np.exp(1j * np.radians(row.va_degree))) < 1e-9, (node, place)
    return entries


def expected(net):
    branch = ["p_from_mw", "q_from_mvar", "p_to_mw", "q_to_mvar", "i_from_ka", "i_to_ka", "loading_percent"]
    trafo = ["p_hv_mw", "q_hv_mvar", "p_lv_mw", "q_lv_mvar", "i_hv_ka", "i_lv_ka", "loading_percent"]
    three = ["p_hv_mw", "q_hv_mvar", "p_mv_mw", "q_mv_mvar", "p_lv_mw", "q_lv_mvar", "loading_percent"]
    losses = sum(float(net[f"res_{kind}"].pl_mw.sum()) for kind in ["line", "trafo", "trafo3w", "impedance"])
    return {
        "pandapower": pp.__version__,
        "losses_mw": losses,
        "bus": columns(net.res_bus, ["vm_pu", "va_degree"]),
        "line": columns(net.res_line, branch),
        "trafo": columns(net.res_trafo, trafo),
        "trafo3w": columns(net.res_trafo3w, three),
        "ext_grid": columns(net.res_ext_grid, ["p_mw", "q_mvar"]),
        "gen": columns(net.res_gen, ["p_mw", "q_mvar"]),
        "ybus": admittances(net),
    }


def solve(net):
    # As far as floating point goes: a tolerance below what rounding leaves would not converge.
    for tolerance in [1e-10, 1e-9, 1e-8, 1e-7]:
        try:
            pp.runpp(net, tolerance_mva=tolerance, **OPTIONS)
            return tolerance
        except pp.LoadflowNotConverged:
            continue
    raise SystemExit("no solution")


def trimmed(text):
    """Without empty tables, results and standard types, which are most of a small file."""
    file = json.loads(text)
    net = file["_object"]
    for name in list(net):
        table = net[name]
        is_table = isinstance(table, dict) and table.get("_class") == "DataFrame"
        empty = is_table and json.loads(table["_object"])["data"] == []
        if empty or name.startswith(("res_", "std_types", "user_pf", "_")):
            del net[name]
    return json.dumps(file)


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for name in names or [*MATPOWER, "elements", "mv_oberrhein", "create_cigre_network_lv", *SIMBENCH]:
        net = build(name)
        text = pp.to_json(net)
        tolerance = solve(net)
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "network.json").write_text((trimmed(text) if names else text) + "\n")
        (folder / name / "expected.json").write_text(json.dumps(expected(net)) + "\n")
        print(f"{name}: {len(net.bus)} buses, tolerance {tolerance:g} MVA")


if __name__ == "__main__":
    main()
