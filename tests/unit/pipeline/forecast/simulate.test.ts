import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findCriticalPath } from '../../../../pipeline/forecast/critical-path.ts';
import { type SimulatedWork, simulateRun } from '../../../../pipeline/forecast/simulate.ts';
import type { GraphNode } from '../../../../pipeline/graph/types.ts';
import { ResourcePool } from '../../../../pipeline/scheduler/resources.ts';
import { expandSound } from '../../../fixtures/graph.ts';

interface Work {
  readonly needs: readonly number[];
  readonly cpus: number;
  readonly gpus: number;
  readonly what: SimulatedWork;
}

const what: fc.Arbitrary<SimulatedWork> = fc.oneof(
  fc.constant({ kind: 'done' as const }),
  fc.record({ kind: fc.constant('runs' as const), seconds: fc.nat(9), cpus: fc.constant(null) }),
  fc.record({ kind: fc.constant('runs' as const), seconds: fc.nat(9), cpus: fc.constant(null) }),
  fc.record({ kind: fc.constant('elsewhere' as const), seconds: fc.nat(9) }),
);
const one = fc.record({
  needs: fc.array(fc.nat(), { maxLength: 3 }),
  cpus: fc.integer({ min: 1, max: 5 }),
  gpus: fc.constantFrom(0, 0, 0, 0, 0.5, 1, 2),
  what,
});
const works = fc.array(one, { minLength: 1, maxLength: 10 }).map((all): Work[] =>
  all.map((work, i) => ({
    ...work,
    needs: i === 0 ? [] : [...new Set(work.needs.map((n) => n % i))],
  })),
);

function makeNodes(all: readonly Work[]): GraphNode[] {
  const text = stringify({
    version: 1,
    stages: Object.fromEntries(
      all.map(({ needs, cpus, gpus }, i) => [
        `s${i}`,
        {
          command: 'x',
          needs: needs.map((j) => `s${j}`),
          outputs: { o: `o${i}` },
          resources: { cpus, gpus },
        },
      ]),
    ),
  });
  return [...expandSound(text).nodes.values()];
}

const indexOf = ({ id }: GraphNode) => Number(id.slice(1));

function simulate(all: readonly Work[], cpus: number, gpus = 1) {
  const nodes = makeNodes(all);
  const pool = new ResourcePool({ cpus, memoryBytes: 1e12, gpus: ['0', '1'].slice(0, gpus) });
  const workOf = (node: GraphNode) => all[indexOf(node)]?.what ?? { kind: 'done' as const };
  return {
    nodes,
    workOf,
    pool,
    ...simulateRun(nodes, pool, workOf, (node) => secondsOf(workOf(node))),
  };
}

const secondsOf = (work: SimulatedWork) => (work.kind === 'done' ? 0 : work.seconds);

/** The longest chain by trying all of them. */
function longestChain(all: readonly Work[]): number {
  const ending = (i: number): number => {
    const work = all[i];
    if (work === undefined) return 0;
    return secondsOf(work.what) + Math.max(0, ...work.needs.map(ending));
  };
  return Math.max(0, ...[...all.keys()].map(ending));
}

const withoutGpus = works.map((all) => all.map((work) => ({ ...work, gpus: 0 })));

describe('simulateRun', () => {
  it('with endless resources takes as long as the longest chain, which is the critical path', () => {
    fc.assert(
      fc.property(withoutGpus, (all) => {
        const { seconds, nodes, workOf } = simulate(all, 1000);
        expect(seconds).toBe(longestChain(all));
        const path = findCriticalPath(nodes, (node) => secondsOf(workOf(node)));
        expect(path.seconds).toBe(seconds);
        const chain = path.nodes.map((id) => all[Number(id.slice(1))]);
        const sum = chain.reduce((total, work) => total + (work ? secondsOf(work.what) : 0), 0);
        expect(sum).toBe(seconds);
      }),
    );
  });

  it('with one CPU takes as long as all together', () => {
    fc.assert(
      fc.property(withoutGpus, (all) => {
        const own = all.map((work): Work => {
          return { ...work, what: { kind: 'runs', seconds: secondsOf(work.what), cpus: null } };
        });
        const sum = own.reduce((total, work) => total + secondsOf(work.what), 0);
        expect(simulate(own, 1).seconds).toBe(sum);
      }),
    );
  });

  it('starts nothing before what it needs, nor beyond the resources, and lets nothing lie idle', () => {
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 4 }), (all, cpus) => {
        const { nodes, intervals, seconds, impossible, pool, workOf } = simulate(all, cpus);
        const lost = new Set(impossible.map(({ id }) => id));
        for (const node of nodes) if (node.upstream.some((id) => lost.has(id))) lost.add(node.id);
        expect(impossible.every(({ stage }) => stage.resources.gpus > 1)).toBe(true);
        const ends = new Map(nodes.map(({ id }) => [id, intervals.get(id)?.end ?? 0]));
        const readyAt = new Map<string, number>();
        // What is done needs no time, but is not done before what it needs.
        for (const { id, upstream } of nodes) {
          const ready = Math.max(0, ...upstream.map((up) => ends.get(up) ?? 0));
          readyAt.set(id, ready);
          ends.set(id, Math.max(ends.get(id) ?? 0, ready));
        }
        const shareOf = (node: GraphNode) => pool.shareOf(node.stage.resources);
        const own = nodes.filter((node) => workOf(node).kind === 'runs' && !lost.has(node.id));
        expect([...intervals.keys()].sort()).toEqual(
          nodes
            .filter((node) => workOf(node).kind !== 'done' && !lost.has(node.id))
            .map(({ id }) => id)
            .sort(),
        );
        expect(seconds).toBe(Math.max(0, ...[...intervals.values()].map(({ end }) => end)));
        for (const [id, { start, end }] of intervals) {
          expect(start).toBeGreaterThanOrEqual(readyAt.get(id) ?? -1);
          expect(end - start).toBe(secondsOf(all[Number(id.slice(1))]?.what ?? { kind: 'done' }));
        }
        for (let time = 0.5; time < seconds; time++) {
          const running = own.filter(({ id }) => {
            const interval = intervals.get(id);
            return interval !== undefined && interval.start <= time && interval.end > time;
          });
          const used = { cpus: 0, gpus: 0 };
          for (const node of running) {
            used.cpus += shareOf(node).cpus;
            used.gpus += shareOf(node).gpus;
          }
          expect(used.cpus).toBeLessThanOrEqual(cpus);
          expect(used.gpus).toBeLessThanOrEqual(1);
          const fits = own.filter((node) => {
            const isWaiting =
              (readyAt.get(node.id) ?? 0) <= time && (intervals.get(node.id)?.start ?? 0) > time;
            const share = shareOf(node);
            return isWaiting && used.cpus + share.cpus <= cpus && used.gpus + share.gpus <= 1;
          });
          expect(fits).toEqual([]);
        }
      }),
    );
  });

  it('gives a module what its neighbours leave, and is slower with fewer CPUs than it was measured with', () => {
    const text = stringify({
      version: 1,
      stages: {
        wide: { module: 'x.ts', outputs: { o: 'w' }, resources: { cpus: { most: 'all' } } },
        short: { command: 'x', outputs: { o: 's' }, resources: { cpus: 2 } },
      },
    });
    const nodes = [...expandSound(text).nodes.values()];
    const play = (wideCpus: number | null, total: number) => {
      const pool = new ResourcePool({ cpus: total, memoryBytes: 1e12, gpus: [] });
      const workOf = ({ id }: GraphNode): SimulatedWork =>
        id === 'wide'
          ? { kind: 'runs', seconds: 10, cpus: wideCpus }
          : { kind: 'runs', seconds: 8, cpus: 2 };
      const { intervals } = simulateRun(nodes, pool, workOf, () => 1);
      return nodes.map(({ id }) => intervals.get(id)?.end);
    };
    // A fifth of its work in eight seconds on one of four CPUs, the rest on all.
    expect(play(4, 3)).toEqual([8 + (4 / 5) * 10 * (4 / 3), 8]);
    // Nothing says that more CPUs than it had would help it.
    expect(play(1, 3)).toEqual([10, 8]);
    expect(play(null, 3)).toEqual([10, 8]);
    // What takes all CPUs of the machine waits for it, as it does for that.
    expect(play(4, 2)).toEqual([20, 28]);
  });

  it('keeps jobs waiting for others of their array, and for places, and takes no CPU for them', () => {
    const text = stringify({
      version: 1,
      stages: {
        job: { module: 'x.ts', matrix: { i: [1, 2, 3, 4, 5] }, outputs: { o: 'o{{ i }}' } },
        plot: { command: 'x', outputs: { o: 'p' }, executor: 'local' },
      },
    });
    const nodes = [...expandSound(text).nodes.values()];
    const play = (most: number, throttle: number) => {
      const isJob = ({ isLocal }: GraphNode['stage']) => !isLocal;
      const pool = new ResourcePool({ cpus: 1, memoryBytes: 1e12, gpus: [] }, { most, isJob });
      const { intervals, seconds } = simulateRun(
        nodes,
        pool,
        () => ({ kind: 'runs', seconds: 10, cpus: 1 }),
        () => 1,
        ({ stage }) => (stage.isLocal ? null : { kind: 'job', most: throttle }),
      );
      return [seconds, intervals.get('plot' as GraphNode['id'])?.end];
    };
    expect(play(500, 100)).toEqual([10, 10]);
    expect(play(500, 2)).toEqual([30, 10]);
    expect(play(1, 2)).toEqual([50, 10]);
  });

  it('starts waiting nodes in the order of a run, the longest way to an end first', () => {
    const runs = (seconds: number, needs: readonly number[] = []): Work => ({
      needs,
      cpus: 1,
      gpus: 0,
      what: { kind: 'runs', seconds, cpus: null },
    });
    const { intervals } = simulate([runs(5), runs(1), runs(6, [1])], 1);
    const order = [...intervals].sort(([, a], [, b]) => a.start - b.start).map(([id]) => id);
    expect(order).toEqual(['s1', 's2', 's0']);
  });
});
