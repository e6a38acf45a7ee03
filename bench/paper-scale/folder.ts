/** What stands in docs/paper-scale: names of its files, and how they are read. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSolutions } from '../../experiment/claims/read-rows.ts';
import type { Row } from '../../experiment/claims/select.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { readEvaluation } from '../../experiment/recorded/read-runs.ts';

/** Files and folders of it. */
export const FILES = {
  page: 'README.md',
  evaluations: 'evaluations',
  configs: 'configs',
  results: 'results.jsonl',
  epochs: 'epochs.csv',
  claims: 'claims.json',
  solutions: 'least-norm.jsonl',
} as const;

/** The columns of `epochs.csv`. */
export const EPOCH_COLUMNS = [
  'experiment',
  'epoch',
  'step',
  'loss',
  'accuracy',
  'learning_rate',
] as const;

/** A result behind the folder: a line of `results.jsonl`. */
export interface RecordedResult {
  readonly node: string;
  readonly fingerprint: string;
  /** When it was made, and for how long, in seconds. */
  readonly at: string;
  readonly seconds: number;
  /** SHA-256 of its outputs, by name; volatile ones are left out. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Reads the results behind a folder. */
export function readRecorded(folder: string): readonly RecordedResult[] {
  const text = readFileSync(join(folder, FILES.results), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedResult);
}

/** Reads all evaluations of a folder, by name. */
export async function readEvaluations(folder: string): Promise<readonly Evaluation[]> {
  const names = readdirSync(join(folder, FILES.evaluations)).sort();
  return Promise.all(
    names.map((name) => {
      const path = join(folder, FILES.evaluations, name);
      return readEvaluation({ path, cell: {} });
    }),
  );
}

/** Reads the solutions of section 5; none where the folder has none. */
export function readSolutions(folder: string): readonly Row[] {
  if (!readdirSync(folder).includes(FILES.solutions)) return [];
  const path = join(folder, FILES.solutions);
  return parseSolutions(path, readFileSync(path, 'utf8'));
}

/** What claims are judged by. */
export function listRows(
  evaluations: readonly Evaluation[],
  solutions: readonly Row[],
): readonly Row[] {
  return [...evaluations, ...solutions];
}
