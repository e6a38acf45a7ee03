/**
 * Finds the compiled program, or compiles it. The program is TypeScript; it is compiled to plain
 * JavaScript on first use, into a folder named after its sources' sizes and dates, so that later starts
 * load it at once. Where the installation may not be written, that folder stands among the user's own
 * files, and where nothing may be written, the program stays in memory.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { findBuild, keepBuild, openPrivateFolder } from './keep-build.js';

const NAME = 'rethinking-generalization';

/**
 * A program that can be loaded.
 *
 * @typedef {object} FoundProgram
 * @property {string} path its file
 * @property {string | null} text its text where there is no such file, since it could not be kept
 * @property {string} ownPath where the program takes itself to be: beside its sources, so that it finds
 * its packages wherever its file is
 * @property {string | null} workerPath the file of its worker; null where it could not be kept
 */

/**
 * @param {string} root the folder of this package
 * @returns {Promise<FoundProgram | { fault: string }>} the fault is one of the installation, for the user
 */
export async function findProgram(root) {
  const key = computeBuildKey(root);
  const own = join(root, '.build');
  const ownPath = join(own, key, 'main.cjs');
  const foundIn = (/** @type {string} */ folder) => ({
    path: join(folder, 'main.cjs'),
    text: null,
    ownPath,
    workerPath: join(folder, 'worker.mjs'),
  });
  const beside = findBuild(join(own, key));
  if (beside !== null) return foundIn(beside);
  const places = listPrivatePlaces();
  for (const place of places) {
    const kept = openPrivateFolder(place) ? findBuild(join(place.path, key)) : null;
    if (kept !== null) return foundIn(kept);
  }
  const built = await build(root);
  if ('fault' in built) return built;
  const keptBeside = keepBuild(built, own, key);
  if (keptBeside !== null) return foundIn(keptBeside);
  for (const place of places) {
    const kept = openPrivateFolder(place, true) ? keepBuild(built, place.path, key) : null;
    if (kept !== null) return foundIn(kept);
  }
  return { path: ownPath, text: built.main, ownPath, workerPath: null };
}

/** @param {string} root */
async function build(root) {
  try {
    const { buildProgram } = await import('./build-program.js');
    return await buildProgram(join(root, 'pipeline'));
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === 'ERR_MODULE_NOT_FOUND'
      ? { fault: `the packages that it needs are not installed: run npm ci in ${root}` }
      : { fault: `it cannot be compiled, which it must be before its first use: ${message}` };
  }
}

/**
 * Changes whenever a source file, the dependencies' versions or Node changes.
 *
 * @param {string} root
 */
function computeBuildKey(root) {
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
  visit(join(root, 'pipeline'));
  hash.update(readFileSync(join(root, 'package.json')));
  visit(join(root, 'bin'));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Folders of the user's own, the best one first, each in a folder that exists by itself.
 *
 * @returns {import('./keep-build.js').Place[]}
 */
function listPrivatePlaces() {
  const home = findHome();
  const caches = process.env['XDG_CACHE_HOME'] ?? '';
  const own = `${NAME}-${process.geteuid?.() ?? 'user'}`;
  return [
    ...(isAbsolute(caches)
      ? [{ path: join(caches, NAME), inside: existsSync(caches) ? caches : dirname(caches) }]
      : []),
    ...(home === null ? [] : [{ path: join(home, '.cache', NAME), inside: home }]),
    ...[tmpdir(), '/dev/shm'].map((inside) => ({ path: join(inside, own), inside })),
  ];
}

/** The user's home; null where there is none, as for a user whom the system does not know. */
function findHome() {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}
