// Compiles the contract with which the Rust suite tries out chains: crates/rollup/tests/fixtures/Probe.sol to Probe.hex.
// With --check: compares only.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./build.mjs";

const here = join(dirname(fileURLToPath(import.meta.url)), "../crates/rollup/tests/fixtures");
const source = readFileSync(join(here, "Probe.sol"), "utf8");
const compiled = compile({ "Probe.sol": source }, { debug: { revertStrings: "default" } });
const hex = compiled["Probe.sol"].Probe.evm.bytecode.object + "\n";
if (!process.argv.includes("--check")) writeFileSync(join(here, "Probe.hex"), hex);
else if (readFileSync(join(here, "Probe.hex"), "utf8") !== hex) throw new Error("Probe.hex is not what Probe.sol compiles to");
