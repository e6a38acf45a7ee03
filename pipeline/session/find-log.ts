/** `log`, acting: the log of a node's last attempt, of any run, or of one that goes on. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunHistory } from '../cache/history.ts';
import { ObjectStore } from '../cache/objects.ts';
import { type ResultRecord, ResultStore } from '../cache/results.ts';
import { stageOf } from '../graph/node-name.ts';
import { type KeptRun, readAccount } from '../history/account.ts';
import { findAttempts, type LoggedAttempt, listLoggedNodes } from '../history/attempts.ts';
import { listRuns, shortenRunId } from '../history/find-run.ts';
import { readRunResults } from '../history/run-results.ts';
import { suggest } from '../pipeline-file/diagnostic.ts';
import { readFrom } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { findRunOrFail } from './list-runs.ts';
import { badArgument, type UserMistakes } from './mistakes.ts';
import { withLayout } from './open-layout.ts';

/** Whose log is wanted. */
export interface LogOptions {
  readonly directory?: string;
  /** Names a run; undefined for the last one that ran the node. */
  readonly run?: string;
  /** Go on while the attempt does. */
  readonly follow?: boolean;
}

/** What is told of a log, in order. */
export type LogStep =
  | { readonly kind: 'attempt'; readonly attempt: LoggedAttempt; readonly isRunning: boolean }
  /** The result is in the cache with its log, and the run that made it has none any more. */
  | { readonly kind: 'result'; readonly result: ResultRecord }
  | { readonly kind: 'text'; readonly text: Buffer }
  | { readonly kind: 'end'; readonly attempt: LoggedAttempt };

/** How often a log that grows is looked at. */
const PAUSE_MS = 200;
/** The names of the nodes of so many runs are known for suggestions. */
const SUGGESTED_RUNS = 10;

/**
 * Tells the logs of all attempts that the last run which ran a node made at it; of a run that is named and
 * found the node cached, those of the run that made the result.
 *
 * @throws {UserMistakes} where no log of the node is kept
 */
export function tellLog(
  node: string,
  options: LogOptions,
  tell: (step: LogStep) => void,
): Promise<void> {
  return withLayout(options.directory, undefined, async (layout) => {
    const found = findLog(node, options.run, layout);
    if ('record' in found) {
      tell({ kind: 'result', result: found });
      tell({ kind: 'text', text: readKeptLog(found, layout) });
      return;
    }
    const teller = new LogTeller(found, layout, tell);
    teller.catchUp();
    while (options.follow === true && teller.isRunning) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      teller.catchUp();
    }
  });
}

/** Tells what has come to the logs of a node in a run since the last time. */
class LogTeller {
  readonly #layout: StateLayout;
  readonly #tell: (step: LogStep) => void;
  readonly #run: KeptRun;
  readonly #node: string;
  /** How many attempts were told of, and how much of the log of the last. */
  #told = 0;
  #bytes = 0;
  #ended = 0;
  isRunning = true;

  constructor({ run, node }: LoggedAttempt, layout: StateLayout, tell: (step: LogStep) => void) {
    this.#run = run;
    this.#node = node;
    this.#layout = layout;
    this.#tell = tell;
  }

  catchUp(): void {
    // Before the log, whose last lines are there when the run tells of the end.
    const { attempts } = findAttempts(this.#run, this.#node);
    const isOver = readAccount(this.#run, this.#layout).end !== 'running';
    for (const attempt of attempts.slice(Math.max(0, this.#told - 1))) {
      if (attempt.number > this.#told) {
        this.#told = attempt.number;
        this.#bytes = 0;
        const isRunning = attempt.end === null && !isOver;
        this.#tell({ kind: 'attempt', attempt, isRunning });
      }
      const log = join(this.#layout.workspace, attempt.log);
      const text = readFrom(log, this.#bytes, Number.POSITIVE_INFINITY);
      this.#bytes += text.length;
      if (text.length > 0) this.#tell({ kind: 'text', text });
      if (attempt.end !== null && attempt.number > this.#ended) {
        this.#ended = attempt.number;
        this.#tell({ kind: 'end', attempt });
      }
    }
    const last = attempts.at(-1);
    const isDone = last !== undefined && (last.end === 'executed' || last.end === 'failed');
    this.isRunning = !isDone && !isOver;
  }
}

function findLog(
  node: string,
  name: string | undefined,
  layout: StateLayout,
): LoggedAttempt | ResultRecord {
  const runs = listRuns(layout);
  if (name === undefined) {
    const found = findNewest(node, runs) ?? findMade(node, layout);
    if (found !== null) return found;
    throw refuse(node, runs);
  }
  const run = findRunOrFail(name, layout, '--run');
  const { attempts, without } = findAttempts(run, node);
  const [attempt] = attempts.slice(-1);
  if (attempt !== undefined) return attempt;
  if (without !== 'cached') {
    const was = without === 'skipped' ? 'skipped' : 'had nothing to do with';
    throw badArgument(`--run ${name}`, `the run ${shortenRunId(run.id)} ${was} ${node}`);
  }
  const result = readRunResults(run, layout).get(node)?.record;
  const made = runs.find(({ id }) => id === result?.provenance.run);
  const maker = made === undefined ? null : findNewest(node, [made]);
  if (maker !== null) return maker;
  if (result?.log != null) return result;
  const earlier = findNewest(node, runs.slice(0, runs.indexOf(run)));
  if (earlier !== null) return earlier;
  throw badArgument(
    `--run ${name}`,
    `${node} was cached in the run ${shortenRunId(run.id)}, and no log of what made it is kept`,
  );
}

/** The last attempt at a node in the newest run that made one. */
function findNewest(node: string, runs: readonly KeptRun[]): LoggedAttempt | null {
  for (const run of runs.toReversed()) {
    const attempt = findAttempts(run, node).attempts.at(-1);
    if (attempt !== undefined) return attempt;
  }
  return null;
}

/** The newest result of a node that is kept with its log. */
function findMade(node: string, layout: StateLayout): ResultRecord | null {
  const results = new ResultStore(layout);
  for (const { fingerprint, node: name } of new RunHistory(layout, results).ofStage(
    stageOf(node),
  )) {
    if (name !== node) continue;
    const { result } = results.read(fingerprint);
    if (result?.log != null) return result;
  }
  return null;
}

function readKeptLog({ log }: ResultRecord, layout: StateLayout): Buffer {
  if (log === null || new ObjectStore(layout).check(log) !== 'sound') return Buffer.alloc(0);
  return readFileSync(layout.object(log));
}

function refuse(node: string, runs: readonly KeptRun[]): UserMistakes {
  const known = new Set(runs.slice(-SUGGESTED_RUNS).flatMap((run) => [...listLoggedNodes(run)]));
  const cells = [...known].filter((name) => name.startsWith(`${node}/`));
  if (cells.length > 0) {
    const some = cells.slice(0, 3).join(', ');
    const message = `"${node}" is a stage of several nodes`;
    return badArgument(node, message, { expected: `one of them, such as ${some}` });
  }
  const message = known.has(node)
    ? `no attempt at ${node} is kept`
    : runs.length === 0
      ? 'nothing has been run in this workspace'
      : `no run that is kept knows a node "${node}"`;
  return badArgument(node, message, suggest(node, known));
}
