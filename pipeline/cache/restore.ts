/** A recorded output → files at a path, every byte checked on the way. */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { hasContent } from '../fingerprint/path-content.ts';
import { parseTree, type TreeManifest } from '../fingerprint/tree-manifest.ts';
import { isErrorCode } from '../system/errors.ts';
import { keepsModes, setMode } from '../system/kept-modes.ts';
import { movePath } from '../system/move-path.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { modeOf, placedMode, ROOT } from './modes.ts';
import { joinBlocks, splitBlocks } from './mutable-blocks.ts';
import type { ObjectStore } from './objects.ts';
import { assembleTree, type PlacedFile, placeFile, type RestoreFault } from './restore-tree.ts';
import type { ResultOutput } from './results.ts';

const OWNER_WRITES = 0o200;

/** Whether an output could be put in place. */
export type RestoreResult = { readonly ok: true } | RestoreFault;

/** An output put together at some path, its own copy of everything. */
export interface UnpackedOutput {
  readonly ok: true;
  readonly path: string;
  /** The files of the output; the one of an output that is a file has no name. None where blocks of the user's were added. */
  readonly files: readonly PlacedFile[];
}

/** Whether a path holds exactly an output's content, by content and not by date. */
export function isInPlace(
  path: string,
  output: ResultOutput,
  memo: Pick<FileMemo, 'read'>,
): boolean {
  const content = memo.read(path);
  if (!hasContent(content) || !areKindsEqual(content, output, path)) return false;
  if (content.digest === output.digest) return true;
  if (output.mutable === undefined) return false;
  return hashBytes(splitBlocks(readFileSync(path, 'utf8'), output.mutable).fixed) === output.digest;
}

/** Where no modes are kept, a file may be executed or not by chance. */
function areKindsEqual(
  { kind }: Pick<ResultOutput, 'kind'>,
  output: ResultOutput,
  path: string,
): boolean {
  if (kind === output.kind) return true;
  return kind !== 'tree' && output.kind !== 'tree' && !keepsModes(path);
}

/**
 * Puts an output together at a path of the engine's own where nothing stands. Every object's bytes are
 * hashed on the way; where one is not sound, nothing is left there.
 *
 * @param standing the file that it will replace, whose mutable blocks it takes over
 * @throws a system error where the disk does not take it; nothing is left there then
 */
export async function unpackOutput(
  path: string,
  output: ResultOutput,
  objects: ObjectStore,
  standing: string,
): Promise<UnpackedOutput | RestoreFault> {
  try {
    const unpacked = await unpack(path, output, objects, standing);
    if (!unpacked.ok) removeTemporary(path);
    return unpacked;
  } catch (error) {
    removeTemporary(path);
    throw error;
  }
}

async function unpack(
  path: string,
  output: ResultOutput,
  objects: ObjectStore,
  standing: string,
): Promise<UnpackedOutput | RestoreFault> {
  const { digest } = output;
  if (output.kind === 'tree') {
    const manifest = readTreeManifest(digest, objects);
    if (manifest === null) {
      const fault = objects.verify(digest) === 'missing' ? 'missing' : 'damaged';
      return { ok: false, fault, digest };
    }
    const files = await assembleTree(path, manifest, output, objects);
    return 'ok' in files ? files : { ok: true, path, files };
  }
  const mode = modeOf(output, ROOT, false);
  const fault = await placeFile(digest, path, mode, objects);
  if (fault !== null) return fault;
  if (output.mutable !== undefined) {
    const { blocks } = splitBlocks(readStanding(standing), output.mutable);
    if (blocks !== '') {
      const fixed = readFileSync(path, 'utf8');
      setMode(path, OWNER_WRITES);
      writeFileSync(path, joinBlocks({ fixed, blocks }));
      setMode(path, placedMode(mode));
      return { ok: true, path, files: [] };
    }
  }
  return { ok: true, path, files: [{ name: '', digest, inode: statSync(path).ino }] };
}

/** What is in a folder, from its object; null where that is missing or damaged. */
export function readTreeManifest(digest: Digest, objects: ObjectStore): TreeManifest | null {
  const text = objects.readText(digest);
  // It has its digest, so its shape is what publishing wrote.
  return text === null ? null : parseTree(text);
}

/**
 * Puts an output at a path of the engine's own where nothing stands.
 *
 * @throws a system error where the disk does not take it; nothing is left there then
 */
export async function restoreOutput(
  path: string,
  output: ResultOutput,
  objects: ObjectStore,
  memo: FileMemo,
): Promise<RestoreResult> {
  const unpacked = await unpackOutput(objects.temporaryPath(), output, objects, path);
  if (!unpacked.ok) return unpacked;
  mkdirSync(dirname(path), { recursive: true });
  movePath(unpacked.path, path);
  rememberFiles(path, unpacked, memo);
  return { ok: true };
}

/** Remembers the digests of files that were put at their place a moment ago. */
export function rememberFiles(path: string, { files }: UnpackedOutput, memo: FileMemo): void {
  for (const { name, digest, inode } of files) {
    memo.remember(name === '' ? path : join(path, name), digest, inode);
  }
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
