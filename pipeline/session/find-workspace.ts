/** Where the workspace is, and the text of its `pipeline.yaml`: before anything is opened. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { decodeText } from '../pipeline-file/decode-text.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { UserMistakes } from './mistakes.ts';

/** Name of the file that makes a folder a workspace. */
export const PIPELINE_FILE = 'pipeline.yaml';

/** The nearest folder, upward from one, that has a `pipeline.yaml`; null where there is none. */
export function searchWorkspace(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, PIPELINE_FILE))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** The workspace that was named, else the nearest one. @throws {UserMistakes} where there is none */
export function findWorkspace(directory: string | undefined): string {
  const start = resolve(directory ?? '.');
  const found = searchWorkspace(start);
  if (found !== null && (directory === undefined || found === start)) return found;
  const isMisnamed = existsSync(join(start, 'pipeline.yml'));
  throw new UserMistakes([
    {
      code: 'missing-file',
      message: `no ${PIPELINE_FILE} in ${start}${directory === undefined ? ' or above it' : ''}`,
      location: locateArgument(PIPELINE_FILE),
      expected: `to be run in a workspace, or with --directory <folder>`,
      hint: isMisnamed
        ? `rename pipeline.yml to ${PIPELINE_FILE}`
        : 'pipeline init makes a workspace to start from',
    },
  ]);
}

/**
 * The profile of a command that names none, as `pipeline.yaml` stands today; null where it cannot be read.
 *
 * @throws Error where the system refuses to read the file
 */
export async function findUsualProfile(root: string): Promise<string | null> {
  const { loadSpec } = await import('../pipeline-file/load-spec.ts');
  try {
    return loadSpec(PIPELINE_FILE, readPipelineFile(root)).spec?.defaultProfile ?? null;
  } catch (error) {
    if (error instanceof UserMistakes) return null;
    throw error;
  }
}

/**
 * The text of a workspace's `pipeline.yaml`.
 *
 * @throws {UserMistakes} where it is no file, or not in UTF-8
 */
export function readPipelineFile(root: string): string {
  const path = join(root, PIPELINE_FILE);
  if (!statSync(path).isFile()) {
    throw new UserMistakes([
      {
        code: 'not-readable',
        message: `${path} is no file`,
        location: locateArgument(PIPELINE_FILE),
        expected: 'a file, or a link to one',
      },
    ]);
  }
  const { text, diagnostics } = decodeText(PIPELINE_FILE, readFileSync(path));
  if (diagnostics.length === 0) return text;
  throw new UserMistakes(diagnostics, { sources: new Map([[PIPELINE_FILE, text]]), root });
}
