import { afterAll, describe, expect, it } from 'vitest';
import { RunHistory } from '../../../../pipeline/cache/history.ts';
import type { Executor } from '../../../../pipeline/executor/executor.ts';
import { UsageMeter } from '../../../../pipeline/executor/usage-meter.ts';
import { explainPlan } from '../../../../pipeline/explain/explain-plan.ts';
import { wordReason } from '../../../../pipeline/explain/wording.ts';
import type { NodeId } from '../../../../pipeline/graph/types.ts';
import type { Ingredient, Ingredients } from '../../../../pipeline/inspect/describe-node.ts';
import { INGREDIENTS } from '../../../../pipeline/inspect/ingredients.ts';
import { planNodes } from '../../../../pipeline/inspect/plan.ts';
import { executeRun } from '../../../../pipeline/session/execute-run.ts';
import { openSession, type Session } from '../../../../pipeline/session/open-session.ts';
import { compareOwnParts, describeOwnParts } from '../../../../pipeline/watch/own-parts.ts';
import { makePool, PLAIN_SETTINGS } from '../../../fixtures/plain-run.ts';
import { makeWorkspace, removeWorkspaces } from '../../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
stages:
  above: { command: "true", description: early, outputs: { o: above.txt } }
  below: { command: "true", description: early, inputs: { i: { from: above, output: o } }, outputs: { o: below.txt } }
`;

/** Writes what stages are asked for, each time the same, without a process. */
const writing: Executor = {
  start: ({ task }) => ({ result: write(Object.values(task.job.outputs)), stop: () => {} }),
  close: async () => {},
};

async function write(paths: readonly string[]) {
  const { writeFile } = await import('node:fs/promises');
  for (const path of paths) await writeFile(path, path.slice(-9));
  return { kind: 'done', undeclared: null } as const;
}

async function run(opened: Session) {
  return executeRun(opened, {
    settings: PLAIN_SETTINGS,
    notice: null,
    pool: makePool(2),
    carried: null,
    signal: new AbortController().signal,
    executor: writing,
    meter: new UsageMeter(),
    trackers: null,
    version: 'test',
    console: { report: () => {}, complain: () => {}, ask: async () => null },
  });
}

/** Why each node runs, in words, without what stands upstream of it. */
async function explain({ graph, nodes, layout, tools }: Session) {
  const plan = await planNodes(graph, nodes, tools, false);
  const ids = nodes.map(({ id }) => id);
  const history = new RunHistory(layout, tools.results);
  const explanations = await explainPlan(graph, plan, ids, { ...tools, history });
  return Object.fromEntries(
    explanations.map(({ node, causes }) => [
      node,
      causes.filter(({ chain }) => chain.length === 1).map(({ reason }) => wordReason(reason)),
    ]),
  );
}

describe('what decides a node', () => {
  it.each<[string, () => Ingredient, (workspace: ReturnType<typeof makeWorkspace>) => void]>([
    [
      'looked up outside the graph',
      () => ({
        from: 'surroundings',
        isAskedOf: () => true,
        observe: () => ({ ok: true, value: process.env['MADE_UP'] ?? 'early' }),
        otherwise: null,
      }),
      () => {
        process.env['MADE_UP'] = 'late';
      },
    ],
    [
      'said by the graph',
      () => ({
        from: 'graph',
        declare: ({ stage }) => stage.description,
        record: ({ stage }) => stage.description ?? '',
      }),
      (workspace) => workspace.write('pipeline.yaml', PIPELINE.replaceAll('early', 'late')),
    ],
  ])('is one list: run, recall, why and watch follow one more, %s', async (_, make, edit) => {
    delete process.env['MADE_UP'];
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE });
    const ingredients: Ingredients = { ...INGREDIENTS, image: make() };
    const open = () =>
      openSession({ directory: workspace.path }, [], { writer: 'run', ingredients });
    const use = async <Value>(does: (opened: Session) => Promise<Value>) => {
      const opened = await open();
      try {
        return await does(opened);
      } finally {
        opened.close();
      }
    };
    const recalled = async ({ recall, nodes }: Session) => [
      ...((await recall?.find(nodes)) ?? new Map<NodeId, unknown>()).keys(),
    ];
    const describeParts = ({ nodes, graph, tools }: Session) =>
      describeOwnParts(nodes, graph, tools);

    expect(await use(run)).toMatchObject({ executed: 2, cached: 0 });
    expect(await use(run)).toMatchObject({ executed: 0, cached: 2 });
    expect(await use(recalled)).toEqual(['above', 'below']);
    const before = await use(describeParts);
    expect(compareOwnParts(before, await use(describeParts))).toEqual([]);

    edit(workspace);
    expect(compareOwnParts(before, await use(describeParts))).toEqual(['above', 'below']);
    expect(await use(recalled)).toEqual([]);
    // Of the second the inputs are not known yet, so that its record is a guess.
    expect(await use(explain)).toEqual({
      above: ['image early → late'],
      below: ['image early → late'],
    });
    expect(await use(run)).toMatchObject({ executed: 2, cached: 0 });
    delete process.env['MADE_UP'];
  });
});
