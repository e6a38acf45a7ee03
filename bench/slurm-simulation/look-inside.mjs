/**
 * Loaded into the program before its own modules (`NODE_OPTIONS=--import`): notes once a second how long
 * what it does by intervals takes, which is the watch over its jobs above all, and its memory, as a line of
 * JSON in the file that `LOOK_INSIDE` names.
 */

import { appendFileSync } from 'node:fs';

const path = process.env['LOOK_INSIDE'] ?? '';
const plainInterval = globalThis.setInterval;
let cycles = 0;
let cycleMs = 0;
let longestMs = 0;

/**
 * The watch looks at its jobs every 400 ms; what comes otherwise is not of it.
 *
 * @param {(...args: unknown[]) => void} act
 * @param {number} ms
 * @param {unknown[]} args
 */
function setTimedInterval(act, ms, ...args) {
  const timed = (/** @type {unknown[]} */ ...given) => {
    const startedAt = performance.now();
    act(...given);
    const took = performance.now() - startedAt;
    // A turn that was left out is none.
    if (took < 0.05) return;
    cycles += 1;
    cycleMs += took;
    longestMs = Math.max(longestMs, took);
  };
  return plainInterval(ms === 400 ? timed : act, ms, ...args);
}
globalThis.setInterval = /** @type {typeof setInterval} */ (setTimedInterval);

const note = () => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  const line = { time: Date.now(), cycles, cycleMs, longestMs, rss, heapUsed, cpuSeconds };
  appendFileSync(path, `${JSON.stringify(line)}\n`);
  [cycles, cycleMs, longestMs] = [0, 0, 0];
};
if (path !== '') {
  plainInterval(note, 1000).unref();
  process.on('exit', note);
}
