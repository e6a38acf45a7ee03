import { copyFileSync, lstatSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hashBytes, stringifyCanonical } from '../fingerprint/canonical.ts';
import { type PathContent, readContent } from '../fingerprint/read-content.ts';
import type { NodeOutput } from '../graph/types.ts';
import { makeNonce } from '../system/files.ts';
import type { ActionOutput } from './actions.ts';
import { splitBlocks } from './mutable-blocks.ts';
import type { FinishedFile, ObjectStore } from './objects.ts';

/** What a stage's outputs are and the files that they are made of, or why they cannot be kept. */
export type CollectResult =
  | {
      readonly ok: true;
      readonly outputs: Record<string, ActionOutput>;
      readonly files: readonly FinishedFile[];
    }
  | { readonly ok: false; readonly message: string };

/**
 * Collects a stage's outputs in its private folder, for the store to take.
 *
 * @param paths where the stage was told to write each output
 */
export function collectOutputs(
  outputs: readonly NodeOutput[],
  paths: Readonly<Record<string, string>>,
  objects: ObjectStore,
): CollectResult {
  const located = outputs.map((output) => ({ output, path: paths[output.name] ?? '' }));
  for (const { output, path } of located) {
    const odd = detachFiles(path);
    if (odd !== null) return { ok: false, message: describeOddFile(output, path, odd) };
  }
  const found = located.map(({ output, path }) => ({ output, path, content: readContent(path) }));
  const missing = found.filter(({ content }) => content.kind === 'none');
  if (missing.length > 0) {
    const names = missing.map(({ output }) => output.name).join(', ');
    return { ok: false, message: `it ended well but did not write its output ${names}` };
  }
  const collected: Record<string, ActionOutput> = {};
  const files: FinishedFile[] = [];
  for (const { output, path, content } of found) {
    if (content.kind === 'unreadable') {
      return { ok: false, message: describeOddFile(output, path, content.path) };
    }
    if (content.kind === 'tree' && output.mutable.length > 0) {
      return { ok: false, message: `its output ${output.name} has mutable keys but is a folder` };
    }
    collected[output.name] =
      output.mutable.length > 0
        ? takeFixedText(path, output, objects)
        : collectContent(path, content, output.volatile, objects, files);
  }
  return { ok: true, outputs: collected, files };
}

function describeOddFile(output: NodeOutput, path: string, odd: string): string {
  const where = odd === path ? '' : ` at ${relative(path, odd)}`;
  return `its output ${output.name} holds a link or special file${where}; only files and folders can be kept`;
}

/**
 * Makes the files of an output its own: one with further names (hard links) is replaced by a copy,
 * because who writes to the other name would change the store.
 *
 * @returns the first thing that is neither a file nor a folder, such as a symbolic link, which
 * cannot be its own; null where there is none
 */
function detachFiles(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isDirectory()) {
    for (const entry of readdirSync(path)) {
      const odd = detachFiles(join(path, entry));
      if (odd !== null) return odd;
    }
    return null;
  }
  if (!stats.isFile()) return path;
  if (stats.nlink > 1) {
    // Not its own name with an ending, which may be as long as names can be.
    const copy = join(dirname(path), makeNonce());
    copyFileSync(path, copy);
    renameSync(copy, path);
  }
  return null;
}

/** Takes a YAML file without the blocks of its mutable keys. */
function takeFixedText(path: string, output: NodeOutput, objects: ObjectStore): ActionOutput {
  const { fixed } = splitBlocks(readFileSync(path, 'utf8'), output.mutable);
  const digest = hashBytes(fixed);
  objects.keep(fixed, digest);
  const { volatile, mutable } = output;
  return { kind: 'file', digest, size: Buffer.byteLength(fixed), volatile, mutable };
}

function collectContent(
  path: string,
  content: PathContent,
  isVolatile: boolean,
  objects: ObjectStore,
  files: FinishedFile[],
): ActionOutput {
  switch (content.kind) {
    case 'none':
    case 'unreadable':
      throw new Error(`nothing to take at ${path}`);
    case 'file': {
      files.push({ path, digest: content.digest });
      return {
        kind: 'file',
        digest: content.digest,
        size: content.size,
        volatile: isVolatile,
      };
    }
    case 'tree': {
      let size = 0;
      for (const [name, file] of Object.entries(content.manifest.files)) {
        files.push({ path: join(path, name), digest: file.digest });
        size += file.size;
      }
      objects.keep(stringifyCanonical(content.manifest), content.digest);
      return { kind: 'tree', digest: content.digest, size, volatile: isVolatile };
    }
  }
}
