/** A publication: files with their digests, as its `manifest.json` lists them. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';

export const MANIFEST_FILE = 'manifest.json';

/** A file to be published. */
export interface PublishedFile {
  /** From the publication's folder, with `/`. */
  readonly path: string;
  readonly content: Uint8Array;
  /** It holds wall-clock figures, which differ from run to run. */
  readonly isVolatile: boolean;
}

/** The content of `manifest.json`. */
export interface Manifest {
  readonly schema: 1;
  readonly profile: string;
  /** SHA-256 over paths and digests of all files that are not volatile: equal results have equal ones. */
  readonly digest: string;
  readonly files: readonly ManifestEntry[];
}

/** A file as the manifest lists it. */
interface ManifestEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly volatile?: true;
}

const validateManifest = compileSchema<Manifest>({
  type: 'object',
  properties: {
    schema: { const: 1 },
    profile: { type: 'string' },
    digest: { type: 'string' },
    files: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, sha256: { type: 'string' } },
        required: ['path', 'sha256'],
      },
    },
  },
  required: ['schema', 'profile', 'digest', 'files'],
});

/** Lists files with their digests, sorted by path. */
export function makeManifest(profile: string, files: readonly PublishedFile[]): Manifest {
  const entries = files
    .map(
      ({ path, content, isVolatile }): ManifestEntry => ({
        path,
        bytes: content.byteLength,
        sha256: createHash('sha256').update(content).digest('hex'),
        ...(isVolatile ? { volatile: true } : {}),
      }),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = createHash('sha256');
  for (const { path, sha256, volatile } of entries) {
    if (volatile !== true) hash.update(`${sha256}  ${path}\n`);
  }
  return { schema: 1, profile, digest: hash.digest('hex'), files: entries };
}

/** Reads the manifest of a folder; null where it has none. Fails where it is no manifest. */
export function readManifest(folder: string): Manifest | null {
  const path = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(`${path} is not JSON`);
  }
  if (validateManifest(value)) return value;
  return fail(`${path} is not the manifest of a publication:\n${formatErrors(validateManifest)}`);
}

/**
 * The files in a folder that no publication put there: those that its manifest does not list.
 *
 * @throws StageFailure where its manifest is none; the system's error where the folder cannot be
 * read
 */
export function listForeignFiles(folder: string): readonly string[] {
  let present: readonly string[];
  try {
    present = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  if (present.length === 0) return [];
  const manifest = readManifest(folder);
  const known = new Set([MANIFEST_FILE, ...(manifest?.files.map(({ path }) => path) ?? [])]);
  return present.filter((path) => manifest === null || !known.has(path)).sort();
}
