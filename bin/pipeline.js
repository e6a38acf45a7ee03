#!/usr/bin/env node
import { createHash, randomBytes } from 'node:crypto';
/**
 * Starts the command line. The program is TypeScript; it is compiled to plain JavaScript on first
 * use, into a folder named after its sources' sizes and dates, so that later starts load it at once.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
  return hash.digest('hex').slice(0, 16);
}

/**
 * Compiles the program and its worker into `folder`, which appears complete or not at all.
 *
 * @param {string} folder
 */
async function build(folder) {
  const { build, stop } = await import('esbuild');
  const aside = `${folder}.${randomBytes(4).toString('hex')}`;
  await build({
    entryPoints: {
      main: join(sources, 'cli/main.ts'),
      worker: join(sources, 'executor/worker.ts'),
    },
    outdir: aside,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
  await stop();
  try {
    renameSync(aside, folder);
  } catch (error) {
    // Another process was faster; what it built is the same.
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

const folder = join(builds, computeBuildKey());
if (!existsSync(folder)) {
  mkdirSync(builds, { recursive: true });
  await build(folder);
}
const { main } = await import(pathToFileURL(join(folder, 'main.mjs')).href);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
process.exitCode = await main(process.argv.slice(2), {
  workerPath: join(folder, 'worker.mjs'),
  version,
});
