import { afterAll, describe, expect, it } from 'vitest';
import { planNodes } from '../../../../pipeline/inspect/plan.ts';
import { openSession, type Session } from '../../../../pipeline/session/open-session.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
params: { word: one }
stages:
  one: { command: "echo {{ word }} > {{ outputs.o }}", outputs: { o: one.txt } }
  two: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: one, output: o } }, outputs: { o: two.txt } }
  set: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: raw }, outputs: { o: set } }
  last: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: set, output: o } }, outputs: { o: last.txt } }
`;

/** Runs the command line, and looks: what another program remembers is not believed. */
async function run(workspace: Workspace, executed: number): Promise<void> {
  expect(await workspace.run()).toMatchObject({ code: 0, executed });
  // A stamp as young as the tick of the clock that it is from tells nothing, and is not remembered: a later look
  // does. How long a look takes is the machine's affair, so that only the limit of the test ends this.
  let planned: readonly string[];
  do planned = await plan(workspace);
  while ((await listRecalled(workspace)).length < planned.length);
}

async function makeDone(): Promise<Workspace> {
  const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, raw: 'raw\n' });
  await run(workspace, 4);
  return workspace;
}

/** What is done with an opened workspace, which is closed afterwards, as a command does. */
async function use<Value>(
  { path }: Workspace,
  does: (session: Session) => Promise<Value>,
): Promise<Value> {
  const session = await openSession({ directory: path }, []);
  try {
    return await does(session);
  } finally {
    session.close();
  }
}

const listRecalled = (workspace: Workspace) =>
  use(workspace, async ({ recall, nodes }) => [
    ...((await recall?.find(nodes)) ?? new Map()).keys(),
  ]);

const plan = (workspace: Workspace) =>
  use(workspace, async ({ graph, nodes, tools, recall }) => {
    const { nodes: planned } = await planNodes(graph, nodes, { ...tools, recall }, false);
    return planned.map(({ node, state }) => `${node.id} ${state}`);
  });

describe('recall', () => {
  it.each<[string, (text: string) => string, readonly string[]]>([
    ['a comment', (text) => `# new\n${text}`, ['one', 'two', 'set', 'last']],
    [
      'its layout',
      (text) => text.replace('{ word: one }', '\n  word: one'),
      ['one', 'two', 'set', 'last'],
    ],
    [
      'a stage more',
      (text) =>
        text.replace(
          '  one:',
          '  zero: { command: "true > {{ outputs.o }}", outputs: { o: zero.txt } }\n  one:',
        ),
      ['one', 'two', 'set', 'last'],
    ],
    ['a stage less', (text) => text.replace(/ {2}two.*\n/, ''), ['one', 'set', 'last']],
    [
      'another order',
      (text) => text.replace(/( {2}one.*\n {2}two.*\n)((.*\n)*)/, '$2$1'),
      ['set', 'last', 'one', 'two'],
    ],
    [
      'how much a stage takes',
      (text) => text.replace('one: { ', 'one: { resources: { cpus: 2 }, '),
      ['one', 'two', 'set', 'last'],
    ],
    ['a command', (text) => text.replace('echo', 'echo -n'), ['set', 'last']],
    ['a parameter', (text) => text.replace('word: one', 'word: two'), ['set', 'last']],
    ['where an output stands', (text) => text.replace('o: set }', 'o: new/set }'), ['one', 'two']],
    [
      'an output more',
      (text) => text.replace('o: last.txt', 'o: last.txt, p: more'),
      ['one', 'two', 'set'],
    ],
    [
      'a variable',
      (text) => text.replace('last: {', 'last: { env: [HOME],'),
      ['one', 'two', 'set'],
    ],
  ])(
    'after an edit of %s holds for the nodes that it leaves as they were',
    async (_, edit, left) => {
      const workspace = await makeDone();
      expect(edit(PIPELINE)).not.toBe(PIPELINE);
      workspace.write('pipeline.yaml', edit(PIPELINE));
      expect((await listRecalled(workspace)).sort()).toEqual([...left].sort());
    },
  );

  it('holds again for what was edited and back, once it was looked at', async () => {
    const workspace = await makeDone();
    workspace.write('pipeline.yaml', PIPELINE.replace('echo', 'echo -n'));
    await run(workspace, 2);
    expect(await listRecalled(workspace)).toHaveLength(4);
    workspace.write('pipeline.yaml', PIPELINE);
    expect(await listRecalled(workspace)).toEqual(['set', 'last']);
    expect(await plan(workspace)).toEqual([
      'one cached',
      'set up-to-date',
      'two cached',
      'last up-to-date',
    ]);
    await run(workspace, 0);
    expect(await listRecalled(workspace)).toHaveLength(4);
  });

  it('is learnt by whoever looks, and never of what is not up to date', async () => {
    const workspace = await makeDone();
    for (const memo of workspace.list('.pipeline/memo')) workspace.remove(memo);
    workspace.write('two.txt', 'edited\n');
    expect(await listRecalled(workspace)).toEqual([]);
    const planned = ['one up-to-date', 'set up-to-date', 'two cached', 'last up-to-date'];
    expect(await plan(workspace)).toEqual(planned);
    expect(await listRecalled(workspace)).toEqual(['one', 'set', 'last']);
    expect(await plan(workspace)).toEqual(planned);
  });

  it('says of a result what its record says', async () => {
    const workspace = await makeDone();
    const inspected = await use(workspace, async ({ graph, nodes, tools }) =>
      (await planNodes(graph, nodes, tools, false)).nodes.map(({ fingerprint, readResult }) => ({
        fingerprint,
        result: readResult(),
      })),
    );
    const recalled = await use(workspace, async ({ recall, nodes }) =>
      [...((await recall?.find(nodes)) ?? new Map()).values()].map((node) => ({
        fingerprint: node.fingerprint,
        result: node.readResult(),
      })),
    );
    const withoutRecord = inspected.map(({ fingerprint, result }) => {
      const { record: _, schema: __, ...filed } = result as unknown as Record<string, unknown>;
      return { fingerprint, result: filed };
    });
    expect(recalled).toEqual(withoutRecord);
  });
});
