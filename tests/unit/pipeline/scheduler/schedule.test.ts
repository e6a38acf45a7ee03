import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { GraphNode } from '../../../../pipeline/graph/types.ts';
import { ResourcePool } from '../../../../pipeline/scheduler/resources.ts';
import { Schedule } from '../../../../pipeline/scheduler/schedule.ts';
import { expandSound } from '../../../fixtures/graph.ts';

interface Work {
  readonly needs: readonly number[];
  readonly cpus: number;
  readonly gigabytes: number;
  /** What becomes of the node: found in the cache, run, or run and failed. */
  readonly fate: 'cached' | 'runs' | 'fails';
}

const work = fc.record({
  needs: fc.array(fc.nat(), { maxLength: 3 }),
  cpus: fc.integer({ min: 1, max: 6 }),
  gigabytes: fc.integer({ min: 0, max: 6 }),
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
      all.map(({ needs, cpus, gigabytes }, i) => [
        `s${i}`,
        {
          command: 'x',
          needs: needs.map((j) => `s${j}`),
          outputs: { o: `o${i}` },
          resources: { cpus, memory: `${gigabytes}GB` },
        },
      ]),
    ),
  });
  return [...expandSound(text).nodes.values()];
}

const budget = { cpus: 4, memoryBytes: 4e9, gpus: 0 };

/** Plays a whole run: which of the running nodes ends next is the given sequence's choice. */
function play(all: readonly Work[], choices: readonly number[]) {
  const nodes = makeNodes(all);
  const pool = new ResourcePool(budget);
  const schedule = new Schedule(nodes, pool);
  const workOf = (node: GraphNode) => all[Number(node.id.slice(1))] as Work;
  const running: GraphNode[] = [];
  const ended: { id: string; how: string }[] = [];
  const peaks = { cpus: 0, memoryBytes: 0, atOnce: 0 };
  for (let turn = 0; ; turn++) {
    const ready = schedule.nextReady();
    if (ready !== undefined) {
      if (workOf(ready).fate === 'cached') {
        ended.push({ id: ready.id, how: 'cached' });
        schedule.settle(ready);
      } else schedule.enqueue(ready);
      continue;
    }
    const next = schedule.nextRunnable();
    if (next !== undefined) {
      running.push(next);
      const shares = running.map((node) => pool.shareOf(node.stage.resources));
      const sum = (key: 'cpus' | 'memoryBytes') => shares.reduce((t, share) => t + share[key], 0);
      peaks.cpus = Math.max(peaks.cpus, sum('cpus'));
      peaks.memoryBytes = Math.max(peaks.memoryBytes, sum('memoryBytes'));
      peaks.atOnce = Math.max(peaks.atOnce, running.length);
      continue;
    }
    const [ending] = running.splice(
      (choices[turn % choices.length] ?? 0) % (running.length || 1),
      1,
    );
    if (ending === undefined) break;
    schedule.release(ending);
    if (workOf(ending).fate === 'fails') {
      ended.push({ id: ending.id, how: 'failed' });
      for (const lost of schedule.fail(ending)) ended.push({ id: lost.id, how: 'skipped' });
    } else {
      ended.push({ id: ending.id, how: 'executed' });
      schedule.settle(ending);
    }
  }
  return { ended, peaks, left: schedule.drain(), pool };
}

const choices = fc.array(fc.nat(), { minLength: 1 });

describe('Schedule', () => {
  it('ends every node exactly once and leaves nothing taken or waiting', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const { ended, left, pool } = play(all, order);
        expect(ended.map(({ id }) => id).sort()).toEqual(all.map((_, i) => `s${i}`).sort());
        expect(left).toEqual([]);
        expect(pool.take(budget)).toBe(true);
      }),
    );
  });

  it('never takes more than there is, and runs even what asks for more than there is', () => {
    fc.assert(
      fc.property(works, choices, (all, order) => {
        const { peaks } = play(all, order);
        expect(peaks.cpus).toBeLessThanOrEqual(budget.cpus);
        expect(peaks.memoryBytes).toBeLessThanOrEqual(budget.memoryBytes);
      }),
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

  it('runs independent nodes at once, as many as fit', () => {
    const small = { needs: [], cpus: 1, gigabytes: 0, fate: 'runs' } as const;
    expect(play([small, small, small], [0]).peaks.atOnce).toBe(3);
    const large = { ...small, cpus: 3 };
    expect(play([large, large, small], [0]).peaks).toMatchObject({ atOnce: 2, cpus: 4 });
  });

  it('gives up on what has not started, and only on that', () => {
    const nodes = makeNodes([
      { needs: [], cpus: 1, gigabytes: 0, fate: 'runs' },
      { needs: [0], cpus: 1, gigabytes: 0, fate: 'runs' },
    ]);
    const schedule = new Schedule(nodes, new ResourcePool(budget));
    const first = schedule.nextReady();
    if (first === undefined) throw new Error('nothing is ready');
    schedule.settle(first);
    expect(schedule.drain().map(({ id }) => id)).toEqual(['s1']);
    expect(schedule.nextReady()).toBeUndefined();
  });
});
