import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** A workspace whose stages are the lines given, indented already. */
function workspaceOf(params: string, stages: string, files: Readonly<Record<string, string>> = {}) {
  return makeWorkspace({
    'pipeline.yaml': `version: 1\nparams: ${params}\nstages:\n${stages}\n`,
    ...files,
  });
}

const setAll = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);

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

describe('names and numbers of pipeline.yaml', () => {
  it('that commands would see otherwise are mistakes, all of them, with what to write', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params:
  id: 017
  commit: 12345e7
  levels: [0.0, 0.1, 1.0, 1e-3]
  big: 9007199254740993
  colour: #ff0000
profiles:
  quick: { params: { id: 0x10 } }
stages:
  a:
    command: echo {{ id }} > {{ outputs.o }}
    matrix: { subject: [001, 010], py: [3.9, 3.10] }
    outputs: { o: "{{ name }}.txt" }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    const places = stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line));
    expect(places.map((line) => line.replace(/:[^:]*$/, ''))).toEqual([
      'pipeline.yaml:3:7: 017 would be seen as 17',
      'pipeline.yaml:4:11: 12345e7 would be seen as 123450000000',
      'pipeline.yaml:6:8: 9007199254740993 would be rounded to 9007199254740992',
      expect.stringMatching(/^pipeline\.yaml:7:\d+: this value is empty$/),
      'pipeline.yaml:9:26: 0x10 would be seen as 16',
      'pipeline.yaml:13:25: 001 would be seen as 1',
      'pipeline.yaml:13:30: 010 would be seen as 10',
      'pipeline.yaml:13:46: 3.10 would be seen as 3.1',
    ]);
    expect(stderr).toContain('3.1, as it would be seen, or "3.10" in quotes');
    workspace.write(
      'pipeline.yaml',
      `version: 1
params: { id: "017" }
stages:
  a:
    command: echo {{ id }} {{ subject }} {{ py }} > {{ outputs.o }}
    matrix: { subject: ["001"], py: [3.9, "3.10"] }
    outputs: { o: "{{ name }}.txt" }
`,
    );
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('001_3.10.txt')).toBe('017 001 3.10\n');
  });

  it('that mean something else already, or cannot be reached, are mistakes', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { name: exp1, profile: mine, inputs: 1, training: { a.b: 1 } }
stages:
  a: { command: "echo {{ name }} > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "echo {{ name }} > {{ outputs.o }}", matrix: { name: [x], k: [1, 2] }, outputs: { o: "{{ name }}" } }
`,
    });
    const { code, stderr } = await workspace.run(setAll('name=exp2'));
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:2:11: "name" cannot be the name of a parameter: {{ name }} is the name of the cell',
      'pipeline.yaml:2:23: "profile" cannot be the name of a parameter: {{ profile }} is the name of the profile',
      'pipeline.yaml:2:38: "inputs" cannot be the name of a parameter: {{ inputs }} is the stage\'s inputs',
      'pipeline.yaml:2:61: "training.a.b" cannot be the name of a parameter: a dot separates the levels of nested ones',
      'pipeline.yaml:5:64: "name" cannot be the name of an axis: {{ name }} is the name of the cell',
    ]);
    expect(stderr).toContain('fix: call it "run_name", say, wherever it is used');
    expect(stderr).not.toMatch(/--set name/);
  });

  it('that JavaScript knows are names like others', async () => {
    const workspace = workspaceOf(
      '{ constructor: 1, toString: two, hasOwnProperty: [3] }',
      '  a: { command: "echo {{ constructor }} {{ toString }} {{ hasOwnProperty }} > {{ outputs.o }}", outputs: { o: a.txt } }',
    );
    expect((await workspace.run(setAll('toString=2', 'constructor=5'))).code).toBe(0);
    expect(workspace.read('a.txt')).toBe('5 2 3\n');
  });

  it('that a command of the program has are no names of own ones', async () => {
    const help = (await makeWorkspace({}).start(['--help']).result).stdout;
    const names = [
      ...help.matchAll(/^ {2}([a-z][a-z-]+) (?! )/gm),
      ...help.matchAll(/^ {2}([a-z]+) {2}/gm),
    ]
      .map(([, name = '']) => name)
      // A workspace may have a report of its own.
      .filter((name, i, all) => all.indexOf(name) === i && name !== 'report');
    expect(names).toContain('accept-equal');
    expect(names).toContain('cache');
    const own = [...names, 'models', 'report']
      .map((name) => `  ${name}: { module: m.ts }`)
      .join('\n');
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
commands:
${own}
stages: { a: { command: "touch {{ outputs.o }}", outputs: { o: a.txt } } }
`,
      'm.ts': 'export const main = () => {};\n',
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:3:3: "');
    expect(stderr).toContain(`${names.length} mistakes found`);
    expect(stderr).not.toMatch(/"(models|report)"/);
  });

  it('with dashes are told of once, with the rule, at their place', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { learning-rate: 0.1, seed: 1 }
stages:
  a: { command: "echo {{ learning-rate }} {{ seed }} > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "echo 1 > {{ outputs.my-out }}", outputs: { my-out: x } }
`,
    });
    const { stderr } = await workspace.run();
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:2:11: "learning-rate" cannot be a name in params',
      'pipeline.yaml:5:61: "my-out" cannot be a name in stages.b.outputs',
    ]);
    expect(stderr).toContain('expected: letters, digits and _, not beginning with a digit');
    expect(stderr).toContain('fix: write learning_rate');
  });

  it('are checked in every profile, whichever is run', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { lr: 0.1 }
profiles: { quick: {}, paper: { params: { lrr: 1 }, pilot: { lr: fast } } }
stages: { a: { command: "touch {{ outputs.o }}", outputs: { o: a.txt } } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:3:43: unknown parameter "lrr"');
    expect(stderr).toContain('the parameter "lr" is set to "fast"');
  });

  it('that other tools fill in are told of where they would stay as they are', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { root: data, folder: "{{ root }}/x", prompt: "{{ question }}", home: "\${HOME}" }
profiles: { quick: { params: { folder: "{{root | lower}}" } } }
stages:
  a: { command: "cat {input.i} > {{ outputs.o }}", inputs: { i: pipeline.yaml }, outputs: { o: a.txt } }
  b: { command: "echo 1 > \${outputs.o}; awk '{output}' {{ outputs.o }}", outputs: { o: b.txt } }
  c: { command: "{% if root %} echo 1 > {{ outputs.o }} {% endif %}", outputs: { o: c.txt } }
  d: { command: "echo {{ m }} > {{ outputs.o }}", matrix: { m: [x, "{{ root }}/y"] }, outputs: { o: "{{ name }}.txt" } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:2:31: "{{ root }}" in a value would be left as it is',
      'pipeline.yaml:3:40: "{{root | lower}}" in a value would be left as it is',
      'pipeline.yaml:5:22: "{input.i}" has single braces in stages.a.command',
      `pipeline.yaml:6:27: "\${outputs.o}" has single braces in stages.b.command`,
      'pipeline.yaml:7:18: "{% if root %}" is for templates, and would be left as it is in stages.c.command',
      'pipeline.yaml:7:57: "{% endif %}" is for templates, and would be left as it is in stages.c.command',
      'pipeline.yaml:8:68: "{{ root }}" in a value would be left as it is',
    ]);
    expect(stderr).toContain('fix: write {{ inputs.i }}');
  });

  it('that are set wrongly are one mistake each, however they are used', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { lr: 0.1, id: null, training: { epochs: 1 } }
profiles: { quick: { params: { lr: { a: 1 } } } }
stages: { a: { command: "echo {{ lr }} {{ id }} > {{ outputs.o }}", outputs: { o: a.txt } } }
`,
    });
    const { code, stderr } = await workspace.run(setAll('id=007', 'epochs=3'));
    expect(code).toBe(2);
    expect(stderr).toContain(`fix: for a text, put it in quotes: 'id="007"'`);
    expect(stderr).toContain('fix: did you mean "training.epochs"?');
    expect(stderr).toContain('pipeline.yaml:3:32: the parameter "lr" is set to {"a":1}');
    expect(stderr).toContain('3 mistakes found');
  });
});

describe('exclude and where', () => {
  const stages = `  a:
    command: echo {{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2], m: { param: models } EXCLUDE }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: WHERE } }
    outputs: { o: b.txt }`;
  const fill = (exclude: string, where: string) =>
    stages
      .replace(' EXCLUDE', exclude === '' ? '' : `, exclude: ${exclude}`)
      .replace('WHERE', where);
  const params = '{ models: [X, Y], rest: [] }';

  it('that filter nothing are mistakes, with what was meant', async () => {
    const workspace = workspaceOf(params, fill('[{ k: "1" }, { m: Z1 }]', '[{ k: [1, 9] }]'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:6:63: the axis "k" never is "1"',
      'pipeline.yaml:6:75: the axis "m" never is "Z1"',
      'pipeline.yaml:10:57: the axis "k" never is 9',
    ]);
    expect(stderr).toContain('fix: write 1 without quotes');
  });

  it('of cells that are not there, though each value is, are mistakes', async () => {
    const workspace = workspaceOf(params, fill('[{ m: Y, k: 1 }]', '[{ m: X }, { m: Y, k: [1] }]'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:10:58: no cell of a has m "Y" and k 1');
    expect(stderr).toContain('1 mistake found');
    workspace.edit('pipeline.yaml', 'k: [1] }', 'k: [1, 2] }');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 4 });
    expect(workspace.read('b.txt')).toBe('1\n2\n2\n');
  });

  it('may name what is there in another profile, or is with other settings', async () => {
    const workspace = workspaceOf(
      params,
      fill('[{ m: Y, k: 1 }]', '[{ m: X }, { m: Y }, { k: 2 }]'),
    );
    expect(await workspace.run(setAll('models=[X]'))).toMatchObject({ code: 0, executed: 3 });
    const { stderr } = await workspace.run(setAll('models=[]'));
    expect(stderr).toContain('--set models: stage "a" has no cell: the parameter "models" is an');
    expect(stderr).toContain('1 mistake found');
  });

  it('by values of another kind are mistakes, also where a parameter or a shared axis has them', async () => {
    const workspace = workspaceOf(
      '{ best: "1", skip: ["2"], none: "" }',
      `  a:
    command: echo {{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2], exclude: [{ k: { param: skip } }, { k: { param: none } }] }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: [{ k: { param: best } }] } }
    outputs: { o: b.txt }
  c:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    matrix: { k: ["1", "2"] }
    inputs: { i: { from: a, output: o } }
    outputs: { o: "c/{{ name }}.txt" }`,
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:2:17: the axis "k", which "best" filters, never is "1"',
      'pipeline.yaml:2:28: the axis "k", which "skip" filters, never is "2"',
      'pipeline.yaml:15:15: no cell of a matches the input "i" of c/1',
    ]);
    expect(stderr).toContain('fix: "k" is "1" here and 1 there: write both');
  });

  it('may find an axis of an included cell emptied', async () => {
    const workspace = workspaceOf(
      '{ extra: [B] }',
      `  a:
    command: echo {{ m }} > {{ outputs.o }}
    matrix: { m: [A], include: [{ m: { param: extra } }] }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: [{ m: A }, { m: { param: extra } }] } }
    outputs: { o: b.txt }`,
    );
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    expect(await workspace.run(setAll('extra=[]'))).toMatchObject({ code: 0 });
    expect(workspace.read('b.txt')).toBe('A\n');
  });
});

describe('a matrix', () => {
  it('that cannot be made as it is written is told of with what is wrong in it', async () => {
    const workspace = workspaceOf(
      `{ n: [${Array.from({ length: 300 }, (_, i) => i).join(', ')}] }`,
      [
        '{ a: { param: n }, b: { param: n }, c: { param: n } }',
        '{ c: [1, 2], include: [{ c: 1, lr: 5 }] }',
        '{ c: [1, 2], d: [x], include: [{ c: 1 }] }',
        '{ color: [1, 2], include: [{ colour: 1 }] }',
        '{ c: [a, a_b], d: [b_c, c] }',
        '{ c: [1, "1"] }',
      ]
        .map(
          (matrix, i) =>
            `  s${i}: { command: "echo > {{ outputs.o }}", outputs: { o: "s${i}/{{ name }}" }, matrix: ${matrix} }`,
        )
        .join('\n'),
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    for (const message of [
      'the matrix of stage "s0" has 27000000 cells, before exclude: a (300) × b (300) × c (300)',
      'pipeline.yaml:5:108: this cell has an axis that the matrix does not have, "lr"',
      'pipeline.yaml:6:116: this cell has no value for the axis "d"',
      'axis that the matrix does not have, "colour"\n',
      'fix: did you mean "color"?',
      'fix: use every axis in the name: name: "{{ c }}-{{ d }}"',
      'fix: leave one of them out: their values look the same',
      '6 mistakes found',
    ]) {
      expect(stderr).toContain(message);
    }
    expect(stderr).not.toContain('did you mean "c"');
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

describe('YAML that stages write', () => {
  /** A stage that prints the parameters it reads from the file of its name. */
  const reader = (name: string) =>
    `  w_${name}: { command: "cp {{ inputs.i }} {{ outputs.o }}", inputs: { i: made/${name} }, outputs: { o: ${name}.yaml } }
  ${name}: { module: m.ts, inputs: { config: { from: w_${name}, output: o, as: params } }, outputs: { o: ${name}.json } }`;

  it('is read as pipeline.yaml is, and a mistake in it has a place', async () => {
    const made = {
      merge: 'base: &b {lr: 0.10}\nrun: {<<: *b, n: 2}\n',
      twice: 'a: 1\na: 2\n',
      alias: 'a: *nowhere\n',
      nan: 'a: .nan\n',
      zeros: 'id: 007\n',
      open: 'a: [1\n',
      list: '- a\n',
      nonumber: '{"loss": NaN, "name": "NaN"}\n',
      latin: '',
    };
    const names = Object.keys(made);
    const workspace = workspaceOf('{}', names.map(reader).join('\n'), {
      ...Object.fromEntries(Object.entries(made).map(([name, text]) => [`made/${name}`, text])),
      'm.ts': `import { writeFile } from 'node:fs/promises';
export const run = ({ params, outputs }) => writeFile(outputs.o, JSON.stringify(params.config));
`,
    });
    workspace.write('made/latin', Buffer.from('a: 1\nname: caf\xe9\n', 'latin1'));
    const { code, stdout, stderr } = await workspace.run(['--keep-going']);
    expect(code).toBe(1);
    expect(JSON.parse(workspace.read('merge.json'))).toEqual({
      base: { lr: 0.1 },
      run: { lr: 0.1, n: 2 },
    });
    for (const message of [
      'twice.yaml:2:1: not valid YAML: map keys must be unique',
      'alias.yaml:1:4: not valid YAML: no anchor "&nowhere"',
      'nan.yaml:1:4: .nan cannot be a value',
      'zeros.yaml:1:5: 007 would be seen as 7',
      'open.yaml:2:1: not valid YAML',
      'list.yaml:1:1: list.yaml is read as parameters but is not a YAML mapping',
      'nonumber.yaml:1:10: NaN cannot be a value',
      'latin.yaml:2:10: this is no UTF-8',
    ]) {
      expect(stdout + stderr).toContain(message);
    }
  });
});

describe('pipeline.yaml', () => {
  const stages = 'stages: { a: { command: "touch {{ outputs.o }}", outputs: { o: a.txt } } }\n';

  it.each([
    [
      'a NUL character',
      `version: 1\nparams: { sep: "\\0" }\n${stages}`,
      '2:16: this text holds a NUL',
    ],
    [
      'aliases in a circle',
      `version: 1\nparams: { a: &x [*x] }\n${stages}`,
      '2:18: not valid YAML',
    ],
    ['UTF-16', Buffer.from(`\uFEFFversion: 1\n${stages}`, 'utf16le'), '1:1: this file is UTF-16'],
    [
      'bytes that are no text',
      Buffer.concat([
        Buffer.from('version: 1\n# caf'),
        Buffer.from([0xe9]),
        Buffer.from(`\n${stages}`),
      ]),
      '2:6: this is no UTF-8',
    ],
  ])('with %s is a mistake with its place', async (_, text, message) => {
    const workspace = makeWorkspace({});
    workspace.write('pipeline.yaml', text);
    const { code, stderr } = await workspace.run();
    expect(stderr).toContain(`pipeline.yaml:${message}`);
    expect(code).toBe(2);
  });

  it('may have a byte order mark and lines that end as on Windows', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml':
        `\uFEFFversion: 1\nparams: { w: x }\nstages:\n  a:\n    command: |\n      echo {{ w }} > {{ outputs.o }}\n    outputs: { o: a.txt }\n`.replaceAll(
          '\n',
          '\r\n',
        ),
    });
    expect((await workspace.run(setAll('w=y'))).code).toBe(0);
    expect(workspace.read('a.txt')).toBe('y\n');
  });

  it('written as another tool has it is told of key by key, with what to write', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: "1"
params: { lr: 1 }
profiles: { quick: { lr: 2 } }
stages:
  dvc: { cmd: python x.py, deps: [x.py], outs: [m.pkl] }
  text: echo hi
  both: { command: x, module: y, outputs: { o: c } }
  lists: { command: x, needs: dvc, inputs: a.txt, outputs: [x.txt], timeout: 90, resources: { cpus: 0.5 } }
  axes: { command: x, outputs: { o: a }, matrix: { c: 3, d: "{{ models }}", e: { from: 0, count: n }, exclud: [{ c: 1 }], exclude: { c: 1 } } }
`,
    });
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    const told = stderr.split('\n\n').map((block) => {
      const [first = ''] = block.split('\n');
      const fix = /\n {2}fix: (.*)$/.exec(block)?.[1];
      return [first.replace(/^pipeline.yaml:(\d+):\d+: /, '$1 '), ...(fix ? [fix] : [])].join(
        ' → ',
      );
    });
    expect(told).toEqual([
      '1 version is the string "1" → write 1 without quotes',
      '3 unknown key "lr" in profiles.quick → write params: { lr: … }',
      '5 unknown key "cmd" in stages.dvc → did you mean "command"?',
      '5 unknown key "deps" in stages.dvc → did you mean "inputs"?',
      '5 unknown key "outs" in stages.dvc → did you mean "outputs"?',
      '6 stages.text is the string "echo hi"',
      '7 stages.both must say what it runs, in exactly one way; it has command and module',
      '8 stages.lists.needs is the string "dvc" → write [dvc]',
      '8 stages.lists.inputs is the string "a.txt" → give it a name: { file: a.txt }',
      '8 stages.lists.outputs is a list → give it a name: { file: x.txt }',
      '8 stages.lists.timeout is the number 90',
      '8 stages.lists.resources.cpus is the number 0.5',
      '9 stages.axes.matrix.c is the number 3 → write [3]',
      '9 stages.axes.matrix.d is the string "{{ models }}" → write { param: models }',
      '9 stages.axes.matrix.e.from is the number 0',
      '9 stages.axes.matrix.exclud.0 is a mapping → did you mean "exclude"?',
      '9 stages.axes.matrix.exclude is a mapping → put it in a list: [{ … }]',
      '17 mistakes found; nothing was run.',
    ]);
    workspace.write(
      'pipeline.yaml',
      `version: 1
params:
targets: { b: [c] }
stages:
  a: { command: x, env: [FOO=1], outputs: { o: a } }
  b: { command: "echo {{ k.lr }} > {{ outputs.o }}", inputs: { k: { from: c, output: o, as: params } }, outputs: { o: b } }
  c: { command: "echo > {{ outputs.o }}", outputs: { o: c } }
  d: { command: x, inputs: { i: { path: x.csv } }, env: { FOO: 1 }, outputs: { o: d } }
`,
    );
    const more = (await workspace.run()).stderr;
    for (const message of [
      'fix: leave params out, or give it a value',
      'fix: write FOO: its value is that of the environment',
      'fix: only modules are told its keys: read {{ inputs.k }}',
      '"b" cannot be the name of a target: it is that of a stage',
      'fix: a file or folder is given by its path alone: name: data.csv',
      'fix: write [FOO]',
      '6 mistakes found',
    ]) {
      expect(more).toContain(message);
    }
    expect(stderr).toContain('expected: a time such as 90s, 10m, 2h or 1d');
    expect(stderr).toContain('expected: the name of a parameter that holds a whole number');
  });

  it('in which one slip has many effects has one mistake', async () => {
    const workspace = workspaceOf(
      '{ seed: 1, seeds: "1, 2, 3" }',
      `  a: { command: "touch {{ outputs.o }}", matrix: { s: [1, 2], t: [1, 2] }, outputs: { o: "a/{{ sed }}.txt" } }
  b: { command: "touch {{ outputs.o }}", matrix: { s: [1, 2], t: [1, 2] }, outputs: { o: "b/{{ t }}.txt" } }
  c: { command: "touch {{ outputs.o }}", matrix: { s: [1, 2] }, outputs: { o: "c/{ s }.txt" } }
  d: { command: "touch {{ outputs.o }}", matrix: { s: { param: seeds } }, outputs: { o: "d/{{ name }}" } }
  e: { command: x, inputs: { i: { from: f, output: o } }, outputs: { o: e } }
  f: { command: x, inputs: { i: { from: e, output: o } }, outputs: { o: f } }
  g: { command: "echo {{ params.seed }}", outputs: { o: g } }
targets: { all: [a, e] }`,
    );
    const { stderr } = await workspace.run();
    const places = stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line));
    expect(places.map((line) => line.replace(/^pipeline.yaml:(\d+):\d+: /, '$1 '))).toEqual([
      '2 the parameter "seeds" cannot be an axis: it is "1, 2, 3"',
      '4 undefined variable "sed" in stages.a.outputs.o',
      '5 the 4 nodes of stage "b" write 2 paths as "o"; the path has nothing of s',
      '6 "{ s }" has single braces in stages.c.outputs.o',
      '8 a cycle: e needs f needs e',
      '10 undefined variable "params.seed" in the command of stage "g"',
    ]);
    for (const fix of ['write [1, 2, 3]', 'write {{ s }}', 'write {{ seed }}: parameters']) {
      expect(stderr).toContain(`fix: ${fix}`);
    }
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
