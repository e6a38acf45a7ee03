import { afterAll, describe, expect, it } from 'vitest';
import { python } from '../../fixtures/python.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

/** A stage whose work is `n` lines, one a unit of work, and that says where it began. */
const COUNT = `
import { readFileSync, writeFileSync } from 'node:fs';
export async function run({ params, previous, outputs, emit }) {
  const before = previous === null ? '' : readFileSync(previous.outputs.lines, 'utf8');
  const done = previous === null ? 0 : previous.value;
  emit({ type: 'message', level: 'info', text: 'began at ' + done });
  let text = before;
  for (let i = done; i < params.n; i++) text += params.word + i + '\\n';
  writeFileSync(outputs.lines, text);
}
`;
const PIPELINE = `
version: 1
params: { n: 2, word: a }
stages:
  count:
    module: count.ts
    params: [n, word]
    extends: n
    outputs: { lines: out/lines.txt }
`;

const open = (pipeline = PIPELINE) =>
  makeWorkspace({ 'pipeline.yaml': pipeline, 'count.ts': COUNT });
afterAll(removeWorkspaces);

/** Runs the stage. @returns where it began; null where it did not run */
async function count(workspace: Workspace, ...settings: string[]): Promise<number | null> {
  const sets = settings.flatMap((setting) => ['--set', setting]);
  const { code, stdout } = await workspace.run(sets);
  expect(code, stdout).toBe(0);
  const began = /began at (\d+)/.exec(stdout)?.[1];
  return began === undefined ? null : Number(began);
}

/** By its parameter, what each record says of whether it was timed from its beginning. */
function readWholes(workspace: Workspace): Record<string, boolean> {
  const paths = workspace.list('.pipeline/cache/actions').filter((path) => path.endsWith('.json'));
  const records = paths.map((path) => JSON.parse(workspace.read(path)) as FiledRecord);
  return Object.fromEntries(
    records.map(({ record, provenance }) => [record.params.n, provenance.isWhole]),
  );
}

interface FiledRecord {
  readonly record: { readonly params: { readonly n: number } };
  readonly provenance: { readonly isWhole: boolean };
}

describe('a stage that extends a parameter', () => {
  it('goes on from the farthest shorter result and makes the same bytes', async () => {
    const workspace = open();
    expect(await count(workspace)).toBe(0);
    expect(await count(workspace, 'n=4')).toBe(2);
    // A record says of which the time is that of all the work.
    expect(readWholes(workspace)).toEqual({ 2: true, 4: false });
    expect(await count(workspace, 'n=3')).toBe(2);
    expect(await count(workspace, 'n=7')).toBe(4);
    const extended = workspace.read('out/lines.txt');
    const straight = open();
    expect(await count(straight, 'n=7')).toBe(0);
    expect(straight.read('out/lines.txt')).toBe(extended);
  });

  it('is given nothing made with other parameters or other code', async () => {
    const workspace = open();
    await count(workspace);
    expect(await count(workspace, 'n=4', 'word=b')).toBe(0);
    workspace.edit('count.ts', 'let text = before;', 'let text = before + "";');
    expect(await count(workspace, 'n=5')).toBe(0);
  });

  it('starts from nothing where the shorter result is damaged', async () => {
    const workspace = open();
    await count(workspace);
    workspace.remove('.pipeline/cache/objects');
    workspace.remove('out');
    expect(await count(workspace, 'n=3')).toBe(0);
    expect(workspace.read('out/lines.txt')).toBe('a0\na1\na2\n');
  });

  it('must read that parameter', async () => {
    const workspace = open(PIPELINE.replace('extends: n', 'extends: m'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain(
      'pipeline.yaml:8:14: stage "count" extends "m", which it does not read',
    );
  });
});

/** Sums that depend on the order of all steps before: what goes on wrongly gives other digits. */
const TRAIN = `
import json, sys
out, until, start, before = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
print("began at", start, "from", before or "nothing")
weight = json.load(open(before))["weight"] if before else 0.1
for step in range(start, until):
    weight = weight * 3.7 * (1 - weight)
json.dump({"weight": weight}, open(out, "w"))
`;
const COMMAND = `version: 1
params: { n: 2, seed: 1 }
stages:
  train:
    command: python3 train.py {{ outputs.model }} {{ n }} {{ previous.value }} {{ previous.outputs.model }}
    extends: n
    outputs: { model: "out/{{ seed }}.json" }
  text:
    command: |
      [ ! -n {{ previous.outputs.o }} ] || cat {{ previous.outputs.o }} > {{ outputs.o }}
      for ((i = {{ previous.value }}; i < {{ n }}; i++)); do echo "$i" >> {{ outputs.o }}; done
      echo {{ gpus }} GPUs {{ cpus }} CPU, seed {{ seed }}
    extends: n
    outputs: { o: out/text }
    resources: { gpus: { count: 2, when: { seed: 7 } } }
`;

/** The log of a stage in the last run. */
function readLog(workspace: Workspace, stage: string): string {
  const logs = workspace.list('.pipeline/runs').filter((path) => path.endsWith(`/${stage}.log`));
  return workspace.read(logs.at(-1) ?? '');
}

describe('a command that extends a parameter', () => {
  it.skipIf(python === null)(
    'is given the shorter result by {{ previous }} and makes the same bytes',
    async () => {
      const open = () => makeWorkspace({ 'pipeline.yaml': COMMAND, 'train.py': TRAIN });
      const workspace = open();
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
      expect(readLog(workspace, 'train')).toBe('began at 0 from nothing\n');
      expect(await workspace.run(['--set', 'n=40'])).toMatchObject({ code: 0, executed: 2 });
      expect(readLog(workspace, 'train')).toMatch(/^began at 2 from \/.*\/1\.json\n$/);
      const straight = open();
      const again = ['--set', 'n=40', '--set', 'seed=7', '--gpus', '0,1'];
      expect(await straight.run(again)).toMatchObject({ code: 0, executed: 2 });
      expect(straight.read('out/7.json')).toBe(workspace.read('out/1.json'));
      expect(straight.read('out/text')).toBe(workspace.read('out/text'));
      expect(readLog(straight, 'text')).toBe('2 GPUs 1 CPU, seed 7\n');
    },
  );

  it('must name the parameter, and has {{ previous }} only with it', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': COMMAND.replaceAll('extends: n', 'extends: m'),
    });
    expect((await workspace.run()).stderr).toContain(
      'stage "train" extends "m", which it does not read',
    );
    workspace.edit('pipeline.yaml', '    extends: m\n', '');
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('undefined variable "previous.value" in the command of stage "train"');
    expect(stderr).toContain(
      'name the parameter that makes the work longer, as in extends: epochs',
    );
  });
});
