/**
 * Finds the compiled program, or compiles it. The program is TypeScript; it is compiled to plain
 * JavaScript on first use, into a folder named after its sources' sizes and dates, so that later starts
 * load it at once. Where the installation may not be written, that folder stands among the user's own
 * files, and where nothing may be written, the program stays in memory.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { findBuild, keepBuild, openPrivateFolder } from './keep-build.js';

const NAME = 'rederive';

/** What stands in the folder of the package and was not there when it was packed. */
const NO_SOURCES = new Set(['.build', 'node_modules']);

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
    return await buildProgram(root);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === 'ERR_MODULE_NOT_FOUND'
      ? {
          fault: `the packages that it needs are not installed: run npm ci in ${findProject(root)}`,
        }
      : { fault: `it cannot be compiled, which it must be before its first use: ${message}` };
  }
}

/**
 * The folder whose lockfile says which packages are to be there: of a workspace of npm, the one above it.
 *
 * @param {string} root
 */
function findProject(root) {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package-lock.json'))) return folder;
    if (folder === dirname(folder)) return root;
  }
}

/**
 * Changes whenever a file of the package or Node changes; the dependencies' versions are in package.json.
 *
 * @param {string} root
 */
function computeBuildKey(root) {
  const hash = createHash('sha256').update(process.version);
  const visit = (/** @type {string} */ folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (NO_SOURCES.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  visit(root);
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
