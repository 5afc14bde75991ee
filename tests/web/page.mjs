// What every page of ours is tested with: a browser, a page that WATTLE writes, and checks that any page must pass.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 360, height: 740 };
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/// A browser, and the page in `file`, or else the one that the program writes with these arguments and `--out`.
export async function start(file, verb) {
  let scratch;
  if (!file) {
    scratch = mkdtempSync(join(tmpdir(), "wattle-web-"));
    const out = join(scratch, "page");
    const stdio = ["ignore", "ignore", "inherit"];
    execFileSync("cargo", ["run", "--quiet", "--", ...verb, "--out", out], { cwd: ROOT, stdio });
    file = join(out, "index.html");
  }
  const address = pathToFileURL(resolve(file)).href;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  const stop = async () => {
    await browser.close();
    if (scratch) rmSync(scratch, { recursive: true });
  };
  return { browser, address, stop };
}

/// Opens the page; fails where it complains or asks for anything but itself.
export async function open({ browser, address }, t, viewport, options = {}) {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() !== "log" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== address && url !== "data:,") complaints.push(`asked for ${url}`);
  });
  await page.goto(address);
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  return page;
}

/// Nothing is wider than the screen, and no text leaves its picture.
export async function fits(page) {
  const [width, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width <= shown, `${width} px wide on a screen of ${shown}`);
  const outside = await page.evaluate(() => {
    const outside = [];
    for (const svg of document.querySelectorAll("figure svg")) {
      const frame = svg.getBoundingClientRect();
      if (!frame.width) continue;
      for (const text of svg.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        const inside = box.left >= frame.left - 3 && box.right <= frame.right + 3 && box.bottom <= frame.bottom + 3;
        if (!inside) outside.push(`${svg.getAttribute("aria-label")}: ${text.textContent}`);
      }
    }
    return outside;
  });
  assert.deepEqual(outside, []);
}

/// All text has enough contrast to be read.
export async function readable(page, colorScheme) {
  const faint = await page.evaluate(() => {
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = (color) => {
      const [r, g, b] = color.slice(0, 3).map((part) => {
        const c = part / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const color = rgb(getComputedStyle(at).backgroundColor);
        if (color.length < 4 || color[3] > 0) return color;
      }
      return [255, 255, 255];
    };
    const faint = new Set();
    for (const node of document.querySelectorAll("p, h1, h2, h3, li, a, td, th, dt, dd, small, span, svg text")) {
      if (!node.textContent.trim() || !node.getBoundingClientRect().width) continue;
      const style = getComputedStyle(node);
      const svg = node.closest("svg");
      const ink = rgb(svg ? style.fill : style.color);
      const [a, b] = [light(ink), light(ground(svg ? svg.parentElement : node))].sort((a, b) => b - a);
      const contrast = (a + 0.05) / (b + 0.05);
      if (contrast < 4.5) faint.add(`${node.tagName}.${node.getAttribute("class")} ${contrast.toFixed(1)}`);
    }
    return [...faint];
  });
  assert.deepEqual(faint, []);
  const body = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.ok(colorScheme === "dark" ? /rgb\(1\d,/.test(body) : /rgb\(24\d,/.test(body), body);
}

/// Pictures, controls and links say what they are, and every link leads somewhere.
export async function named(page) {
  const nameless = await page.evaluate(() => {
    const named = (node) => node.getAttribute("aria-label") || node.textContent.trim();
    const svgs = [...document.querySelectorAll("svg")].filter((svg) =>
      svg.getAttribute("role") !== "img" || !named(svg) || !svg.querySelector("desc")?.textContent);
    const controls = [...document.querySelectorAll("button, input, a")].filter((control) => !named(control));
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    const links = [...document.querySelectorAll("a[href^='#']")].filter((link) => !ids.includes(link.hash.slice(1)));
    return [...svgs, ...controls, ...links].map((node) => node.outerHTML.slice(0, 120))
      .concat(ids.filter((id, place) => ids.indexOf(id) !== place));
  });
  assert.deepEqual(nameless, []);
}
