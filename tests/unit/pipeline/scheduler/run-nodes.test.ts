import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunHistory } from '../../../../pipeline/cache/history.ts';
import { Placements } from '../../../../pipeline/cache/placements.ts';
import type { Executor } from '../../../../pipeline/executor/executor.ts';
import { relinkNode } from '../../../../pipeline/graph/relink-node.ts';
import type { GraphNode, NodeId } from '../../../../pipeline/graph/types.ts';
import { openLeases } from '../../../../pipeline/lease/open-leases.ts';
import type { RunEvent } from '../../../../pipeline/progress/events.ts';
import { openServices } from '../../../../pipeline/scheduler/open-services.ts';
import type { RunCounts } from '../../../../pipeline/scheduler/outcomes.ts';
import { runNodes } from '../../../../pipeline/scheduler/run-nodes.ts';
import { openSession } from '../../../../pipeline/session/open-session.ts';
import { makePool, PLAIN_SETTINGS } from '../../../fixtures/plain-run.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
stages:
  a: { command: "true", outputs: { o: a.txt } }
  b: { command: "true", outputs: { o: b.txt } }
  c: { command: "true", inputs: { i: { from: b, output: o } }, outputs: { o: c.txt } }
`;

/** An executor that writes what stages are asked for, without a process. */
const writing: Executor = {
  start: ({ task }) => {
    const { outputs } = task.job;
    return { result: write(Object.values(outputs)), stop: () => {} };
  },
  close: async () => {},
};

async function write(paths: readonly string[]) {
  const { writeFile } = await import('node:fs/promises');
  for (const path of paths) await writeFile(path, path.slice(-5));
  return { kind: 'done', undeclared: null } as const;
}

async function run(
  { path }: Workspace,
  executor: Executor,
  change: (node: GraphNode) => GraphNode = (node) => node,
): Promise<{ counts: RunCounts; events: RunEvent[] }> {
  const opened = await openSession({ directory: path }, []);
  const { graph, nodes, layout, tools, context } = opened;
  const events: RunEvent[] = [];
  const { counts } = await runNodes({
    id: 'run',
    layout,
    graph,
    nodes: nodes.map(change),
    settings: PLAIN_SETTINGS,
    pool: makePool(2),
    signal: new AbortController().signal,
    explainer: null,
    carried: null,
    told: new Map(),
    ignored: tools.ignored,
    services: openServices(
      {
        graph,
        layout,
        tools,
        history: new RunHistory(layout, tools.results),
        memory: null,
        remote: null,
        leases: openLeases(layout, {}),
        placements: new Placements(layout, context),
        executor,
      },
      { run: 'run', engine: 'test' },
      { now: Date.now, report: (event) => events.push(event) },
    ),
  });
  opened.close();
  return { counts, events };
}

function failuresOf(events: readonly RunEvent[]): [string, string][] {
  return events.flatMap((event): [string, string][] =>
    event.type === 'node-failed' ? [[event.node, event.message]] : [],
  );
}

describe('a run that ends', () => {
  it('fails nodes that it has lost, rather than be silent about them', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE });
    // Each waits for the other, so that no schedule ever hands one out.
    const { counts, events } = await run(workspace, writing, (node) =>
      node.id === 'b' ? relinkNode(node, { upstream: ['c' as NodeId] }) : node,
    );
    expect(counts).toMatchObject({ executed: 1, failed: 2 });
    const failures = failuresOf(events);
    expect(failures.map(([node]) => node)).toEqual(['b', 'c']);
    for (const [, message] of failures) {
      expect(message).toMatch(/^pipeline\.yaml:\d+:3: a bug of pipeline itself.*ended without it/);
      expect(message).toContain(join(workspace.path, '.pipeline/runs/run/errors.log'));
    }
    expect(workspace.read('.pipeline/runs/run/errors.log')).toMatch(
      /the run has ended without it\n\s+at /,
    );
  });
});

describe('an error that nobody foresaw', () => {
  it.each<[string, () => ReturnType<Executor['start']>]>([
    [
      'thrown when a stage is started',
      () => {
        throw new TypeError('odd');
      },
    ],
    ['in the end of a stage', () => ({ result: Promise.reject(new Error('odd')), stop: () => {} })],
  ])('%s fails its node and what needs it, and nothing else', async (_, start) => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE });
    const executor: Executor = {
      ...writing,
      start: (request) => (request.task.job.node === 'b' ? start() : writing.start(request)),
    };
    const { counts, events } = await run(workspace, executor);
    expect(counts).toEqual({ executed: 1, cached: 0, failed: 1, skipped: 1 });
    const [[node, message] = []] = failuresOf(events);
    expect(node).toBe('b');
    expect(message).toMatch(/^pipeline\.yaml:4:3: a bug of pipeline itself.*odd; its stack trace/);
    expect(workspace.read('.pipeline/runs/run/errors.log')).toContain('at ');
  });
});
