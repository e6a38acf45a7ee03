/**
 * Keeps a compiled program in a folder, which appears complete or not at all.
 */
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Where compiled programs may be kept, in a folder that exists by itself.
 *
 * @typedef {{ readonly path: string, readonly inside: string }} Place
 */

const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/** Sizes of the files of a build, written last: one that was copied in part does not have them. */
const SIZES = 'sizes.json';

/**
 * @param {string} folder
 * @returns {string | null} the folder, where there is a whole build that this user can read
 */
export function findBuild(folder) {
  try {
    const sizes = Object.entries(JSON.parse(readFileSync(join(folder, SIZES), 'utf8')));
    const isWhole = sizes.every(([name, size]) => statSync(join(folder, name)).size === size);
    return isWhole ? folder : null;
  } catch {
    return null;
  }
}

/**
 * @param {import('./build-program.js').Build} build
 * @param {string} place the folder that holds builds, which is made where it does not exist
 * @param {string} key its name there
 * @returns {string | null} its folder; null where it cannot be kept there
 */
export function keepBuild({ files }, place, key) {
  const folder = join(place, key);
  const aside = `${folder}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(aside, { recursive: true });
    const sizes = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes.length]));
    for (const { name, bytes } of files) writeFileSync(join(aside, name), bytes);
    writeFileSync(join(aside, SIZES), JSON.stringify(sizes));
    moveInto(aside, folder);
  } catch {
    // Not to be written, full, unable to hold files: the next place may do.
  }
  removeQuietly(aside);
  return findBuild(folder);
}

/**
 * @param {string} aside
 * @param {string} folder
 */
function moveInto(aside, folder) {
  try {
    renameSync(aside, folder);
  } catch {
    // Another process was faster, and what it built is the same; or what stands there is no whole one.
    if (findBuild(folder) !== null) return;
    const broken = `${aside}.old`;
    renameSync(folder, broken);
    removeQuietly(broken);
    renameSync(aside, folder);
  }
}

/** @param {string} path */
function removeQuietly(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It is of no use, and in nobody's way.
  }
}

/**
 * Whether a folder is this user's alone to write, so that no program in it is another's.
 *
 * @param {Place} place
 * @param {boolean} make makes it where it does not exist
 */
export function openPrivateFolder({ path, inside }, make = false) {
  const user = process.geteuid?.();
  try {
    const outer = statSync(inside);
    // One that others may rename is not private; in a home that is another's, as under sudo, nothing is left.
    const isSticky = (outer.mode & STICKY) !== 0;
    if (user !== undefined && !isSticky && !isOwned(outer, user)) return false;
    if (make) mkdirSync(path, { recursive: true, mode: 0o700 });
    const stats = lstatSync(path);
    return stats.isDirectory() && (user === undefined || isOwned(stats, user));
  } catch {
    return false;
  }
}

/**
 * @param {import('node:fs').Stats} stats
 * @param {number} user
 */
function isOwned({ uid, mode }, user) {
  return uid === user && (mode & WRITABLE_BY_OTHERS) === 0;
}
