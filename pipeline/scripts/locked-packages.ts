/** Code of commands: what a lock file says is installed, where no environment is there to ask. */

import { join } from 'node:path';
import type { DiskLook } from '../python/disk-look.ts';
import { normalizeName } from '../python/distributions.ts';
import {
  isExplicitList,
  type LockFault,
  nameCondaPlatform,
  readCondaLock,
  readExplicitList,
} from './conda-lock.ts';
import type { CodeSpot } from './traced-command.ts';

/** Packages whose module has another name. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['PIL', 'pillow'],
  ['bs4', 'beautifulsoup4'],
  ['cv2', 'opencv-python'],
  ['dateutil', 'python-dateutil'],
  ['skimage', 'scikit-image'],
  ['sklearn', 'scikit-learn'],
  ['yaml', 'pyyaml'],
]);

/** Packages that conda knows by other names than their metadata have. */
const CONDA_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['cv2', ['py-opencv', 'opencv']],
  ['dask', ['dask-core']],
  ['graphviz', ['python-graphviz']],
  ['matplotlib', ['matplotlib-base']],
  ['msgpack', ['msgpack-python']],
  ['seaborn', ['seaborn-base']],
  ['tables', ['pytables']],
  ['torch', ['pytorch']],
  ['xgboost', ['py-xgboost']],
]);

/** The versions that lock files name. */
export interface LockedVersions {
  /** `name@version` of the package of a module; undefined where they name none. */
  readonly find: (module: string) => string | undefined;
  /** What is wrong with the lock files that were asked. */
  readonly faults: () => readonly CodeSpot[];
}

/** What one lock file says. */
interface Lock {
  readonly versions: ReadonlyMap<string, string>;
  readonly fault?: LockFault | null;
  /** From the workspace. */
  readonly file: string;
}

/**
 * Reads uv.lock, poetry.lock, pdm.lock or pinned lines of requirements.txt, and for what these do not name a lock file
 * of conda. Each is read when it is first asked for.
 */
export function readLocked(folder: string, root: string, disk: DiskLook): LockedVersions {
  const places = [...new Set([folder, root])];
  let pinned: Lock | null | undefined;
  let conda: Lock | null | undefined;
  return {
    find(module) {
      const [first = ''] = module.split('.');
      const own = normalizeName(RENAMED.get(first) ?? first);
      if (pinned === undefined) pinned = readPinned(places, disk);
      let version = pinned?.versions.get(own);
      if (version === undefined) {
        if (conda === undefined) conda = readConda(places, disk);
        const names = [own, ...(CONDA_NAMES.get(first) ?? [])];
        version = names.map((name) => conda?.versions.get(name)).find((one) => one !== undefined);
      }
      return version === undefined ? undefined : `${own}@${version}`;
    },
    faults() {
      if (conda?.fault == null) return [];
      const { file, fault } = conda;
      const what = `${fault.what}: the versions in this lock file of conda do not count`;
      return [{ ...fault, what, file }];
    },
  };
}

function readPinned(places: readonly string[], disk: DiskLook): Lock | null {
  const names = ['uv.lock', 'poetry.lock', 'pdm.lock', 'requirements.txt'];
  for (const { file, text } of listTexts(places, names, disk)) {
    const isList = file.endsWith('.txt');
    // conda's own kind of list is often called so.
    if (isList && isExplicitList(text)) continue;
    return { file, versions: isList ? readRequirements(text) : readToml(text) };
  }
  return null;
}

function readConda(places: readonly string[], disk: DiskLook): Lock | null {
  const platform = nameCondaPlatform();
  const lists = [`conda-${platform}.lock`, 'explicit.txt', 'spec-file.txt', 'requirements.txt'];
  for (const { file, text } of listTexts(places, ['conda-lock.yml', ...lists], disk)) {
    const isList = !file.endsWith('.yml');
    if (isList && !isExplicitList(text)) continue;
    if (lastRead?.text === text && lastRead.file === file) return lastRead;
    const lock = isList ? readExplicitList(text, platform) : readCondaLock(file, text, platform);
    lastRead = { ...lock, file, text };
    return lastRead;
  }
  return null;
}

/** Reading such a file may take a second, and every cell of a matrix asks for the same. */
let lastRead: (Lock & { readonly text: string }) | undefined;

function* listTexts(places: readonly string[], names: readonly string[], disk: DiskLook) {
  for (const place of places) {
    for (const name of names) {
      const path = join(place, name);
      const text = disk.isFile(path) ? disk.readText(path) : null;
      if (text !== null) yield { file: disk.nameOf(path), text };
    }
  }
}

function readToml(text: string): Map<string, string> {
  const packages = text.split(/^\[\[package\]\]\s*$/m).slice(1);
  const value = (part: string, key: string) =>
    new RegExp(`^${key} = "([^"]*)"`, 'm').exec(part)?.[1];
  return new Map(
    packages.map((part) => [
      normalizeName(value(part, 'name') ?? ''),
      value(part, 'version') ?? '',
    ]),
  );
}

function readRequirements(text: string): Map<string, string> {
  const pinned = text.matchAll(/^\s*([\w.-]+)(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\]+)/gm);
  return new Map([...pinned].map(([, name = '', version = '']) => [normalizeName(name), version]));
}
