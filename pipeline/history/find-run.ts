/** The runs whose logs are kept, and what a name on the command line stands for among them. */

import { readdirSync } from 'node:fs';
import { type Diagnostic, locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { type KeptRun, keptRunAt } from './account.ts';

/** What a run's folder is called, see `makeRunId`: when it started, then six digits of its own. Some disks keep names in small letters. */
const RUN = /^\d{4}-\d\d-\d\dT[\dZ-]+-([0-9a-f]{6})$/i;
const LATEST = /^latest(?:~(\d+))?$/;
/** So many runs are named where a name stands for several. */
const NAMED = 4;

/** All runs whose folders are kept, the oldest first. */
export function listRuns(layout: StateLayout): readonly KeptRun[] {
  const pilots = listFolders(layout.pilot.runRoot, true);
  const runs = [...listFolders(layout.runRoot, false), ...pilots];
  return runs.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The last six digits of a run's name, which people type. */
export function shortenRunId(id: string): string {
  return RUN.exec(id)?.[1] ?? id;
}

/**
 * The run that a name stands for: `latest`, `latest~2` for the second before it, its whole name, or the
 * beginning of that or of its last six digits, where no other run has it. Pilots are told by name alone.
 *
 * @param runs the oldest first
 * @param argument what the name was given for, such as `--with`
 */
export function findKeptRun(
  name: string,
  runs: readonly KeptRun[],
  argument: string,
): Result<KeptRun> {
  const latest = LATEST.exec(name);
  if (latest !== null) {
    const own = runs.filter(({ isPilot }) => !isPilot);
    const run = own.at(-1 - Number(latest[1] ?? 0));
    if (run !== undefined) return { ok: true, value: run };
    const kept = `${own.length} ${own.length === 1 ? 'run is' : 'runs are'} kept`;
    return refuse(argument, `there is no run "${name}": ${kept}`);
  }
  const found = name === '' ? [] : runs.filter(({ id }) => isNamed(id, name));
  const [run] = found;
  if (run === undefined) return refuse(argument, `no run that is kept is called "${name}"`);
  if (found.length === 1) return { ok: true, value: run };
  const named = found.slice(-NAMED).map(({ id }) => id);
  const more = found.length > named.length ? ` and ${found.length - named.length} more` : '';
  return refuse(argument, `"${name}" stands for several runs: ${named.join(', ')}${more}`);
}

function isNamed(id: string, name: string): boolean {
  return id === name || id.startsWith(name) || shortenRunId(id).startsWith(name);
}

function refuse(argument: string, message: string): { ok: false; diagnostics: Diagnostic[] } {
  const expected = 'latest, latest~1, …, or the beginning of a name that pipeline runs shows';
  const location = locateArgument(argument);
  return { ok: false, diagnostics: [{ code: 'bad-argument', message, location, expected }] };
}

function listFolders(root: string, isPilot: boolean): KeptRun[] {
  try {
    const names = readdirSync(root).filter((name) => RUN.test(name));
    return names.map((id) => keptRunAt(root, id, isPilot));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}
