// Counts what ran of the contract that coverage.mjs measures; nothing where COVERAGE is not set.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hex } from "./tree.mjs";

const folder = process.env.COVERAGE;

/// The build to be measured instead of the artefact.
export const measured = folder && JSON.parse(readFileSync(join(folder, "build.json"), "utf8"));

const counts = new Map();
const listeners = new Map();

/// Listens to an EVM; `isMeasured` says of an address whether the contract is there.
export async function listen(evm, isMeasured) {
  if (!folder) return;
  // The EVM's own hook copies the whole memory at each step, which takes hours where there is much of it.
  const { Interpreter } = await import(new URL("../node_modules/@ethereumjs/evm/dist/esm/interpreter.js", import.meta.url));
  let last;
  listeners.set(evm, { isMeasured, known: new Map() });
  Interpreter.prototype._runStepHook = function () {
    const { isMeasured, known } = listeners.get(this._evm);
    const { address, codeAddress, depth } = this._env;
    const pc = this._runState.programCounter;
    const where = codeAddress ?? address;
    // While it is being created a contract is not known yet, and its code is another.
    if (!known.get(where)) known.set(where, isMeasured(hex(where.bytes)));
    if (known.get(where)) {
      const before = last?.depth === depth ? counts.get(last.pc) : undefined;
      if (before && last.pc + 1 === pc) before.on += 1;
      const found = counts.get(pc) ?? { count: 0, on: 0 };
      found.count += 1;
      counts.set(pc, found);
      last = { pc, depth };
    } else last = undefined;
  };
  evm.events.on("step", () => {});
}

if (folder) {
  process.on("exit", () => {
    const hits = [...counts].map(([pc, { count, on }]) => [pc, count, on]);
    writeFileSync(join(folder, `hits-${process.pid}.json`), JSON.stringify(hits));
  });
}
