/**
 * Loads the compiled program and hands it the command line.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { findProgram } from './find-program.js';
import { loadScript } from './load-script.js';

// The young generation begins with 1 MB and is collected a dozen times while a large graph is read.
setFlagsFromString('--semi-space-growth-factor=16');

const root = dirname(dirname(fileURLToPath(import.meta.url)));

let isOver = false;
let isAsked = false;
// Node ends with 0 when nothing is left to wait for, whatever was still to be done.
process.on('beforeExit', () => {
  if (isOver) return;
  if (!isAsked) {
    // Others who listen may end it in order.
    isAsked = true;
    setImmediate(() => {});
    return;
  }
  process.stderr.write(
    'pipeline: a bug of pipeline itself, which is worth a report: it ended early\n',
  );
  process.exitCode = 1;
});

async function start() {
  const found = await findProgram(root);
  if ('fault' in found) {
    process.stderr.write(`pipeline: ${found.fault}\n`);
    process.exitCode = 2;
    return;
  }
  const { exports, keepCompiled } = loadScript(found);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.exitCode = await exports.main(process.argv.slice(2), {
    workerPath: found.workerPath,
    root,
    version,
    importModule: (/** @type {string} */ url) => import(url),
  });
  // Most starts are runs: what they call is kept in compiled form.
  if (process.argv[2] === 'run') keepCompiled();
}

await start().finally(() => {
  isOver = true;
});
