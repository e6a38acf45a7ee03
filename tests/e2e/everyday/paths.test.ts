import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, removeFolders, writeInto } from '../../fixtures/folder.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);
afterAll(removeFolders);

describe('an input that lies outside the workspace', () => {
  it('is read from its absolute path, counts by its content and not by where it is', async () => {
    const data = makeFolder({ 'words.txt': 'pear\n', 'more/a.txt': 'a\n' });
    const text = (folder: string) => `version: 1
params: { data: ${folder} }
stages:
  read: { command: "cat {{ inputs.x }} {{ inputs.more }}/a.txt > {{ outputs.o }}", inputs: { x: "{{ data }}//words.txt", more: "{{ data }}/./more/" }, outputs: { o: out.txt } }
  run: { module: run.mjs, inputs: { x: "{{ data }}/words.txt" }, outputs: { o: run.txt } }
`;
    const workspace = makeWorkspace({
      'pipeline.yaml': text(data),
      'run.mjs':
        "import { copyFileSync } from 'node:fs';\nexport const run = ({ inputs, outputs }) => copyFileSync(inputs.x[0].path, outputs.o);\n",
      // What was read in silence, in its place.
      [join(data, 'words.txt').slice(1)]: 'wrong\n',
    });
    expect(await workspace.run(['--strict'])).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('out.txt')).toBe('pear\na\n');
    expect(workspace.read('run.txt')).toBe('pear\n');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });

    const elsewhere = join(makeFolder(), 'data');
    renameSync(data, elsewhere);
    workspace.write('pipeline.yaml', text(elsewhere));
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });

    writeInto(elsewhere, 'words.txt', 'plum\n');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('out.txt')).toBe('plum\na\n');
  });

  it('is a mistake that says what to write, where the path is none', async () => {
    const workspace = makeWorkspace({ 'data/words.txt': 'a\n', 'abs/words.txt': 'wrong\n' });
    const inputs = [
      '/abs/words.txt',
      `${workspace.path}/data/words.txt`,
      '~/words.txt',
      '$HOME/words.txt',
      'data\\words.txt',
    ];
    const stages = inputs.map(
      (path, i) =>
        `  s${i}: { command: "true", inputs: { x: '${path}' }, outputs: { o: o${i} } }\n`,
    );
    workspace.write('pipeline.yaml', `version: 1\nstages:\n${stages.join('')}`);
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.match(/pipeline\.yaml:\d+:\d+/g)).toHaveLength(inputs.length);
    expect(stderr).toContain('does not exist: /abs/words.txt');
    expect(stderr).toContain('write abs/words.txt');
    expect(stderr).toContain('which lies in the workspace');
    expect(stderr).toContain('write data/words.txt');
    expect(stderr).toContain('~ means nothing outside of commands');
    expect(stderr).toContain('$HOME means nothing outside of commands');
  });
});

describe('other paths', () => {
  it('of code and outputs stay in the workspace', async () => {
    const outside = makeFolder({ 'x.ts': 'export const run = () => {};\n', 't.njk': 'x\n' });
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
commands: { own: { module: ${outside}/x.ts } }
stages:
  a: { module: ${outside}/x.ts, outputs: { o: a } }
  b: { template: ${outside}/t.njk, outputs: { o: b } }
  c: { command: "true", outputs: { o: ${outside}/c } }
  d: { command: "true", outputs: { o: ~/d } }
  e: { command: "true", outputs: { o: "$HOME/e" } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.match(/pipeline\.yaml:\d+:\d+/g)).toHaveLength(6);
    expect(stderr.match(/is given by an absolute path/g)).toHaveLength(2);
    expect(stderr.match(/is not one the pipeline may write/g)).toHaveLength(3);
  });

  it('may be written in any way that names the same place, without a rerun', async () => {
    const text = (x: string, o: string) =>
      `version: 1\nstages:\n  a: { command: "cp -r {{ inputs.x }} {{ outputs.o }}", inputs: { x: ${x} }, outputs: { o: ${o} } }\n`;
    const workspace = makeWorkspace({
      'pipeline.yaml': text('in/words', 'out/words'),
      'in/words/a': 'a\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    for (const [x, o] of [
      ['./in/words/', './out/words/'],
      ['in//words', 'out/x/../words'],
      ['in/./words', 'out//words'],
    ] as const) {
      workspace.write('pipeline.yaml', text(x, o));
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 0 });
    }
  });
});

describe('inputs and outputs that are one thing by links, or from above', () => {
  const workspace = makeWorkspace({
    'ws/pipeline.yaml': `version: 1
ignore: [/ws/later, /ws/runs, /ws/tested, /ws/made]
stages:
  above: { command: "ls {{ inputs.d }} > {{ outputs.o }}", inputs: { d: .. }, outputs: { o: out/above } }
  linked: { command: "ls {{ inputs.d }} > {{ outputs.o }}", inputs: { d: data }, outputs: { o: made/linked } }
  train: { command: "mkdir {{ outputs.o }}; echo 1 > {{ outputs.o }}/model", outputs: { o: runs/3 } }
  test: { command: "cp {{ inputs.m }} {{ outputs.o }}", inputs: { m: latest/model }, outputs: { o: tested } }
  patient: { command: "cp {{ inputs.m }} {{ outputs.o }}", inputs: { m: latest/model }, needs: [train], outputs: { o: later } }
`,
    'ws/made/a': 'a',
    'ws/runs/3/model': 'an old one',
  });
  const run = () => workspace.run(['-C', 'ws', '--keep-going', '--jobs', '1']);

  it('are told of before the work, with what to write', async () => {
    symlinkSync('made', join(workspace.path, 'ws/data'));
    symlinkSync('runs/3', join(workspace.path, 'ws/latest'));
    const first = await run();
    expect(first).toMatchObject({ code: 1, executed: 2, failed: 3 });
    expect(first.stdout).toContain(
      'its output out/above lies in .., the input "d" of above, which it would change: give it another path, or leave it out of that: ignore: ["/ws/out/above"]',
    );
    expect(first.stdout).toMatch(
      /output made\/linked lies in data, .*: ignore: \["\/data\/linked"\]/,
    );
    expect(first.stdout).toContain('which train makes: write { from: train, output: o }');
    expect(workspace.read('ws/later')).toBe('1\n');
    workspace.edit('ws/pipeline.yaml', 'ignore: [', 'ignore: [/data/linked, /ws/out/above, ');
    workspace.edit(
      'ws/pipeline.yaml',
      'latest/model }, outputs',
      'latest/model }, needs: [train], outputs',
    );
    expect(await run()).toMatchObject({ code: 0, failed: 0 });
    expect(await run()).toMatchObject({ code: 0, executed: 0 });
  });
});
