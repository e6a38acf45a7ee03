import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { GraphNode } from '../../../../pipeline/graph/types.ts';
import { rankNodes } from '../../../../pipeline/scheduler/priorities.ts';
import { ResourcePool } from '../../../../pipeline/scheduler/resources.ts';
import { MAX_OVERTAKES, type Runnable, Schedule } from '../../../../pipeline/scheduler/schedule.ts';
import type { Share } from '../../../../pipeline/scheduler/share.ts';
import { expandSound } from '../../../fixtures/graph.ts';

interface Work {
  readonly needs: readonly number[];
  readonly cpus: number;
  /** How many more it can use; null for all. */
  readonly extra: number | null;
  /** Its stage asks how many it may use. */
  readonly heeds: boolean;
  readonly gigabytes: number;
  readonly gpus: number;
  readonly seconds: number;
  /** What becomes of the node: found in the cache, run, or run and failed. */
  readonly fate: 'cached' | 'runs' | 'fails';
}

const work = fc.record({
  needs: fc.array(fc.nat(), { maxLength: 3 }),
  cpus: fc.integer({ min: 1, max: 6 }),
  extra: fc.constantFrom(0, 0, 1, 2, 5, null),
  heeds: fc.boolean(),
  gigabytes: fc.integer({ min: 0, max: 6 }),
  gpus: fc.constantFrom(0, 0, 0.25, 0.5, 0.6, 1, 2),
  seconds: fc.integer({ min: 0, max: 9 }),
  fate: fc.constantFrom<Work['fate']>('cached', 'runs', 'runs', 'fails'),
});
const works = fc.array(work, { minLength: 1, maxLength: 12 }).map((all) =>
  all.map((one, i) => ({
    ...one,
    needs: i === 0 ? [] : [...new Set(one.needs.map((n) => n % i))],
  })),
);

function makeNodes(all: readonly Work[]): GraphNode[] {
  const text = stringify({
    version: 1,
    stages: Object.fromEntries(
      all.map(({ needs, cpus, extra, gigabytes, gpus }, i) => [
        `s${i}`,
        {
          command: 'x',
          needs: needs.map((j) => `s${j}`),
          outputs: { o: `o${i}` },
          resources: {
            cpus: { least: cpus, most: extra === null ? 'all' : cpus + extra },
            memory: `${gigabytes}GB`,
            gpus,
          },
        },
      ]),
    ),
  });
  return [...expandSound(text).nodes.values()];
}

const budget = { cpus: 4, memoryBytes: 4e9, gpus: ['a', 'b'] };
const total = { ...budget, gpus: 2 };

/** A moment at which nothing more starts. */
interface Moment {
  readonly pool: ResourcePool;
  readonly running: readonly Runnable[];
  readonly waiting: ReadonlySet<GraphNode>;
  /** No stage has yet to hear of what it may use. */
  readonly isSettled: boolean;
}

interface Start {
  readonly node: GraphNode;
  readonly gpus: readonly string[];
  readonly fitting: readonly GraphNode[];
}

/**
 * Plays a whole run: which of the running nodes ends next, or hears of its CPUs, is the given sequence's
 * choice.
 *
 * @param look called whenever nothing more starts
 */
function play(all: readonly Work[], choices: readonly number[], look = (_: Moment) => {}) {
  const nodes = makeNodes(all);
  const pool = new ResourcePool(budget);
  const workOf = (node: GraphNode) => all[Number(node.id.slice(1))] as Work;
  const secondsOf = (node: GraphNode) => workOf(node).seconds;
  const schedule = new Schedule(nodes, pool, secondsOf);
  const running: Runnable[] = [];
  /** Those that have heard of what they may use, once at least. */
  const heeding = new Set<Share>();
  const waiting = new Set<GraphNode>();
  /** At each start: what started, and what could have. */
  const starts: Start[] = [];
  const ended: { id: string; how: string }[] = [];
  const peaks = { cpus: 0, memoryBytes: 0, gpu: 0, atOnce: 0 };
  for (let turn = 0; ; turn++) {
    const ready = schedule.nextReady();
    if (ready !== undefined) {
      if (workOf(ready).fate === 'cached') {
        ended.push({ id: ready.id, how: 'cached' });
        schedule.succeed(ready);
      } else {
        schedule.enqueue(ready);
        waiting.add(ready);
      }
      continue;
    }
    const fitting = [...waiting].filter(
      (node) => pool.lacksFor(pool.shareOf(node.stage.resources)).length === 0,
    );
    const next = schedule.nextRunnable();
    if (next !== undefined) {
      waiting.delete(next.node);
      starts.push({ node: next.node, fitting, gpus: next.share.gpus });
      running.push(next);
      const shares = running.map(({ node }) => pool.shareOf(node.stage.resources));
      const memory = shares.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      peaks.memoryBytes = Math.max(peaks.memoryBytes, memory);
      for (const id of budget.gpus) peaks.gpu = Math.max(peaks.gpu, takenOf(id, running));
      peaks.atOnce = Math.max(peaks.atOnce, running.length);
      continue;
    }
    schedule.spreadCpus();
    for (const { share } of running) if (share.isWaiting) share.begin();
    const held = running.reduce((sum, { share }) => sum + share.held, 0);
    expect(held + pool.freeCpus).toBe(budget.cpus);
    peaks.cpus = Math.max(peaks.cpus, held);
    const unheard = running.filter(
      ({ node, share }) => workOf(node).heeds && (!heeding.has(share) || share.held !== share.now),
    );
    look({ pool, running, waiting, isSettled: unheard.length === 0 });
    const choice = (choices[turn % choices.length] ?? 0) % (running.length + unheard.length || 1);
    const hearing = unheard[choice - running.length];
    if (hearing !== undefined) {
      heeding.add(hearing.share);
      hearing.share.heed(hearing.share.now);
      continue;
    }
    const ending = running.splice(choice, 1)[0]?.node;
    if (ending === undefined) break;
    schedule.release(ending);
    if (workOf(ending).fate === 'fails') {
      ended.push({ id: ending.id, how: 'failed' });
      for (const lost of schedule.fail(ending)) ended.push({ id: lost.id, how: 'skipped' });
    } else {
      ended.push({ id: ending.id, how: 'executed' });
      schedule.succeed(ending);
    }
  }
  return { ended, peaks, left: schedule.drain(), pool, starts, ranks: rankNodes(nodes, secondsOf) };
}

/** How much of a GPU is taken by those that have it. */
function takenOf(id: string, running: readonly Runnable[]): number {
  const having = running.filter(({ share }) => share.gpus.includes(id));
  return having.reduce((sum, { node }) => sum + Math.min(1, node.stage.resources.gpus), 0);
}

const plain = { needs: [], cpus: 1, extra: 0, heeds: false, gigabytes: 0, gpus: 0, seconds: 1 };

const training = { ...plain, extra: null, heeds: true, fate: 'runs' } as const;

/** A run whose stages begin at once, and hear and end when they are told to. */
function openRun(all: readonly Work[]) {
  const schedule = new Schedule(makeNodes(all), new ResourcePool(budget), () => 1);
  const running = new Map<string, Runnable>();
  const find = (id: string) => {
    const one = running.get(id);
    if (one === undefined) throw new Error(`${id} does not run`);
    return one;
  };
  return {
    /** Starts what can start. @returns what runs, with its CPUs */
    start: () => {
      for (let node = schedule.nextReady(); node !== undefined; node = schedule.nextReady()) {
        schedule.enqueue(node);
      }
      for (let next = schedule.nextRunnable(); next !== undefined; next = schedule.nextRunnable()) {
        running.set(next.node.id, next);
      }
      schedule.spreadCpus();
      for (const { share } of running.values()) if (share.isWaiting) share.begin();
      return [...running].map(([id, { share }]) => `${id} ${share.now}`);
    },
    hear: (id: string) => find(id).share.heed(find(id).share.now),
    end: (id: string) => {
      schedule.release(find(id).node);
      schedule.succeed(find(id).node);
      running.delete(id);
    },
  };
}

const choices = fc.array(fc.nat(), { minLength: 1 });

describe('Schedule', () => {
  it('ends every node exactly once and leaves nothing taken or waiting', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const { ended, left, pool } = play(all, order);
        expect(ended.map(({ id }) => id).sort()).toEqual(all.map((_, i) => `s${i}`).sort());
        expect(left).toEqual([]);
        expect(pool.take(total)).toEqual(budget.gpus);
      }),
    );
  });

  it('never takes more than there is, and runs even what asks for more than there is', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const { peaks, starts } = play(all, order);
        expect(peaks.cpus).toBeLessThanOrEqual(budget.cpus);
        expect(peaks.memoryBytes).toBeLessThanOrEqual(budget.memoryBytes);
        expect(peaks.gpu).toBeLessThanOrEqual(1);
        // A part of a GPU is of one, never of two.
        for (const { node, gpus } of starts) {
          expect(gpus).toHaveLength(Math.ceil(node.stage.resources.gpus));
        }
      }),
    );
  });

  it('starts, of the nodes that fit, the one with the longest way to an end', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        // Too few nodes for any of them to be overtaken too often.
        const { starts, ranks } = play(all, order);
        for (const { node, fitting } of starts) {
          const places = fitting.map(({ id }) => ranks.get(id) ?? Infinity);
          expect(ranks.get(node.id)).toBe(Math.min(...places));
        }
      }),
    );
  });

  it('lets no stream of small nodes keep a large one waiting', () => {
    const small = { ...plain, fate: 'runs' } as const;
    // The large one has the longest way but is ready only when small ones have taken their CPUs.
    const first = { ...small, seconds: 1 };
    const large = { ...small, needs: [0], cpus: 4, seconds: 100 };
    const many = Array.from({ length: 100 }, () => ({ ...small, seconds: 3 }));
    const { starts } = play([first, large, ...many], [0]);
    const order: string[] = starts.map(({ node }) => node.id);
    expect(order.indexOf('s1')).toBe(budget.cpus + MAX_OVERTAKES);
    expect(order).toHaveLength(102);
  });

  it('lets a node that waits for a GPU hold up no node that needs none', () => {
    const small = { ...plain, fate: 'runs' } as const;
    const users = [1, 2, 3].map(() => ({ ...small, gpus: 2, seconds: 100 }));
    const many = Array.from({ length: 40 }, () => small);
    // Of what runs, the last ends: the first user of the GPUs goes on while all small ones run.
    const { starts } = play([...users, ...many], [1]);
    expect(starts.map(({ node }) => node.id).slice(1, 41)).not.toContain('s1');
    expect(starts).toHaveLength(43);
  });

  it('lets no stream of parts of GPUs keep a whole one waiting', () => {
    const half = { ...plain, fate: 'runs', gpus: 0.5 } as const;
    // Ready only when both GPUs have a part taken, of which one after the other ends.
    const both = { ...half, needs: [0], gpus: 2, seconds: 100 };
    const many = Array.from({ length: 60 }, () => ({ ...half, seconds: 3 }));
    const { starts } = play([{ ...half, seconds: 1 }, both, ...many], [1, 0]);
    const order: string[] = starts.map(({ node }) => node.id);
    expect(order.indexOf('s1')).toBeLessThanOrEqual(4 + MAX_OVERTAKES);
    expect(order).toHaveLength(62);
  });

  it('gives the same GPUs each time that the same happens', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const told = () => play(all, order).starts.map(({ node, gpus }) => [node.id, gpus]);
        expect(told()).toEqual(told());
      }),
      { numRuns: 20 },
    );
  });

  it('starts a node only after all it needs, and nothing below a failure', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const { ended } = play(all, order);
        const place = new Map(ended.map(({ id }, i) => [id, i]));
        const how = new Map(ended.map(({ id, how }) => [id, how]));
        for (const [i, { needs }] of all.entries()) {
          const upstream = needs.map((j) => `s${j}`);
          const isLost = upstream.some((id) => ['failed', 'skipped'].includes(how.get(id) ?? ''));
          expect(how.get(`s${i}`) === 'skipped').toBe(isLost);
          if (isLost) continue;
          for (const id of upstream) expect(place.get(id)).toBeLessThan(place.get(`s${i}`) ?? -1);
        }
      }),
    );
  });

  it('gives each node what it needs at least, and never more than it can use', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        play(all, order, ({ pool, running }) => {
          for (const { node, share } of running) {
            const { cpus } = pool.shareOf(node.stage.resources);
            const most = node.stage.resources.mostCpus ?? budget.cpus;
            expect(share.now).toBeGreaterThanOrEqual(cpus);
            expect(share.held).toBeGreaterThanOrEqual(share.now);
            expect(share.held).toBeLessThanOrEqual(Math.min(most, budget.cpus));
          }
        });
      }),
    );
  });

  it('keeps no node waiting for CPUs that others have beyond their need and would give back', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        play(all, order, ({ pool, running, waiting, isSettled }) => {
          if (!isSettled) return;
          const lent = running
            .filter(({ share }) => share.isFlexible)
            .reduce((sum, { share }) => sum + share.held - share.least, 0);
          for (const node of waiting) {
            const wanted = pool.shareOf(node.stage.resources);
            const lacks = pool.lacksFor({ ...wanted, cpus: wanted.cpus - lent });
            expect(lacks).not.toEqual([]);
          }
        });
      }),
    );
  });

  it('leaves no CPU idle that a stage would use which asks for them', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        play(all, order, ({ pool, running, waiting, isSettled }) => {
          const mayUseMore = running.some(
            ({ share }) => share.isFlexible && share.now < share.most,
          );
          if (isSettled && waiting.size === 0 && mayUseMore) expect(pool.freeCpus).toBe(0);
        });
      }),
    );
  });

  it('spreads CPUs evenly, and gives those of one that ends to the others', () => {
    const run = openRun([training, training, training]);
    expect(run.start()).toEqual(['s0 2', 's1 1', 's2 1']);
    for (const id of ['s0', 's1', 's2']) run.hear(id);
    run.end('s0');
    expect(run.start()).toEqual(['s1 2', 's2 2']);
    run.end('s2');
    expect(run.start()).toEqual(['s1 4']);
  });

  it('asks CPUs back for a node that waits, which starts when the stage has heard of it', () => {
    const late = { ...plain, needs: [0], cpus: 2, fate: 'runs' } as const;
    const run = openRun([{ ...plain, fate: 'runs' }, training, late]);
    expect(run.start()).toEqual(['s0 1', 's1 3']);
    run.hear('s1');
    run.end('s0');
    expect(run.start()).toEqual(['s1 2']);
    run.hear('s1');
    expect(run.start()).toEqual(['s1 2', 's2 2']);
    run.end('s2');
    expect(run.start()).toEqual(['s1 4']);
  });

  it('asks nothing back from a stage that does not ask, nor for one that has only begun', () => {
    const late = { ...training, needs: [0] };
    const run = openRun([{ ...plain, fate: 'runs' }, training, late]);
    expect(run.start()).toEqual(['s0 1', 's1 3']);
    run.end('s0');
    expect(run.start()).toEqual(['s1 3', 's2 1']);
    run.hear('s1');
    expect(run.start()).toEqual(['s1 3', 's2 1']);
    run.hear('s2');
    expect(run.start()).toEqual(['s1 2', 's2 1']);
    run.hear('s1');
    expect(run.start()).toEqual(['s1 2', 's2 2']);
  });

  it('runs independent nodes at once, as many as fit', () => {
    const small = { ...plain, fate: 'runs' } as const;
    expect(play([small, small, small], [0]).peaks.atOnce).toBe(3);
    const large = { ...small, cpus: 3 };
    expect(play([large, large, small], [0]).peaks).toMatchObject({ atOnce: 2, cpus: 4 });
  });

  it('gives up on what has not started, and only on that', () => {
    const nodes = makeNodes([
      { ...plain, fate: 'runs' },
      { ...plain, needs: [0], fate: 'runs' },
    ]);
    const schedule = new Schedule(nodes, new ResourcePool(budget), () => 1);
    const first = schedule.nextReady();
    if (first === undefined) throw new Error('nothing is ready');
    schedule.succeed(first);
    expect(schedule.drain().map(({ id }) => id)).toEqual(['s1']);
    expect(schedule.nextReady()).toBeUndefined();
  });
});
