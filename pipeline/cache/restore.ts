import { lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { parseTree } from '../fingerprint/tree-manifest.ts';
import { isErrorCode, makeNonce, removePath } from '../system/files.ts';
import type { ActionOutput } from './actions.ts';
import { modeOf, placedMode, ROOT } from './modes.ts';
import { joinBlocks, splitBlocks } from './mutable-blocks.ts';
import type { ObjectStore } from './objects.ts';
import { assembleTree, placeFile } from './restore-tree.ts';

/** Whether an output could be put in place; if not, which object was missing or damaged. */
export type RestoreResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: 'missing' | 'damaged'; readonly digest: Digest };

/** Whether a path holds exactly an output's content, by content and not by date. */
export function isInPlace(
  path: string,
  output: ActionOutput,
  memo: Pick<FileMemo, 'read'>,
): boolean {
  const content = memo.read(path);
  if (content.kind !== output.kind) return false;
  if (content.digest === output.digest) return true;
  if (output.mutable === undefined) return false;
  return hashBytes(splitBlocks(readFileSync(path, 'utf8'), output.mutable).fixed) === output.digest;
}

/**
 * Puts an output at its place in the workspace, replacing whatever is there. Every object's bytes
 * are hashed on the way; nothing of the workspace is touched unless all of them are sound.
 */
export function restoreOutput(
  path: string,
  output: ActionOutput,
  objects: ObjectStore,
  memo: FileMemo,
): RestoreResult {
  const check = checkObject(objects, output.digest);
  if (!check.ok) return check;
  const aside = objects.temporaryPath();
  const mode = modeOf(output, ROOT, false);
  if (output.mutable !== undefined) {
    const fixed = readFileSync(objects.path(output.digest), 'utf8');
    const { blocks } = splitBlocks(readStanding(path), output.mutable);
    mkdirSync(dirname(aside), { recursive: true });
    writeFileSync(aside, joinBlocks({ fixed, blocks }), { mode: placedMode(mode) });
    replacePath(aside, path);
    return { ok: true };
  }
  if (output.kind !== 'tree') {
    placeFile(output.digest, aside, mode, objects);
    const { ino } = statSync(aside);
    replacePath(aside, path);
    memo.remember(path, output.digest, ino);
    return { ok: true };
  }
  // The manifest was just verified, so its shape is what publishing wrote.
  const manifest = parseTree(readFileSync(objects.path(output.digest), 'utf8'));
  for (const digest of new Set([...manifest.files.values()].map((file) => file.digest))) {
    const sound = checkObject(objects, digest);
    if (!sound.ok) return sound;
  }
  const placed = assembleTree(aside, manifest, output, objects);
  replacePath(aside, path);
  for (const { name, digest, inode } of placed) memo.remember(join(path, name), digest, inode);
  return { ok: true };
}

/** The text of the file that is about to be replaced; empty where there is none. */
function readStanding(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return '';
    throw error;
  }
}

function checkObject(objects: ObjectStore, digest: Digest): RestoreResult {
  const state = objects.verify(digest);
  return state === 'sound' ? { ok: true } : { ok: false, fault: state, digest };
}

/** How often another process may put something at the same place before this one gives up. */
const REPLACE_ATTEMPTS = 10;

/** Renames over whatever stands at the target, a folder included. */
function replacePath(from: string, to: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      replaceOnce(from, to);
      return;
    } catch (error) {
      const raced = isErrorCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR');
      if (!raced || attempt === REPLACE_ATTEMPTS) throw error;
    }
  }
}

function replaceOnce(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const standing = lstatSync(to, { throwIfNoEntry: false });
  const isFile = lstatSync(from).isFile();
  if (standing !== undefined && (standing.isDirectory() || !isFile)) {
    const old = `${from}.${makeNonce()}.old`;
    renameSync(to, old);
    renameSync(from, to);
    removePath(old);
    return;
  }
  renameSync(from, to);
  // Renaming one hard link of a file over another does nothing and leaves both (POSIX).
  removePath(from);
}
