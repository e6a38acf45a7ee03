import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { setAll, workspaceOf } from './small-workspace.ts';

afterAll(removeWorkspaces);

describe('--set', () => {
  it('gives a text as it was typed, in a command, a path, a template and a module', async () => {
    const workspace = workspaceOf(
      '{ color: red, tag: x, on: "true" }',
      `  a: { command: "printf '%s|' {{ color }} {{ tag }} {{ on }} > {{ outputs.o }}", outputs: { o: a.txt } }
  t: { template: t.njk, outputs: { o: t.txt } }
  m: { module: m.ts, params: [color, tag, on], outputs: { o: m.json } }`,
      {
        't.njk': '{{ color }}|{{ tag }}|{{ on }}|',
        'm.ts': `import { writeFile } from 'node:fs/promises';
export const run = ({ params, outputs }) => writeFile(outputs.o, JSON.stringify(params));
`,
      },
    );
    const told = [
      ['#ff0000', 'a #1', 'null'],
      ['007', '*.csv', '~'],
      ['@x', 'a: b', 'false'],
      ['2024', '[a]b', ''],
      [' a ', '"q\'', 'two\nlines'],
    ];
    for (const [color = '', tag = '', on = ''] of told) {
      const result = await workspace.run(setAll(`color=${color}`, `tag=${tag}`, `on=${on}`));
      expect(result).toMatchObject({ code: 0, executed: 3 });
      expect(workspace.read('a.txt')).toBe(`${color}|${tag}|${on}|`);
      expect(workspace.read('t.txt')).toBe(`${color}|${tag}|${on}|`);
      expect(JSON.parse(workspace.read('m.json'))).toEqual({ color, tag, on });
    }
  });

  it('takes for a number, a boolean and a list nothing else, and says what to write', async () => {
    const workspace = workspaceOf(
      '{ lr: 0.1, on: true, models: [A], any: null }',
      '  a: { command: "echo {{ lr }} {{ on }} {{ models }} > {{ outputs.o }}", outputs: { o: a.txt } }',
    );
    const { code, stdout, stderr } = await workspace.run(
      setAll('lr=', 'on=yes', 'models=B', 'any=', 'lr=1_000', 'lr=null', 'models=[B, #f00]'),
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.split('\n').filter((line) => line.startsWith('--set'));
    expect(lines).toEqual([
      '--set any: the parameter "any" is set to nothing',
      '--set lr: the parameter "lr" is set to "", which is no number',
      '--set lr: the parameter "lr" is set to "1_000", which is no number',
      '--set lr: the parameter "lr" is set to "null", which is no number',
      '--set models: the parameter "models" is set to "B", which is no list',
      expect.stringContaining(
        '--set models: the value "[B, #f00]" of the parameter "models" cannot be',
      ),
      '--set on: the parameter "on" is set to "yes"',
    ]);
    expect(stderr).toContain("fix: write 'models=[B]'");
    expect(stderr).toContain(`fix: put texts with signs in quotes: 'models=["#1", "a: b"]'`);
    expect(stderr).toContain('fix: write lr=1000');
    expect(workspace.exists('a.txt')).toBe(false);
    const right = await workspace.run(setAll('lr=1e-3', 'on=false', 'models=[007, B]', 'any=x y'));
    expect(right.code).toBe(0);
    expect(workspace.read('a.txt')).toBe('0.001 false 007 B\n');
  });

  it('merges a mapping as a profile does', async () => {
    const workspace = workspaceOf(
      '{ training: { epochs: 3, lr: 0.1 } }',
      '  m: { module: m.ts, params: [training], outputs: { o: m.json } }',
      {
        'm.ts': `import { writeFile } from 'node:fs/promises';
export const run = ({ params, outputs }) => writeFile(outputs.o, JSON.stringify(params.training));
`,
      },
    );
    expect((await workspace.run(setAll('training={epochs: 5}'))).code).toBe(0);
    expect(JSON.parse(workspace.read('m.json'))).toEqual({ epochs: 5, lr: 0.1 });
    const wrong = await workspace.run(setAll('training={epoch: 5, lr: fast}'));
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--set training: unknown parameter "training.epoch"');
    expect(wrong.stderr).toContain('fix: did you mean "training.epochs"?');
    expect(wrong.stderr).toContain('the parameter "training.lr" is set to "fast"');
  });
});

describe('what is no single value', () => {
  it('is not printed as it is by a template or command, which is told how to print it', async () => {
    const workspace = workspaceOf(
      '{ training: { lr: 0.1 }, models: [A, B], none_yet: null }',
      `  t: { template: t.njk, outputs: { o: t.txt } }
  n: { template: n.njk, outputs: { o: n.txt } }
  c: { command: "echo {{ training }} {{ none_yet }} {{ models }} > {{ outputs.o }}", outputs: { o: c.txt } }`,
      { 't.njk': 't: {{ training }}\nmodels: {{ models }}\n', 'n.njk': '{{ none_yet }}\n' },
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:6:23: "training" is a mapping in the command of stage "c"',
      'pipeline.yaml:6:38: "none_yet" is null in the command of stage "c"',
      't.njk:1:7: "training" is a mapping and cannot be printed as it is',
      't.njk:2:12: "models" is a list and cannot be printed as it is',
    ]);
    expect(stderr).toContain('{{ training | dump }}');
    expect(stderr).toContain('{{ models | join(", ") }}');

    workspace.write(
      't.njk',
      '{{ "a" ~ models }}\n{{ training | string }}\n{{ "b" if models else (training + "x") }}\n{{ models | first ~ models | length }}\n',
    );
    const inner = await workspace.run();
    expect(inner.stderr.split('\n').filter((line) => line.startsWith('t.njk:'))).toEqual([
      't.njk:1:10: "models" is a list and cannot be printed as it is',
      't.njk:2:4: "training" is a mapping and cannot be printed as it is',
    ]);
    workspace.write('t.njk', 't: {{ training | dump }}\nmodels: {{ models | join(", ") }}\n');
    workspace.edit('pipeline.yaml', '{{ training }} {{ none_yet }}', '{{ training | dump }}');
    const failed = await workspace.run(['--keep-going']);
    expect(failed).toMatchObject({ code: 1, executed: 2, failed: 1 });
    expect(failed.stdout + failed.stderr).toContain('n.njk:1:1: "none_yet" is null');
    expect(workspace.read('t.txt')).toBe('t: {"lr":0.1}\nmodels: A, B\n');
    expect(workspace.read('c.txt')).toBe('{"lr":0.1} A B\n');
  });

  it('is a mistake in a path or name, where nothing would stand in its place', async () => {
    const workspace = workspaceOf(
      '{ models: [A, B], tag: null, training: { lr: 0.1 } }',
      `  a: { command: "touch {{ outputs.o }}", outputs: { o: "a{{ models }}.txt" } }
  b: { command: "touch {{ outputs.o }}", outputs: { o: "b{{ tag }}.txt" } }
  c: { command: "touch {{ outputs.o }}", matrix: { k: [1] }, name: "{{ k }}{{ training }}", outputs: { o: "c{{ k }}.txt" } }
  d: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: "pipeline{{ tag }}.yaml" }, outputs: { o: d.txt } }`,
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:4:56: "models" is not a single value in stages.a.outputs.o',
      'pipeline.yaml:5:56: "tag" is null in stages.b.outputs.o',
      'pipeline.yaml:6:68: "training" is not a single value in stages.c.name',
      'pipeline.yaml:7:70: "tag" is null in stages.d.inputs.i',
    ]);
  });

  it('is a mistake as null in a command', async () => {
    const workspace = workspaceOf(
      '{ n: null }',
      '  c: { command: "echo {{ n }} > {{ outputs.o }}", outputs: { o: c.txt } }',
    );
    expect((await workspace.run()).stderr).toContain('"n" is null in the command of stage "c"');
    expect((await workspace.run(setAll('n=5'))).code).toBe(0);
  });

  it('may be missing where a template asks, or has another value for it', async () => {
    const workspace = workspaceOf('{ t: 1 }', '  t: { template: t.njk, outputs: { o: t.txt } }', {
      't.njk': '{{ x | default(3) }} {% if x is defined %}{{ x }}{% else %}no{% endif %}\n',
    });
    expect((await workspace.run()).code).toBe(0);
    expect(workspace.read('t.txt').trim()).toBe('3 no');
    workspace.edit('pipeline.yaml', '{ t: 1 }', '{ t: 1, x: 5 }');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('t.txt').trim()).toBe('5 5');
    workspace.write('t.njk', '{{ x }} {{ y }}\n');
    expect((await workspace.run()).stderr).toContain('undefined template variable "y"');
    workspace.write('t.njk', Buffer.from('{{ x }}\ncaf\xe9\n', 'latin1'));
    expect((await workspace.run()).stderr).toContain('t.njk:2:4: this is no UTF-8');
  });
});

describe('what a command is asked for', () => {
  it('may be the path of an output', async () => {
    const workspace = workspaceOf(
      '{}',
      `  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: results/x.json } }
  b: { command: "mkdir {{ outputs.o }}; echo 1 > {{ outputs.o }}/y", outputs: { o: folder } }
  c: { command: "echo 1 > {{ outputs.o }}", outputs: { o: c.txt } }`,
    );
    const result = await workspace.run(['./results/x.json', 'folder/y']);
    expect(result).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.exists('c.txt')).toBe(false);
    const why = await workspace.start(['why', 'results/x.json']).result;
    expect(why.stdout).toContain('a is up to date');
    expect((await workspace.run(['results/z.json'])).stderr).toContain(
      'target results/z.json: unknown target',
    );
  });

  it('in a folder without a pipeline.yaml is told how to get one', async () => {
    const empty = await makeWorkspace({}).run();
    expect(empty.stderr).toContain('fix: pipeline init makes a workspace to start from');
    const misnamed = await makeWorkspace({ 'pipeline.yml': '' }).run();
    expect(misnamed.stderr).toContain('fix: rename pipeline.yml to pipeline.yaml');
  });
});

describe('an input that does not exist', () => {
  it('but is the name of a stage, or its own output, is told of by that', async () => {
    const workspace = workspaceOf(
      '{}',
      `  a: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: b }, outputs: { o: a } }
  b: { command: "echo > {{ outputs.o }}", outputs: { o: b.txt } }
  c: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: c.txt }, outputs: { o: c.txt } }
  d: { command: "echo > {{ outputs.o }}", outputs: { o: . } }`,
      { 'c.txt': '' },
    );
    const { stderr } = await workspace.run();
    expect(stderr).toContain('fix: write { from: b, output: o }');
    expect(stderr).toContain('the input "i" of c is an output of the same stage: c.txt');
    expect(stderr).toContain('the output path "." is not one the pipeline may write');
    expect(stderr).toContain('3 mistakes found');
  });

  it('is told of with what is there instead', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  glob: { command: "cat {{ inputs.x }} > {{ outputs.o }}", inputs: { x: "data/*.csv" }, outputs: { o: a.txt } }
  name: { command: "cat {{ inputs.x }} > {{ outputs.o }}", inputs: { x: "${'data/café.txt'.normalize('NFC')}" }, outputs: { o: b.txt } }
`,
      ['data/café.txt'.normalize('NFD')]: '1\n',
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('fix: patterns are not expanded: name the folder, "data"');
    expect(stderr).toContain('fix: a name that looks the same is there');
  });
});
