import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { setAll, workspaceOf } from './small-workspace.ts';

afterAll(removeWorkspaces);

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
