"""The village's electric network as pandapower writes it: python data/networks/village.py > data/networks/village.json

Members are those of scenarios/village.toml, a sunny noon in April: panels feed in, two cars charge, the bakery bakes.
Cables and the transformer are pandapower's standard types (NAYY after Heuck, Dettmann & Schulz, Elektrische
Energieversorgung); lengths, phases and powers are assumed. Zero-sequence values of cables: four times R, three times
X, as VDE 0102 takes them for return through the fourth core; of the Dyn transformer those of its short circuit.
"""

import pandapower as pp

net = pp.create_empty_network("village", f_hz=50.0, sn_mva=0.4)


def bus(name, kv, x, y):
    limits = {"min_vm_pu": 0.95, "max_vm_pu": 1.05} if kv < 1 else {"min_vm_pu": 0.97, "max_vm_pu": 1.04}
    return pp.create_bus(net, vn_kv=kv, name=name, geodata=(x, y), **limits)


def cable(name, a, b, metres, kind="NAYY 4x150 SE"):
    at = pp.create_line(net, a, b, metres / 1e3, kind, name=name)
    line = net.line.loc[at]
    net.line.loc[at, "r0_ohm_per_km"] = 4 * line.r_ohm_per_km
    net.line.loc[at, "x0_ohm_per_km"] = 3 * line.x_ohm_per_km
    net.line.loc[at, "c0_nf_per_km"] = line.c_nf_per_km


medium = bus("Medium voltage", 20.0, -55, 0)
station = bus("Station", 0.4, 0, 0)
pp.create_ext_grid(net, medium, vm_pu=1.0, name="Regional grid", s_sc_max_mva=120.0, rx_max=0.3, s_sc_min_mva=100.0,
                   rx_min=0.3, x0x_max=1.0, r0x0_max=0.3)
pp.create_transformer(net, medium, station, "0.4 MVA 20/0.4 kV", name="Village transformer")
net.trafo.loc[0, ["vk0_percent", "vkr0_percent", "mag0_percent", "mag0_rx", "si0_hv_partial"]] = [
    net.trafo.vk_percent[0], net.trafo.vkr_percent[0], 100.0, 0.4, 0.9]
net.trafo["vector_group"] = "Dyn"

# Street: (east and north of a step, metres; members in order: side of the street, phases, kW drawn, kW fed in).
# P1, P2, … are the pillars from which the connections branch off.
streets = {
    "Mill Lane": ((66, 8), [
        ("Family Berger", 1, "abc", 12.4, 7.9), ("Family Yılmaz", -1, "a", 0.9, 0.0), ("Petra and Jonas", 1, "abc", 13.1, 0.0),
        ("Mara and Tom", -1, "b", 4.5, 0.0), ("Old mill", 1, "abc", 3.2, 0.0), ("Ines", -1, "c", 0.4, 0.0)]),
    "Lime Street": ((62, -44), [
        ("Bakery", 1, "abc", 19.0, 19.5), ("Lime Street 4", -1, "abc", 6.8, 0.0), ("Village shop", 1, "abc", 9.6, 0.0),
        ("Gerda and Horst", -1, "a", 1.1, 0.0), ("Karel", 1, "b", 0.7, 0.0)]),
    "School Hill": ((50, 48), [
        ("Village school", -1, "abc", 16.5, 24.4), ("Heating plant", 1, "abc", 2.1, 18.0), ("Family Novak", -1, "abc", 3.4, 5.4),
        ("The Okafors", 1, "c", 0.8, 6.2), ("Family Lindqvist", -1, "a", 0.7, 3.6), ("Family Adeyemi", 1, "b", 4.6, 3.3)]),
    "Farm Track": ((-78, -46), [
        ("Biogas farm", 1, "abc", 11.0, 0.0), ("Hill farm", -1, "abc", 14.0, 62.0)]),
}
for street, ((dx, dy), members) in streets.items():
    previous, x, y = station, 0.0, 0.0
    step = (dx * dx + dy * dy) ** 0.5
    for number, (member, side, phases, kw, generation) in enumerate(members, 1):
        x, y = x + dx, y + dy
        pillar = bus(f"{street} P{number}", 0.4, round(x), round(y))
        cable(f"{street} P{number}", previous, pillar, round(1.15 * step))
        home = bus(member, 0.4, round(x - side * dy * 0.42), round(y + side * dx * 0.42))
        cable(f"Connection of {member}", pillar, home, round(0.42 * step), "NAYY 4x50 SE")
        q = 0.2 * kw
        if phases == "abc":
            pp.create_load(net, home, kw / 1e3, q / 1e3, name=member)
        else:
            on = {f"p_{phases}_mw": kw / 1e3, f"q_{phases}_mvar": q / 1e3}
            pp.create_asymmetric_load(net, home, name=member, **on)
        if generation:
            pp.create_sgen(net, home, generation / 1e3, 0.0, name=f"{member}: generation")
        previous = pillar

net.std_types.clear()
for table in [key for key in net if key.startswith("res_") or key.startswith("_")]:
    net.pop(table, None)
for table in [key for key, value in net.items() if hasattr(value, "empty") and value.empty]:
    net.pop(table, None)
print(pp.to_json(net))
