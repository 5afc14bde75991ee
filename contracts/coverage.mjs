// Which statements and branches of the contract Rollup the tests reach, on the tests' own EVM.
//
//   node coverage.mjs        runs test/ against a build without optimiser and names what was not reached
//
// A statement counts as reached when an instruction that the compiler made from it ran; a branch when its jump was taken
// both ways. What follows is found in the compiler's source map, so a build without optimiser is measured: the same
// source, other instructions.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closure, fork, sources } from "./build.mjs";

const solc = createRequire(import.meta.url)("solc");
const CONTRACT = "Rollup";

function compile() {
  const texts = closure(sources(), [`${CONTRACT}.sol`]);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(texts).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion: fork,
      viaIR: true,
      outputSelection: {
        "*": { "": ["ast"], "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode"] },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  if (errors.length > 0) throw new Error(errors[0].formattedMessage);
  const { abi, evm } = output.contracts[`${CONTRACT}.sol`][CONTRACT];
  return { texts, abi, bytecode: "0x" + evm.bytecode.object, deployed: evm.deployedBytecode, asts: output.sources };
}

/// For every instruction by its place: the part of the source it comes from.
function instructions({ object, sourceMap }) {
  const code = Buffer.from(object.replace(/__\$.{34}\$__/g, "00".repeat(20)), "hex");
  const found = new Map();
  let [start, length, file] = [0, 0, -1];
  const entries = sourceMap.split(";");
  for (let pc = 0, i = 0; pc < code.length && i < entries.length; i++) {
    const [s, l, f] = entries[i].split(":");
    if (s) start = Number(s);
    if (l) length = Number(l);
    if (f) file = Number(f);
    found.set(pc, { start, end: start + length, file, jumps: code[pc] === 0x57 });
    pc += code[pc] >= 0x60 && code[pc] <= 0x7f ? code[pc] - 0x5f + 1 : 1;
  }
  return found;
}

const range = (node) => {
  const [start, length, file] = node.src.split(":").map(Number);
  return { start, end: start + length, file };
};

/// Statements and branch points of a syntax tree that end up in the contract's code.
function places(ast) {
  const statements = [];
  const branches = [];
  const visit = (node, inside) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach((each) => visit(each, inside));
    const { nodeType } = node;
    // Constructors run once, from code that is not kept.
    if (nodeType === "FunctionDefinition" && (node.kind === "constructor" || !node.implemented)) return;
    const within = inside || nodeType === "FunctionDefinition";
    if (within && node.src) {
      if (/Statement$|^Return$|^YulAssignment$|^YulExpressionStatement$|^YulVariableDeclaration$/.test(nodeType ?? "")) {
        const own = nodeType === "IfStatement" ? node.condition : node;
        // A declaration without a value makes no code of its own.
        if (nodeType !== "VariableDeclarationStatement" || node.initialValue) statements.push(range(own));
      }
      if (nodeType === "IfStatement" || nodeType === "Conditional" || nodeType === "YulIf") branches.push(range(node));
      if (nodeType === "WhileStatement" || nodeType === "ForStatement" || nodeType === "YulForLoop") branches.push(range(node));
      if (nodeType === "BinaryOperation" && (node.operator === "&&" || node.operator === "||")) branches.push(range(node));
    }
    for (const [key, value] of Object.entries(node)) if (key !== "documentation") visit(value, within);
  };
  visit(ast, false);
  return { statements, branches };
}

const lineOf = (text, offset) => Buffer.from(text).subarray(0, offset).toString().split("\n").length;

function main() {
  const built = compile();
  const folder = mkdtempSync(join(tmpdir(), "coverage-"));
  writeFileSync(join(folder, "build.json"), JSON.stringify(built));
  const here = fileURLToPath(new URL(".", import.meta.url));
  const only = process.argv.slice(2);
  const files = only.length > 0 ? only : ["test/"];
  const env = { ...process.env, COVERAGE: folder, CAMPAIGN: process.env.CAMPAIGN ?? "1x20" };
  const run = spawnSync("node", ["--test", ...files], { cwd: here, env, encoding: "utf8" });
  const failed = run.stdout.split("\n").filter((line) => /^not ok/.test(line));
  if (failed.length > 0) console.error(failed.join("\n"));

  // For each place: how often it ran, and how often the next instruction was the one after it.
  const ran = new Map();
  const through = new Map();
  for (const name of readdirSync(folder).filter((name) => name.startsWith("hits-"))) {
    for (const [pc, count, on] of JSON.parse(readFileSync(join(folder, name), "utf8"))) {
      ran.set(pc, (ran.get(pc) ?? 0) + count);
      through.set(pc, (through.get(pc) ?? 0) + on);
    }
  }
  rmSync(folder, { recursive: true });

  const code = [...instructions(built.deployed)];
  const totals = { statements: [0, 0], branches: [0, 0] };
  for (const [name, { ast, id }] of Object.entries(built.asts)) {
    const { statements, branches } = places(ast);
    const own = code.filter(([, { file }]) => file === id);
    const note = (kind, place, reached, what) => {
      totals[kind][1] += 1;
      if (reached) totals[kind][0] += 1;
      else console.log(`${name}:${lineOf(built.texts[name], place.start)}: ${what}`);
    };
    for (const place of statements) {
      const made = own.filter(([, at]) => at.start >= place.start && at.end <= place.end);
      if (made.length === 0) continue; // of an interface, or of a library function that nobody calls
      note("statements", place, made.some(([pc]) => ran.has(pc)), "not reached");
    }
    for (const place of branches) {
      // The jump of a branch bears the source of the whole of it.
      const jumps = own.filter(([, at]) => at.jumps && at.start === place.start && at.end === place.end);
      if (jumps.length === 0) continue;
      const went = (on) => jumps.some(([pc]) => (on ? through.get(pc) ?? 0 : (ran.get(pc) ?? 0) - (through.get(pc) ?? 0)) > 0);
      note("branches", place, went(true), "never goes on");
      note("branches", place, went(false), "never jumps");
    }
  }
  for (const [kind, [reached, all]] of Object.entries(totals)) {
    console.log(`${kind}: ${reached} of ${all} (${((100 * reached) / all).toFixed(1)} %)`);
  }
  const whole = Object.values(totals).every(([reached, all]) => reached === all);
  process.exit(whole && failed.length === 0 ? 0 : 1);
}

main();
