// Compiles every contract of src/ and keeps what the Rust side needs in artifacts/: interface, creation code, size.
//
//   node build.mjs           writes artifacts/*.json
//   node build.mjs --check   compiles and compares with what is committed, byte by byte
//
// One file, one contract of the same name; interfaces and libraries (inlined) leave no artefact. The compiler is the
// exact version of package-lock.json, the EVM's rules those of fork.json, which the Rust tests compare with theirs.

import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRequire } from "node:module";

const here = dirname(fileURLToPath(import.meta.url));
const solc = createRequire(import.meta.url)("solc");

/// EIP-170: no chain keeps a longer contract.
export const LONGEST = 24_576;

/// EIP-3860: nor a longer creation code.
const LONGEST_CREATION = 2 * LONGEST;

export const fork = JSON.parse(readFileSync(join(here, "fork.json"), "utf8")).evm;

/// What decides the bytes: no metadata, so that a comment or a path does not change them.
const settings = {
  evmVersion: fork,
  viaIR: true,
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
  debug: { revertStrings: "strip" },
};

/// Compiles sources (`{ "Name.sol": text }`) and returns solc's contracts by file and name; throws on any message.
export function compile(sources, changes = {}) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      ...settings,
      ...changes,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const messages = (output.errors ?? []).filter((error) => error.severity !== "info");
  if (messages.length > 0) throw new Error(messages.map((error) => error.formattedMessage).join("\n"));
  return output.contracts;
}

/// Every file of src/.
export function sources() {
  const folder = join(here, "src");
  const names = readdirSync(folder).filter((name) => name.endsWith(".sol")).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/// The contracts that can be deployed, by name: `{ abi, bytecode, size }`.
export function contracts(compiled) {
  const found = {};
  for (const [file, inside] of Object.entries(compiled)) {
    const name = file.replace(/\.sol$/, "");
    const contract = inside[name];
    // Libraries here have internal functions only, so nothing is deployed and nothing in their interface.
    if (!contract || contract.abi.length === 0 || contract.evm.bytecode.object === "") continue;
    if (contract.abi.every((entry) => entry.type === "error")) continue;
    found[name] = {
      abi: contract.abi,
      bytecode: "0x" + contract.evm.bytecode.object,
      size: contract.evm.deployedBytecode.object.length / 2,
    };
  }
  return found;
}

/// Contracts that would not fit the chain if they were compiled for their loops, as the transition is.
const lean = { optimizer: { enabled: true, runs: 200 } };
const isLean = (file) => file.endsWith("Rollup.sol");

/// Files of `all` that these need, themselves included.
export function closure(all, files) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, name] of all[file].matchAll(/^import .*"\.\/([^"]+)";/gm)) visit(name);
  };
  files.forEach(visit);
  return Object.fromEntries([...found].sort().map((file) => [file, all[file]]));
}

/// Every contract of src/ that can be deployed, each with the settings that suit it.
export function build() {
  const all = sources();
  const files = Object.keys(all);
  const shared = new Set(Object.keys(closure(all, files.filter(isLean))));
  const fast = files.filter((file) => !shared.has(file));
  return {
    ...contracts(compile(closure(all, fast))),
    ...contracts(compile(closure(all, files.filter(isLean)), lean)),
  };
}

/// The compiler's messages are meant for people; where they came from in this file is not.
function tried(work) {
  try {
    return work();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

function main() {
  const check = process.argv.includes("--check");
  const started = performance.now();
  const built = tried(build);
  const folder = join(here, "artifacts");
  mkdirSync(folder, { recursive: true });
  let wrong = 0;
  for (const [name, artefact] of Object.entries(built)) {
    const creation = artefact.bytecode.length / 2 - 1;
    console.log(`${name}: ${artefact.size} bytes deployed of ${LONGEST}, ${creation} to create`);
    if (artefact.size > LONGEST || creation > LONGEST_CREATION) {
      console.error(`${name} is too long for the chain: split it`);
      wrong += 1;
    }
    const text = JSON.stringify({ contract: name, evm: fork, compiler: solc.version(), ...artefact }, null, 1) + "\n";
    const path = join(folder, `${name}.json`);
    if (!check) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      console.error(`artifacts/${name}.json is not what src/ compiles to: run node build.mjs and commit it`);
      wrong += 1;
    }
  }
  for (const file of readdirSync(folder)) {
    if (built[file.replace(/\.json$/, "")]) continue;
    console.error(`artifacts/${file} has no contract in src/: remove it`);
    wrong += 1;
  }
  console.log(`${solc.version()}, ${fork}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  process.exit(wrong === 0 ? 0 : 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
