import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { setAll, workspaceOf } from './small-workspace.ts';

afterAll(removeWorkspaces);

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
