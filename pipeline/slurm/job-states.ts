/** What Slurm says of jobs → states by task, and what an end without an exit file means. */

import type { JobEnd } from '../executor/executor.ts';

/** One task of a job, by what Slurm calls it. */
export interface SlurmTask {
  readonly job: string;
  readonly index: number;
  /** A job of one task is no array, and called by its number alone. */
  readonly isArray: boolean;
}

/** A task as people and Slurm's programs write it. */
export function nameTask({ job, index, isArray }: SlurmTask): string {
  return isArray ? `${job}_${index}` : job;
}

/** What Slurm says of one task of a job. */
export interface JobState {
  /** Without what follows it: `CANCELLED` of `CANCELLED by 1000`. */
  readonly state: string;
  /** Who cancelled it, as far as Slurm says so. */
  readonly by: string;
  readonly reason: string;
  readonly nodes: string;
}

const UNDER_WAY: ReadonlySet<string> = new Set(
  'PENDING CONFIGURING RUNNING COMPLETING REQUEUED REQUEUE_FED REQUEUE_HOLD RESIZING RESV_DEL_HOLD SIGNALING SPECIAL_EXIT STAGE_OUT STOPPED SUSPENDED POWER_UP_NODE'.split(
    ' ',
  ),
);

/** Reasons for which any job waits for a while. */
const COMMON =
  /^(|None|Priority|Resources|BeginTime|Dependency|Prolog|Cleaning|JobArrayTaskLimit|\(null\))$/;

/** Reasons for which a job waits until somebody lets it go. */
const HOPELESS = /launch failed requeued held|JobHoldMaxRequeue|DependencyNeverSatisfied/i;

/** Whether a task is still to run, or runs. */
export function isUnderWay({ state }: JobState): boolean {
  return UNDER_WAY.has(state);
}

/** Whether a task waits for something that will not come by itself. */
export function isStuck({ state, reason }: JobState): boolean {
  return state === 'PENDING' && HOPELESS.test(reason);
}

/** Whether a task is in the queue, for the first time or again. */
export function isQueued({ state }: JobState): boolean {
  return state === 'PENDING' || /^REQUEUE/.test(state);
}

/** Whether a task waits for what may never come: a limit, a request that nothing here fits. */
export function isOddlyWaiting({ state, reason }: JobState): boolean {
  return state === 'PENDING' && !COMMON.test(reason);
}

/** A state for people. */
export function wordState({ state, reason }: JobState): string {
  const why = reason === '' || reason === 'None' ? '' : ` (${reason})`;
  return state === 'PENDING' ? `waits in Slurm${why}` : `${state.toLowerCase()} in Slurm${why}`;
}

/**
 * Lines of `sacct` or `squeue`, `id|state|reason|nodes`, by `<job>` or `<job>_<index>`. Tasks that wait
 * as one (`7_[3-9,12%50]`) are told under the id of their job.
 */
export function parseStates(text: string): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const line of text.split('\n')) {
    const [id = '', said = '', reason = '', nodes = ''] = line.split('|').map((one) => one.trim());
    const [state = '', ...rest] = said.split(' ');
    if (!/^\d/.test(id) || state === '') continue;
    const key = id.replace(/_\[.*$/, '');
    const by = rest[0] === 'by' ? rest.slice(1).join(' ') : '';
    states.set(key, { state: state.replace(/\+$/, ''), by, reason, nodes });
  }
  return states;
}

/** The state of one task of a job among those that were told; undefined where none was. */
export function findState(
  states: ReadonlyMap<string, JobState>,
  task: SlurmTask,
): JobState | undefined {
  return states.get(nameTask(task)) ?? states.get(task.job);
}

const OUT_OF_MEMORY =
  /^.*(Exceeded job memory limit|exceeded memory limit|oom[-_ ]kill|Out Of Memory).*$/im;
/** What Slurm itself writes to the output of a task that it ends. */
const WORD = /\*\*\* (?:JOB|STEP) \S+ ON .*\*\*\*/g;
/** Of a task that waited when it was ended: what there is in its output is of an earlier run. */
const NOWHERE = /^(|\(null\)|None assigned)$/;

/** Why Slurm ended a task, by its last word in the output; null where it does not say. */
export function readSlurmsWord(said: string, nodes: string): JobEnd | null {
  const word = said.match(WORD)?.at(-1) ?? '';
  if (word.includes('DUE TO TIME LIMIT')) return { kind: 'time-limit' };
  if (word.includes('DUE TO PREEMPTION')) return { kind: 'preempted' };
  return word.includes('DUE TO NODE FAILURE') ? { kind: 'node-failed', nodes } : null;
}

/**
 * Why a task that is over left no exit file.
 *
 * @param said what it and Slurm wrote to its output
 */
export function judgeEnd({ state, by, nodes }: JobState, said: string): JobEnd {
  const memory = OUT_OF_MEMORY.exec(said)?.[0].trim() ?? '';
  const last = said.trim().split('\n').at(-1)?.trim() ?? '';
  switch (state) {
    case 'TIMEOUT':
    case 'DEADLINE':
      return { kind: 'time-limit' };
    case 'PREEMPTED':
      return { kind: 'preempted' };
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return { kind: 'node-failed', nodes };
    case 'OUT_OF_MEMORY':
      return { kind: 'out-of-memory', said: memory };
    case 'CANCELLED':
      return (
        (NOWHERE.test(nodes) ? null : readSlurmsWord(said, nodes)) ?? { kind: 'cancelled', by }
      );
    case 'FAILED':
      // With OverMemoryKill Slurm calls it JobLaunchFailure.
      if (memory !== '') return { kind: 'out-of-memory', said: memory };
      return { kind: 'not-begun', state, said: last };
    default:
      return { kind: 'not-begun', state, said: last };
  }
}

/** Whether another attempt counts as one of the stage's retries; never where a person wanted the end. */
export function judgeRetry({ kind }: JobEnd): 'uncounted' | 'never' | undefined {
  switch (kind) {
    case 'preempted':
    case 'node-failed':
    case 'cut-off':
    case 'input-replaced':
    case 'unsubmitted':
    case 'lost':
      return 'uncounted';
    case 'cancelled':
    case 'refused':
      return 'never';
    default:
      return undefined;
  }
}
