import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  actionPath,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const files = {
  'pipeline.yaml': `version: 1
params: { word: one, tail: x }
stages:
  a: { command: "echo {{ word }} > {{ outputs.o }}", outputs: { o: out/a } }
  b: { command: "wc -w {{ inputs.a }} > {{ outputs.o }}", matrix: { i: [1, 2, 3] }, inputs: { a: { from: a, output: o } }, outputs: { o: "out/b{{ i }}" } }
  c: { command: "cat {{ inputs.b }} > {{ outputs.o }}; echo {{ tail }} >> {{ outputs.o }}", inputs: { b: { from: b, output: o } }, outputs: { o: out/c } }
targets: { some: [b/1, b/2] }
`,
};

/** What `plan --json` tells, as far as these tests look at it. */
interface Told {
  readonly jobs: number;
  readonly certainSeconds: number;
  readonly possibleSeconds: number;
  readonly unknown: readonly string[];
  readonly finish: { readonly least: number; readonly most: number };
  readonly criticalPath: { readonly nodes: readonly string[]; readonly seconds: number };
  readonly nodes: readonly {
    readonly node: string;
    readonly state: string;
    readonly predictedSeconds: number | null;
    readonly predictedFrom: string | null;
  }[];
}

/** Lets the last runs of nodes have taken some seconds. */
async function pretendTimes(
  workspace: Workspace,
  args: readonly string[],
  seconds: Readonly<Record<string, number>>,
): Promise<void> {
  for (const { node, fingerprint } of await workspace.status(args)) {
    const path = actionPath(fingerprint ?? '');
    const action = JSON.parse(workspace.read(path)) as { provenance: { seconds: number } };
    action.provenance.seconds = seconds[node] ?? 0;
    workspace.write(path, JSON.stringify(action));
  }
  workspace.remove('.pipeline/cache/history');
}

describe('plan', () => {
  const workspace = makeWorkspace(files);
  const plan = async (...args: string[]) => {
    const { stdout, stderr, code } = await workspace.start(['plan', '--json', ...args]).result;
    expect([stderr, code]).toEqual(['', 0]);
    return JSON.parse(stdout) as Told;
  };

  beforeAll(async () => {
    const fresh = await plan();
    expect(fresh.unknown).toEqual(['a', 'b/1', 'b/2', 'b/3', 'c']);
    expect(fresh.nodes.map(({ state }) => state).join(' ')).toBe(
      `run${' depends-on-upstream'.repeat(4)}`,
    );
    expect(await workspace.run(['some'])).toMatchObject({ code: 0, executed: 3 });
    await pretendTimes(workspace, ['some'], { a: 100, 'b/1': 10, 'b/2': 30 });
  });

  it('predicts from the same node, else from the median of its stage, and totals', async () => {
    const told = await plan('--set', 'word=two', '--jobs', '2');
    expect(
      told.nodes.map((one) => [one.node, one.state, one.predictedSeconds, one.predictedFrom]),
    ).toEqual([
      ['a', 'run', 100, 'node'],
      ['b/1', 'depends-on-upstream', 10, 'node'],
      ['b/2', 'depends-on-upstream', 30, 'node'],
      ['b/3', 'depends-on-upstream', 20, 'stage'],
      ['c', 'depends-on-upstream', null, 'none'],
    ]);
    expect(told).toMatchObject({
      jobs: 2,
      certainSeconds: 100,
      possibleSeconds: 60,
      unknown: ['c'],
      criticalPath: { nodes: ['a', 'b/2'], seconds: 130 },
      finish: { least: 100, most: 130 },
    });
    expect((await plan('--set', 'word=two', '--jobs', '1')).finish.most).toBe(160);
  });

  it('counts nothing for what is there, and all with --force', async () => {
    workspace.remove('out/b1');
    const told = await plan('some');
    expect(told.nodes.map(({ node, state }) => `${node} ${state}`)).toEqual([
      'a up-to-date',
      'b/1 cached',
      'b/2 up-to-date',
    ]);
    expect(told).toMatchObject({ certainSeconds: 0, finish: { most: 0 } });
    expect(await plan('some', '--force', '--jobs', '4')).toMatchObject({
      certainSeconds: 140,
      finish: { least: 130, most: 130 },
    });
  });

  it('is told to people by run --dry-run too, and does nothing', async () => {
    const before = workspace.list('out');
    const columnsOf = (text: string) => text.split('\n').map((line) => line.split(/ {2,}/));
    const { stdout, code } = await workspace.run(['--dry-run', '--jobs', '2']);
    expect(code).toBe(0);
    expect(columnsOf(stdout).slice(0, 6)).toEqual([
      ['a', 'up to date'],
      ['b', '1 of 3 up to date'],
      ['', 'b/1 cached, to be put back in place'],
      ['', 'b/3 will run for the first time, 20.0 s'],
      ['c', 'may run, for an unknown time'],
      [''],
    ]);
    const whole = await workspace.run(['--dry-run', '--jobs', '2', '-v']);
    expect(columnsOf(whole.stdout)).toEqual([
      ['a', 'up to date'],
      ['b/1', 'cached, to be put back in place'],
      ['b/2', 'up to date'],
      ['b/3', 'will run', '20.0 s (median of its stage)'],
      ['c', 'may run', 'for an unknown time'],
      [''],
      ['5 nodes: 2 up to date, 1 cached, to be put back in place, 1 will run (20.0 s), 1 may run'],
      ['critical path: 20.0 s by b/3'],
      [
        expect.stringMatching(
          /^expected finish: at least 20.0 s, with 2 jobs \(done about ..:..\)$/,
        ),
      ],
      ['no run is known of c: counted as nothing'],
      [''],
    ]);
    expect(workspace.list('out')).toEqual(before);
  });

  it('reports mistakes like a run', async () => {
    const { code, stderr } = await workspace.start(['plan', 'b/4', '--jobs', '2']).result;
    expect(code).toBe(2);
    expect(stderr).toContain('unknown target "b/4"');
    expect((await workspace.start(['plan', '--jobs', 'many']).result).code).toBe(2);
  });
});

describe('plan --force after runs with several settings', () => {
  const workspace = makeWorkspace(files);
  const settings = [
    { args: [], times: { a: 100, 'b/1': 10, 'b/2': 30, 'b/3': 20, c: 5 } },
    { args: ['--set', 'word=two words'], times: { a: 1, 'b/1': 2, 'b/2': 3, 'b/3': 4, c: 6 } },
    { args: ['--set', 'tail=y'], times: { a: 100, 'b/1': 10, 'b/2': 30, 'b/3': 20, c: 7 } },
  ];

  it('predicts each node from the run of the same result, not from the newest', async () => {
    for (const { args, times } of settings) {
      expect((await workspace.run(args)).code).toBe(0);
      await pretendTimes(workspace, args, times);
    }
    for (const { args, times } of settings) {
      expect((await workspace.run(args)).executed).toBe(0);
      const told = await workspace.start(['plan', '--force', '--json', ...args]).result;
      const { nodes } = JSON.parse(told.stdout) as Told;
      const predicted = nodes.map(({ node, predictedSeconds }) => [node, predictedSeconds]);
      expect(Object.fromEntries(predicted)).toEqual(times);
    }
  });
});

describe('graph', () => {
  const workspace = makeWorkspace(files);
  const graph = (...args: string[]) => workspace.start(['graph', ...args]).result;

  beforeAll(async () => {
    expect((await workspace.run(['a'])).code).toBe(0);
  });

  it('draws stages or nodes with their states, in each format', async () => {
    const folded = JSON.parse((await graph('--format', 'json')).stdout) as {
      boxes: { id: string; state: string }[];
      arrows: unknown[];
      legend: { name: string }[];
    };
    expect(folded.boxes.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'a up-to-date',
      'b run',
      'c depends-on-upstream',
    ]);
    expect(folded.arrows).toHaveLength(2);
    expect(folded.legend).toHaveLength(3);
    expect((await graph('some')).stdout).toContain('n1["b<br/>2 cells<br/>all will run"]:::run');
    expect((await graph('--expand', '--format', 'dot')).stdout).toContain('"b/3" -> "c";');
  });

  it('writes a file, in the format that its name ends with', async () => {
    const file = `${workspace.path}/drawn/graph.svg`;
    expect(await graph('-x', '-o', file)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const svg = workspace.read('drawn/graph.svg');
    expect(svg.match(/<rect /g)).toHaveLength(5 + 3);
    expect(svg).toContain('>b/2</text>');
  });

  it('refuses a format that it does not know', async () => {
    const { code, stderr } = await graph('--format', 'png');
    expect(code).toBe(2);
    expect(stderr).toContain('mermaid, dot, json, svg');
  });
});
