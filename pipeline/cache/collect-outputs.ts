/** After an attempt: what it wrote → files ready for the store, or why they cannot be kept. */

import { mkdirSync, readFileSync, renameSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import { type FileContent, hasContent, type TreeContent } from '../fingerprint/path-content.ts';
import { hashFile, readContent } from '../fingerprint/read-content.ts';
import { formatTree } from '../fingerprint/tree-manifest.ts';
import type { NodeOutput } from '../graph/types.ts';
import { hasOddBytes, nativePath, showName } from '../system/byte-names.ts';
import { makeNonce } from '../system/nonce.ts';
import { listOpenFiles } from '../system/open-files.ts';
import { formatMode, objectMode, ROOT, recordModes } from './modes.ts';
import { splitBlocks } from './mutable-blocks.ts';
import type { FinishedFile, ObjectStore } from './objects.ts';
import { type PreparedEntry, prepareOutput } from './prepare-output.ts';
import type { ResultOutput } from './results.ts';

/** What a stage's outputs are and the files that they are made of, or why they cannot be kept. */
export type CollectResult =
  | {
      readonly ok: true;
      readonly outputs: Record<string, ResultOutput>;
      readonly files: readonly FinishedFile[];
    }
  | {
      readonly ok: false;
      readonly fault: CollectFault;
      /** Whether the same stage could do better when it runs again. */
      readonly retryable: boolean;
    };

/** Why outputs cannot be kept. */
export type CollectFault =
  /** Something wrote on after the stage had ended. */
  | { readonly kind: 'still-written'; readonly file: string }
  /** Names of outputs that were not written. */
  | { readonly kind: 'not-written'; readonly outputs: readonly string[] }
  /** What is in an output is nothing that can be kept: `what` completes "its output …". */
  | { readonly kind: 'unfit'; readonly output: string; readonly what: string };

/**
 * Collects a stage's outputs in its private folder, for the store to take.
 *
 * @param paths where the stage was told to write each output
 * @throws a system error where the disk is full or broken; what is the stage's fault is returned
 */
export function collectOutputs(
  outputs: readonly NodeOutput[],
  paths: Readonly<Record<string, string>>,
  objects: ObjectStore,
): CollectResult {
  try {
    return collect(outputs, paths, objects);
  } catch (error) {
    if (!(error instanceof StillWritten)) throw error;
    return {
      ok: false,
      fault: { kind: 'still-written', file: error.message },
      retryable: true,
    };
  }
}

function collect(
  outputs: readonly NodeOutput[],
  paths: Readonly<Record<string, string>>,
  objects: ObjectStore,
): CollectResult {
  const found: FoundOutput[] = [];
  const open = listOpenFiles();
  const missing: string[] = [];
  for (const output of outputs) {
    const path = paths[output.name] ?? '';
    const prepared = prepareOutput(path, open);
    if (!prepared.ok) return refuse(output, prepared.fault);
    const content = readContent(path, digestQuiet);
    if (content.kind === 'none') missing.push(output.name);
    else if (hasContent(content)) found.push({ output, path, content, entries: prepared.entries });
    else return refuse(output, `holds ${showName(relative(path, content.path))}: ${content.what}`);
  }
  if (missing.length > 0) {
    return { ok: false, fault: { kind: 'not-written', outputs: missing }, retryable: true };
  }
  const folder = found.find(
    ({ output, content }) => content.kind === 'tree' && output.mutable.length > 0,
  );
  if (folder !== undefined) return refuse(folder.output, 'has mutable keys but is a folder');
  const collected: Record<string, ResultOutput> = {};
  const files: FinishedFile[] = [];
  for (const one of found) {
    collected[one.output.name] =
      one.output.mutable.length > 0
        ? takeFixedText(one, objects)
        : takeContent(one, objects, files);
  }
  return { ok: true, outputs: collected, files };
}

interface FoundOutput {
  readonly output: NodeOutput;
  readonly path: string;
  readonly content: FileContent | TreeContent;
  /** See {@link prepareOutput}. */
  readonly entries: ReadonlyMap<string, PreparedEntry>;
}

/** Another attempt would write the same. */
function refuse({ name }: NodeOutput, what: string): CollectResult {
  return { ok: false, fault: { kind: 'unfit', output: name, what }, retryable: false };
}

/** An output changed while it was collected. The message names the file. */
class StillWritten extends Error {}

function digestQuiet(path: string, { size, mtimeMs }: Stats): Digest {
  const digest = hashFile(path);
  const now = statSync(nativePath(path));
  if (now.size !== size || now.mtimeMs !== mtimeMs) throw new StillWritten(basename(path));
  return digest;
}

/** Takes a YAML file without the blocks of its mutable keys. */
function takeFixedText(
  { output, path, content, entries }: FoundOutput,
  objects: ObjectStore,
): ResultOutput {
  const { fixed } = splitBlocks(readFileSync(path, 'utf8'), output.mutable);
  const digest = hashBytes(fixed);
  const { mode, readers } = entryAt(entries, ROOT);
  objects.keep(fixed, digest, objectMode(readers));
  const { volatile, mutable } = output;
  const { kind } = content;
  const size = Buffer.byteLength(fixed);
  return { kind, digest, size, volatile, mode: formatMode(mode), mutable };
}

function takeContent(
  { output: { volatile }, path, content, entries }: FoundOutput,
  objects: ObjectStore,
  files: FinishedFile[],
): ResultOutput {
  const { kind, digest } = content;
  const own = entryAt(entries, ROOT);
  if (content.kind !== 'tree') {
    files.push({ path, digest, mode: objectMode(own.readers) });
    return { kind, digest, size: content.size, volatile, mode: formatMode(own.mode) };
  }
  let size = 0;
  for (const [name, file] of content.manifest.files) {
    const mode = objectMode(entryAt(entries, name).readers);
    files.push({ path: plainName(join(path, name), path), digest: file.digest, mode });
    size += file.size;
  }
  objects.keep(formatTree(content.manifest), digest, objectMode(own.readers));
  return { kind, digest, size, volatile, ...recordModes(entries) };
}

/** Moves a file with a name that is not UTF-8 beside its output, so that all others need not care. */
function plainName(path: string, output: string): string {
  if (!hasOddBytes(path)) return path;
  const folder = join(dirname(output), '.named');
  mkdirSync(folder, { recursive: true });
  const plain = join(folder, makeNonce());
  renameSync(nativePath(path), plain);
  return plain;
}

function entryAt(entries: ReadonlyMap<string, PreparedEntry>, name: string): PreparedEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw new StillWritten(name);
  return entry;
}
