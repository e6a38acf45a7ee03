/** What is known of an experiment beside its journal: `experiment.json`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';

const FILE = 'experiment.json';

/** What is known of an experiment. */
export interface ExperimentHead {
  readonly schema: 1;
  readonly id: string;
  /** At random, unlike that of the same experiment in another copy of the workspace. */
  readonly mark: string;
  readonly name: string;
  readonly node: string;
  readonly profile: string;
  /** The trackers that are to have all of it. */
  readonly trackers: readonly string[];
  /** Which file of the journal goes on; earlier ones were taken by all and removed. */
  readonly part: number;
  /** The fingerprint of the work that it is told by now or was last; null where that is not known. */
  readonly work: string | null;
  /** The fingerprint whose work has ended well; null where none has. */
  readonly ended: string | null;
  /** The last step of each metric in the parts that are gone. */
  readonly reach: Readonly<Record<string, number>>;
}

/** Reads it from a journal's folder; null where there is none that can be read. @throws a system error */
export function readExperimentHead(folder: string): ExperimentHead | null {
  let value: Json;
  try {
    value = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Json;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return null;
    throw error;
  }
  return isJsonObject(value) && isHead(value) ? value : null;
}

/** Writes it. @param aside folder for files on their way to their place @throws a system error */
export function writeExperimentHead(folder: string, head: ExperimentHead, aside: string): void {
  writeFileAtomic(join(folder, FILE), `${JSON.stringify(head)}\n`, aside);
}

function isHead(
  head: Readonly<Record<string, Json>>,
): head is Record<string, Json> & ExperimentHead {
  return (
    head['schema'] === 1 &&
    ['id', 'mark', 'name', 'node', 'profile'].every((key) => typeof head[key] === 'string') &&
    ['work', 'ended'].every((key) => head[key] === null || typeof head[key] === 'string') &&
    Array.isArray(head['trackers']) &&
    typeof head['part'] === 'number' &&
    isJsonObject(head['reach'])
  );
}
