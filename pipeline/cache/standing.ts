/** What stands at the place of an output, taken apart by whose it is. */

import { accessSync, constants, lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { type Digest, hashBytes, isDigest } from '../fingerprint/canonical.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import type { ContentId } from '../fingerprint/record.ts';
import { nativePath, readNames, readTarget } from '../system/byte-names.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { isUnfinished } from '../system/move-path.ts';
import { splitBlocks } from './mutable-blocks.ts';
import type { ObjectStore } from './objects.ts';
import { isRemade } from './remade.ts';
import { readTreeManifest } from './restore.ts';

/** A file that the cache holds too, as it was looked at. */
export interface KnownFile {
  /** From what stands at the place; empty for that itself. */
  readonly name: string;
  readonly stats: Stats;
}

/** What stands at the place of an output, taken apart by whose it is. */
export interface StandingThing {
  /** What no run has put there, or what was changed since, or what the cache has lost: by name. */
  readonly foreign: readonly string[];
  readonly known: readonly KnownFile[];
}

/** A content that a run has put somewhere in the workspace. */
export interface OwnContent {
  readonly content: ContentId;
  /** From the workspace: the place that is looked at, or a path below it or a folder above. */
  readonly path: string;
}

/** What {@link lookAtStanding} asks. */
export interface StandingTools {
  readonly objects: ObjectStore;
  readonly files: FileMemo;
}

/**
 * Looks whose it is that stands at a path.
 *
 * @param name the path, from the workspace
 * @param own what runs have put there; read only where anything stands, the first ones first
 * @param mutable keys of a YAML file that do not count
 * @returns null where nothing stands
 */
export function lookAtStanding(
  path: string,
  name: string,
  own: Iterable<OwnContent>,
  mutable: readonly string[],
  tools: StandingTools,
): StandingThing | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  const { objects } = tools;
  const found = listThings(path, stats, tools.files);
  const known: KnownFile[] = found.filter((thing) => isRemade(thing.name));
  const left = new Map(
    found.filter((thing) => !isRemade(thing.name)).map((thing) => [thing.name, thing]),
  );
  const isHeld = ({ name: inner, stats, content }: FoundThing, expected: string): boolean => {
    if (content === null) return false;
    if (stats.isSymbolicLink()) return content === expected;
    const size = sizeOf(objects.path(expected as Digest));
    // Its size tells one that was cut off; the bytes are not read here.
    if (content === expected) return size === stats.size;
    const isFixed = inner === '' && mutable.length > 0;
    return isFixed && size !== null && hashFixed(path, mutable) === expected;
  };
  for (const { content, path: placed } of own) {
    if (left.size === 0) break;
    const things = nameFrom(name, placed, listContent(content, objects));
    // Of a folder of thousands that were put there one by one, each is looked for once.
    for (const inner of things.size < left.size ? things.keys() : [...left.keys()]) {
      const [thing, expected] = [left.get(inner), things.get(inner)];
      if (thing === undefined || expected === undefined || !isHeld(thing, expected)) continue;
      known.push(thing);
      left.delete(inner);
    }
  }
  return { foreign: [...left.keys()], known };
}

/** Something that stands. */
interface FoundThing extends KnownFile {
  /** Digest of a file, target of a link; null of anything else that is no folder. */
  readonly content: string | null;
}

function listThings(path: string, stats: Stats, files: FileMemo): FoundThing[] {
  const found: FoundThing[] = [];
  const visit = (at: string, name: string, seen: Stats): void => {
    const entries = seen.isDirectory() ? readFolder(at) : null;
    if (entries === null) {
      found.push({ name, stats: seen, content: contentOf(at, seen, files) });
      return;
    }
    for (const entry of entries) {
      // What a run that was killed was about to put there.
      if (isUnfinished(entry)) continue;
      const child = `${at}/${entry}`;
      const childStats = lstatSync(nativePath(child), { throwIfNoEntry: false });
      if (childStats === undefined) continue;
      visit(child, name === '' ? entry : `${name}/${entry}`, childStats);
    }
  };
  visit(path, '', stats);
  return found;
}

/** Null of what has none, or may not be read. */
function contentOf(path: string, stats: Stats, files: FileMemo): string | null {
  try {
    if (stats.isSymbolicLink()) return readTarget(path);
    return stats.isFile() ? files.digestFile(path, stats) : null;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}

/** Null of a folder that may not be read. */
function readFolder(path: string): string[] | null {
  try {
    // One that may be listed but not entered is none either.
    accessSync(nativePath(path), constants.X_OK);
    return readNames(path);
  } catch (error) {
    if (isErrorCode(error, 'EACCES', 'EPERM')) return null;
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** The digests of a content's files and the targets of its links, by name; that of a file is empty. */
function listContent(content: ContentId, objects: ObjectStore): ReadonlyMap<string, string> {
  const [kind, digest] = content.split(':');
  if (!isDigest(digest)) return new Map();
  if (kind !== 'tree') return new Map([['', digest]]);
  const manifest = readTreeManifest(digest, objects);
  if (manifest === null) return new Map();
  const files = [...manifest.files].map(([name, file]): [string, string] => [name, file.digest]);
  return new Map([...files, ...manifest.links]);
}

/** Names things, which were put at one path, as they are called from another; without those that are not there. */
function nameFrom(
  place: string,
  placed: string,
  things: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (place === placed) return things;
  return new Map(
    [...things].flatMap(([name, content]): [string, string][] => {
      const path = name === '' ? placed : `${placed}/${name}`;
      if (path === place) return [['', content]];
      return path.startsWith(`${place}/`) ? [[path.slice(place.length + 1), content]] : [];
    }),
  );
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function hashFixed(path: string, mutable: readonly string[]): Digest | null {
  try {
    return hashBytes(splitBlocks(readFileSync(path, 'utf8'), mutable).fixed);
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
