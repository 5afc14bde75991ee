// Compiles the contracts with which the Rust suite tries out chains and tokens, into crates/rollup/tests/fixtures: Probe.sol
// there to Probe.hex, test/Token.sol to Token.hex. With --check: compares only.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, "../crates/rollup/tests/fixtures");
for (const [name, folder] of [["Probe", fixtures], ["Token", join(here, "test")]]) {
  const source = readFileSync(join(folder, `${name}.sol`), "utf8");
  const compiled = compile({ [`${name}.sol`]: source }, { debug: { revertStrings: "default" } });
  const hex = compiled[`${name}.sol`][name].evm.bytecode.object + "\n";
  const path = join(fixtures, `${name}.hex`);
  if (!process.argv.includes("--check")) writeFileSync(path, hex);
  else if (readFileSync(path, "utf8") !== hex) throw new Error(`${name}.hex is not what ${name}.sol compiles to`);
}
