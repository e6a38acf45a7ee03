/** Options of `sbatch` → what a job holds by them, as far as they can be read. */

import { readNumber, readSlurmBytes, readSlurmSeconds } from './read-amounts.ts';

/** What a job holds. */
export interface AskedAmounts {
  /** Machines at most. */
  readonly nodes: number;
  /** On all machines together. */
  readonly cpus: number;
  /** On all machines together; 0 where the partition decides. */
  readonly memoryBytes: number;
  /** On all machines together. A shard counts as a whole one: nobody says here how many make one. */
  readonly gpus: number;
  /** It has its machines to itself, or all of their memory. */
  readonly isAlone: boolean;
  /** Options that change what it holds and cannot be read. */
  readonly unread: readonly string[];
}

/** Options that are read. */
const READ =
  'cpus-per-gpu cpus-per-task exclusive gpus gpus-per-node gpus-per-task gres mem mem-per-cpu mem-per-gpu mincpus nodes ntasks ntasks-per-node time'.split(
    ' ',
  );
/** Options that change what is asked for by what machines are like inside, or by a list of them. */
const UNREADABLE = new Set(
  'core-spec cores-per-socket extra-node-info gpus-per-socket hint nodefile nodelist ntasks-per-core ntasks-per-gpu ntasks-per-socket sockets-per-node thread-spec threads-per-core tres-per-task'.split(
    ' ',
  ),
);

/** Reads options as `sbatch` is given them; of what is said twice in different ways the larger counts. */
export function readAsked(options: readonly string[]): AskedAmounts {
  const unread: string[] = [];
  const values = new Map<string, string>();
  for (const option of options) {
    const [name = '', ...value] = option.replace(/^--/, '').split('=');
    values.set(name, value.join('='));
    if (UNREADABLE.has(name) || isAbbreviation(name)) unread.push(option);
  }
  const take = <T>(name: string, read: (text: string) => T | null): T | null => {
    const text = values.get(name);
    if (text === undefined) return null;
    const found = read(text);
    if (found === null) unread.push(`--${name}=${text}`);
    return found;
  };

  take('time', readSlurmSeconds);
  const saidNodes = take('nodes', readNodes);
  const saidTasks = take('ntasks', readNumber);
  const tasksPerNode = take('ntasks-per-node', readNumber);
  // Where neither is said it is one task; each has a machine to itself at most.
  const tasks = saidTasks ?? (saidNodes ?? 1) * (tasksPerNode ?? 1);
  const nodes = saidNodes ?? tasks;

  const gpus = Math.max(
    (take('gres', readGres) ?? 0) * nodes,
    (take('gpus-per-node', readGpus) ?? 0) * nodes,
    (take('gpus-per-task', readGpus) ?? 0) * tasks,
    take('gpus', readGpus) ?? 0,
  );
  const cpus = Math.max(
    tasks * (take('cpus-per-task', readNumber) ?? 1),
    gpus * (take('cpus-per-gpu', readNumber) ?? 0),
    nodes * (take('mincpus', readNumber) ?? 1),
  );
  const perNode = take('mem', readSlurmBytes);
  const memoryBytes = Math.max(
    nodes * (perNode ?? 0),
    cpus * (take('mem-per-cpu', readSlurmBytes) ?? 0),
    gpus * (take('mem-per-gpu', readSlurmBytes) ?? 0),
  );
  const hasAllMemory = perNode === 0;
  const isAlone = values.has('exclusive') || hasAllMemory;
  return { nodes, cpus, memoryBytes, gpus, isAlone, unread };
}

/** `sbatch` takes the beginning of a long name for it, and one letter is none of a long name. */
function isAbbreviation(name: string): boolean {
  const short = name.toLowerCase();
  return !READ.includes(name) && READ.some((long) => long.startsWith(short));
}

/** `2`, or `2-4`, of which the most counts. */
function readNodes(text: string): number | null {
  const [, least, most] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return least === undefined ? null : readNumber(most ?? least);
}

/** `4`, `a100:4`, or several of them. */
function readGpus(text: string): number | null {
  return addUp(text, (one) => readNumber(one.split(':').at(-1) ?? ''));
}

/** `gpu`, `gpu:2`, `gpu:a100:2`, `shard:4`, with others that are no GPUs. */
function readGres(text: string): number | null {
  return addUp(text.replaceAll(/\([^)]*\)/g, ''), (one) => {
    const [name, ...rest] = one.replace(/^gres[/:]/, '').split(/[:=]/);
    if (name === 'mps') return null;
    if (name !== 'gpu' && name !== 'shard') return 0;
    const last = rest.at(-1);
    // Without a number it is one, of whatever type.
    return last === undefined || /^[a-z_]/i.test(last) ? 1 : readNumber(last);
  });
}

function addUp(text: string, read: (one: string) => number | null): number | null {
  const all = text.split(',').map(read);
  return all.reduce<number | null>(
    (sum, one) => (sum === null || one === null ? null : sum + one),
    0,
  );
}
