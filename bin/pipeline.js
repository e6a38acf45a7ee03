#!/usr/bin/env node
/**
 * Starts the command line. The program is TypeScript; it is compiled to plain JavaScript on first
 * use, into a folder named after its sources' sizes and dates, so that later starts load it at once.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { loadScript } from './load-script.js';

// The young generation begins with 1 MB and is collected a dozen times while a large graph is read.
setFlagsFromString('--semi-space-growth-factor=16');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'pipeline');
const builds = join(root, '.build');

/** Changes whenever a source file, the dependencies' versions or Node changes. */
function computeBuildKey() {
  const hash = createHash('sha256').update(process.version);
  const visit = (/** @type {string} */ folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  visit(sources);
  hash.update(readFileSync(join(root, 'package.json')));
  visit(dirname(fileURLToPath(import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

const folder = join(builds, computeBuildKey());
if (!existsSync(folder)) {
  mkdirSync(builds, { recursive: true });
  const { buildProgram } = await import('./build-program.js');
  await buildProgram(sources, folder);
}
const { exports, keepCompiled } = loadScript(join(folder, 'main.cjs'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
process.exitCode = await exports.main(process.argv.slice(2), {
  workerPath: join(folder, 'worker.mjs'),
  root,
  version,
  importModule: (/** @type {string} */ url) => import(url),
});
// Most starts are runs: what they call is kept in compiled form.
if (process.argv[2] === 'run') keepCompiled();
