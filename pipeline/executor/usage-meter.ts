/** What stages use while they run: CPU time and memory, looked at now and then, where the system tells. */

import {
  listProcessLoads,
  type ProcessLoad,
  readChildrenSeconds,
  readProcessLoad,
} from '../system/process-load.ts';

/** What a stage has used. */
export interface StageUsage {
  /** CPU time of all its processes. */
  readonly cpuSeconds: number;
  /** The most bytes of memory that its processes were seen to have together; null where nobody looked in time. */
  readonly memory: number | null;
}

/** What all stages use. */
export interface TotalLoad {
  /** CPU time of those that run and of those that have run, since the meter was made. */
  readonly cpuSeconds: number;
  /** Bytes of memory of those that run. */
  readonly memory: number;
}

/** A stage that is followed. */
export interface Metered {
  /**
   * Follows it no more. To be called where the process that leads its group is at work still, or in the
   * event of its end.
   *
   * @param isGone in that event: there is no process to look at any more
   * @returns what it used; null where nothing tells. The same again when called again
   */
  readonly end: (isGone?: boolean) => StageUsage | null;
}

/** Time between two looks, at least. */
const LEAST_PAUSE_MS = 250;
/** Looks take a fiftieth of one CPU at most, however many processes there are. */
const PAUSE_FOR_COST = 50;
/** Deeper than parents go, so that a list read while processes come and go ends. */
const MOST_ANCESTORS = 64;

const UNKNOWN: Metered = { end: () => null };

/** A stage's processes: the group of one process, and what that started in groups of its own. */
class Tree {
  /** When it began, and the most seen since: children whose parent has gone are not counted any more. */
  readonly before: number;
  cpuSeconds: number;
  memory: number | null = null;

  constructor({ cpuSeconds }: Pick<ProcessLoad, 'cpuSeconds'>) {
    this.before = cpuSeconds;
    this.cpuSeconds = cpuSeconds;
  }

  note(cpuSeconds: number, memory: number): void {
    this.cpuSeconds = Math.max(this.cpuSeconds, cpuSeconds);
    this.memory = Math.max(this.memory ?? 0, memory);
  }

  get used(): number {
    return this.cpuSeconds - this.before;
  }
}

/** Follows stages. It looks at processes only while one runs, and keeps no process alive. */
export class UsageMeter {
  /** By the number of the process that leads. */
  readonly #trees = new Map<number, Tree>();
  readonly #listeners = new Set<(load: TotalLoad) => void>();
  /** CPU seconds of those that have ended. */
  #ended = 0;
  /** CPU seconds of children of this process that ended before the last look. */
  #counted = 0;
  #timer: NodeJS.Timeout | null = null;

  /** CPU time of all that was followed. */
  get cpuSeconds(): number {
    return [...this.#trees.values()].reduce((total, { used }) => total + used, this.#ended);
  }

  /** Calls a listener at each look. @returns what ends that */
  listen(listener: (load: TotalLoad) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the processes of a stage. @param pid leads a group; undefined where it could not be started */
  follow(pid: number | undefined): Metered {
    const found = pid === undefined ? null : readProcessLoad(pid);
    if (pid === undefined || found === null) return UNKNOWN;
    const tree = new Tree(found);
    this.#trees.set(pid, tree);
    this.#countChildren();
    this.#schedule(LEAST_PAUSE_MS);
    let usage: StageUsage | undefined;
    return {
      end: (isGone = false) => {
        usage ??= this.#end(pid, tree, isGone);
        return usage;
      },
    };
  }

  #end(pid: number, tree: Tree, isGone: boolean): StageUsage {
    const found = isGone ? null : readProcessLoad(pid);
    if (found !== null) tree.note(found.cpuSeconds, found.memory);
    else tree.cpuSeconds = Math.max(tree.cpuSeconds, this.#countChildren());
    this.#trees.delete(pid);
    this.#ended += tree.used;
    return { cpuSeconds: Number(tree.used.toFixed(2)), memory: tree.memory };
  }

  /**
   * CPU seconds of the children that have ended since the last call: in the event of a child's end, its own, since
   * these events follow its end at once. Of two that end together the first has both.
   */
  #countChildren(): number {
    const before = this.#counted;
    this.#counted = readChildrenSeconds() ?? before;
    return this.#counted - before;
  }

  #schedule(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, milliseconds).unref();
  }

  #look(): void {
    const before = process.cpuUsage();
    let memory = 0;
    if (this.#trees.size > 0) {
      this.#countChildren();
      for (const [pid, load] of sumTrees(listProcessLoads(), this.#trees)) {
        this.#trees.get(pid)?.note(load.cpuSeconds, load.memory);
        memory += load.memory;
      }
      const { user, system } = process.cpuUsage(before);
      this.#schedule(Math.max(LEAST_PAUSE_MS, (PAUSE_FOR_COST * (user + system)) / 1000));
    }
    const load = { cpuSeconds: this.cpuSeconds, memory };
    for (const listener of this.#listeners) listener(load);
  }
}

/** What each leader's tree uses together. */
function sumTrees(
  loads: readonly ProcessLoad[],
  leaders: ReadonlyMap<number, unknown>,
): ReadonlyMap<number, TotalLoad> {
  const byPid = new Map(loads.map((load) => [load.pid, load]));
  const sums = new Map<number, { cpuSeconds: number; memory: number }>();
  for (const load of loads) {
    const leader = findLeader(load, byPid, leaders);
    if (leader === null) continue;
    const sum = sums.get(leader) ?? { cpuSeconds: 0, memory: 0 };
    sums.set(leader, sum);
    sum.cpuSeconds += load.cpuSeconds;
    sum.memory += load.memory;
  }
  return sums;
}

function findLeader(
  load: ProcessLoad,
  byPid: ReadonlyMap<number, ProcessLoad>,
  leaders: ReadonlyMap<number, unknown>,
): number | null {
  let one: ProcessLoad | undefined = load;
  for (let steps = 0; one !== undefined && steps < MOST_ANCESTORS; steps++) {
    if (leaders.has(one.group)) return one.group;
    one = byPid.get(one.parent);
  }
  return null;
}
