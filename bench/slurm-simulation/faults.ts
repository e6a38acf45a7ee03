/** What goes wrong in a simulated cluster: drawn by a seed, for each run of a cell and each call of a program. */

import { openStream } from '../../experiment/data/random.ts';

/** How one run of a cell's job ends. */
export type Fate =
  | 'done'
  /** The stage exits with status 1. */
  | 'failed'
  /** Asked to end, writes its exit file, and is put into the queue again. */
  | 'preempted'
  /** Its node fails: gone without a word, and put into the queue again. */
  | 'node-requeued'
  /** Its node fails, and Slurm gives it up. */
  | 'node-failed'
  /** Asked to end at its time limit, writes its exit file. */
  | 'time-limit'
  /** Ended without a word, and called FAILED. */
  | 'cut-off'
  /** Slurm forgets it, in the queue or while it runs; the database too. */
  | 'lost'
  /** Done, and its exit file is seen later than its end. */
  | 'late-exit';

/** What becomes of a call of one of Slurm's programs. */
export type CallFate =
  | 'answered'
  /** The controller does not answer. */
  | 'silent'
  /** It does what it is asked for, and the answer is lost. */
  | 'reply-lost'
  /** It answers late. */
  | 'slow'
  /** It tells what was true some seconds ago. */
  | 'stale'
  /** It tells of no job. */
  | 'empty';

/** How likely each is, of one run. */
const FATES: readonly (readonly [Fate, number])[] = [
  ['failed', 0.004],
  ['preempted', 0.004],
  ['node-requeued', 0.002],
  ['node-failed', 0.002],
  ['time-limit', 0.002],
  ['cut-off', 0.002],
  ['lost', 0.001],
  ['late-exit', 0.003],
];
const SUBMISSIONS: readonly (readonly [CallFate, number])[] = [
  ['silent', 0.03],
  ['reply-lost', 0.03],
  ['slow', 0.03],
];
const QUESTIONS: readonly (readonly [CallFate, number])[] = [
  ['silent', 0.05],
  ['slow', 0.05],
  ['stale', 0.1],
  ['empty', 0.03],
];
/** Of cells, those whose stage never ends well. */
const HOPELESS = 0.0005;

/** Draws what happens. The same seed gives the same ends to the same runs, whenever they come. */
export class Faults {
  readonly #seed: number;
  readonly #scale: number;

  /** @param scale how many times as likely as usual everything is; 0 for a cluster without faults */
  constructor(seed: number, scale: number) {
    this.#seed = seed;
    this.#scale = scale;
  }

  /** A number, uniform in [0, 1), that belongs to a name. */
  draw(name: string): number {
    return openStream(this.#seed, name).uniform();
  }

  /** Whether no run of a cell ends well. */
  isHopeless(cell: string): boolean {
    return this.draw(`hopeless ${cell}`) < HOPELESS * this.#scale;
  }

  /** @param run counted from 0 over all jobs of the cell */
  fateOf(cell: string, run: number): Fate {
    if (this.isHopeless(cell)) return 'failed';
    // A cell has few retries, and bad luck alone is to use up none's.
    return run >= 2 ? 'done' : (this.#pick(FATES, `fate ${cell} ${run}`) ?? 'done');
  }

  /** @param call counted from 0, of this program */
  fateOfCall(program: string, call: number): CallFate {
    const table = program === 'sbatch' ? SUBMISSIONS : program === 'scontrol' ? [] : QUESTIONS;
    return this.#pick(table, `${program} ${call}`) ?? 'answered';
  }

  #pick<T>(table: readonly (readonly [T, number])[], name: string): T | undefined {
    let left = this.draw(name) / (this.#scale || Number.MIN_VALUE);
    for (const [what, share] of table) {
      left -= share;
      if (left < 0) return what;
    }
    return undefined;
  }
}
