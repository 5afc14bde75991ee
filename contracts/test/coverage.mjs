// Counts what ran of the contract that coverage.mjs measures; nothing where COVERAGE is not set.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hex } from "./tree.mjs";

const folder = process.env.COVERAGE;

/// The build to be measured instead of the artefact.
export const measured = folder && JSON.parse(readFileSync(join(folder, "build.json"), "utf8"));

const counts = new Map();

/// Listens to an EVM; `isMeasured` says of an address whether the contract is there.
export function listen(evm, isMeasured) {
  if (!folder) return;
  let last;
  const known = new Map();
  evm.events.on("step", ({ pc, address: at, codeAddress, depth }) => {
    const address = hex((codeAddress ?? at).bytes);
    if (!known.get(address)) known.set(address, isMeasured(address));
    if (known.get(address)) {
      const before = last?.depth === depth ? counts.get(last.pc) : undefined;
      if (before && last.pc + 1 === pc) before.on += 1;
      const found = counts.get(pc) ?? { count: 0, on: 0 };
      found.count += 1;
      counts.set(pc, found);
      last = { pc, depth };
    } else last = undefined;
  });
}

if (folder) {
  process.on("exit", () => {
    const hits = [...counts].map(([pc, { count, on }]) => [pc, count, on]);
    writeFileSync(join(folder, `hits-${process.pid}.json`), JSON.stringify(hits));
  });
}
