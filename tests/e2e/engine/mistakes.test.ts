import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const faulty = `version: 1
params: { n: 3, title: x }
colour: red
stages:
  make:
    command: "echo {{ n }} > {{ outputs.out }}"
    outputs: { out: out/a.txt }
    resources: { cpus: two }
  misspelt:
    command: "cat {{ inputs.a }} > {{ outputs.o }}"
    inputs: { a: { from: mkae, output: out } }
    outputs: { o: out/b.txt }
  gone:
    command: "cat {{ inputs.a }} > {{ outputs.o }}"
    inputs: { a: raw/data.csv }
    outputs: { o: out/c.txt }
  twice:
    command: "cat x > {{ outputs.o }}"
    outputs: { o: out/c.txt }
  hen: { command: x, inputs: { i: { from: egg, output: o } }, outputs: { o: out/hen } }
  egg: { command: x, inputs: { i: { from: hen, output: o } }, outputs: { o: out/egg } }
  page:
    template: t/page.njk
    outputs: { o: out/page.html }
  outside:
    command: "touch {{ outputs.o }}"
    outputs: { o: ../escaped.txt }
  cells:
    command: "touch {{ outputs.o }}"
    matrix: { m: [A, B, A] }
    outputs: { o: "out/{{ name }}" }
  quoted:
    command: echo "{{ title }}" > {{ outputs.o }}
    outputs: { o: out/quoted }
  absent:
    module: stages/none.ts
    params: [titel]
    outputs: { o: out/absent }
targets:
  all: [make, celsl]
`;

describe('a faulty pipeline.yaml', () => {
  it('has all its mistakes reported together, each with its place and a way out', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': faulty,
      't/page.njk': 'Hello\n  {{ titel }}\n',
    });
    const around = readdirSync(dirname(workspace.path));
    const { code, stdout, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const places = stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line));
    expect(places).toEqual([
      'pipeline.yaml:3:1: unknown key "colour" at the top level',
      'pipeline.yaml:8:24: stages.make.resources.cpus is the string "two"',
      'pipeline.yaml:11:26: unknown stage "mkae"',
      'pipeline.yaml:15:18: the input "a" of gone does not exist: raw/data.csv',
      'pipeline.yaml:19:19: twice and gone both write out/c.txt',
      'pipeline.yaml:20:32: a cycle: hen needs egg needs hen',
      'pipeline.yaml:27:19: the output path "../escaped.txt" is not one the pipeline may write',
      'pipeline.yaml:30:13: the matrix of stage "cells" has the cell {"m":"A"} twice',
      'pipeline.yaml:33:20: "{{ title }}" stands between quotes in the command of stage "quoted"',
      'pipeline.yaml:36:13: the module "stages/none.ts" of stage "absent" does not exist',
      'pipeline.yaml:37:14: unknown parameter "titel"',
      'pipeline.yaml:40:15: unknown target "celsl"',
      't/page.njk:2:6: undefined template variable "titel"',
    ]);
    expect(stderr).toContain('fix: did you mean "make"?');
    expect(stderr).toContain('fix: did you mean "title"?');
    expect(stderr.match(/^ {2}expected: /gm)).toHaveLength(places.length);
    expect(stderr).toContain('13 mistakes found; nothing was run.');
    expect(stderr).not.toMatch(/^\s+at /m);
    // Nothing was run or written, here or outside.
    expect(workspace.list('.')).toEqual(['pipeline.yaml', 't/page.njk']);
    expect(
      readdirSync(dirname(workspace.path)).filter((name) => name.startsWith('escaped')),
    ).toEqual([]);
    expect(around).toContain(workspace.path.split('/').at(-1));
  });

  it('is described to programs by --json', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': 'version: 1\nstages: {}\n' });
    const { code, stdout } = await workspace.run(['--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'mistakes',
      diagnostics: [{ location: { file: 'pipeline.yaml', line: 2, column: 9 } }],
    });
  });
});

describe('one mistake', () => {
  const workspace = makeWorkspace({
    'good.ts': 'export const run = () => {};\n',
    'bad.ts': "import './helper.ts';\nexport const run = () => import(process.argv[2]);\n",
    'helper.ts': "import 'not-installed';\n",
    'broken.njk': 'a\n{% if %}\n',
  });

  it.each([
    ['YAML syntax', 'version: 1\nstages:\n  a: [1\n', /^pipeline\.yaml:4:1: not valid YAML/],
    ['a key twice', 'version: 1\nversion: 1\n', /^pipeline\.yaml:2:1: not valid YAML: .*unique/],
    [
      'a key twice on a line',
      'version: 1\nparams: { a: { b: 1, "b": 2 } }\n',
      /^pipeline\.yaml:2:22: not valid YAML: .*unique/,
    ],
    ['an alias without anchor', 'version: 1\nstages: *x\n', /^pipeline\.yaml:2:9: not valid YAML/],
    ['an empty file', '', /^pipeline\.yaml:1:1: the file is empty/],
    ['only a comment', '# later\n', /^pipeline\.yaml:\d:1: the file is empty/],
    ['a list', '- a\n', /^pipeline\.yaml:1:1: the file is a list/],
    ['no stages', 'version: 1\n', /^pipeline\.yaml:1:1: the key "stages" is missing/],
    [
      'another version',
      'version: 2\nstages: { a: { command: x, outputs: { o: o } } }\n',
      /^pipeline\.yaml:1:10: version is the number 2\n/,
    ],
    [
      'no action',
      'version: 1\nstages: { a: { outputs: { o: o } } }\n',
      /2:11: stages\.a must say what it runs.*\n.*\n.*\n {2}expected: one of the keys module, command or template/,
    ],
    [
      'two actions',
      'version: 1\nstages: { a: { command: x, module: good.ts, outputs: { o: o } } }\n',
      /2:11: stages\.a must say what it runs/,
    ],
    [
      'an infinite number',
      'version: 1\nparams: { x: .inf }\nstages: { a: { command: x, outputs: { o: o } } }\n',
      /2:14: \.inf cannot be a value/,
    ],
    [
      'a default profile of the wrong type',
      'version: 1\ndefault_profile: 5\nstages: { a: { command: x, outputs: { o: o } } }\n',
      /2:18: default_profile is the number 5\n/,
    ],
    [
      'an unknown default profile',
      'version: 1\ndefault_profile: qick\nprofiles: { quick: {} }\nstages: { a: { command: x, outputs: { o: o } } }\n',
      /2:18: unknown profile "qick"\n.*\n.*\n.*\n {2}fix: did you mean "quick"/,
    ],
    [
      'a template with bad syntax',
      'version: 1\nstages: { a: { template: broken.njk, outputs: { o: o } } }\n',
      /^broken\.njk:2:\d+: not a valid template/,
    ],
    [
      'a template with two outputs',
      'version: 1\nstages: { a: { template: good.ts, outputs: { o: o, p: p } } }\n',
      /2:35: stage "a" renders a template but has 2 outputs/,
    ],
    [
      'cells that two values of an axis repeat',
      'version: 1\nstages:\n  a: { command: "echo {{ m }} {{ n }}", matrix: { m: [1, 1], n: [1, 2] }, outputs: { o: "{{ name }}" } }\n',
      /^pipeline\.yaml:3:\d+: the matrix of stage "a" has the cell \{"m":1,"n":1\} twice, and 1 more\n/,
    ],
    [
      'a profile that is not in use, whose data may be missing',
      'version: 1\nparams: { m: [1] }\nprofiles: { quick: {}, full: { params: { m: [1, 1] } } }\nstages:\n  a: { command: "echo {{ m }}", matrix: { m: { param: m } }, outputs: { o: "{{ m }}" } }\n  b: { profiles: [full], command: "cat {{ inputs.d }}", inputs: { d: later }, outputs: { o: b } }\n',
      /^pipeline\.yaml:5:\d+: in profile "full", the matrix of stage "a" has the cell \{"m":1\} twice\n/,
    ],
    [
      'an output over a source',
      'version: 1\nstages: { a: { module: good.ts, outputs: { o: good.ts } } }\n',
      /would replace the module of a/,
    ],
  ])('is explained: %s', async (_, text, expected) => {
    workspace.write('pipeline.yaml', text);
    const { code, stderr } = await workspace.run();
    expect(stderr).toMatch(expected);
    expect(stderr).toContain('1 mistake found');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });

  it('in code that a stage imports is found before anything runs', async () => {
    workspace.write(
      'pipeline.yaml',
      'version: 1\nstages:\n  a: { module: bad.ts, outputs: { o: o } }\n  b: { command: "touch {{ outputs.o }}", outputs: { o: p } }\n',
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('bad.ts:2:26: a computed import');
    expect(stderr).toContain('helper.ts:1:8: the package "not-installed" is not installed');
    expect(workspace.exists('p')).toBe(false);
  });

  it('in the state folder or the workspace itself is told in one line', async () => {
    const blocked = makeWorkspace({
      'pipeline.yaml': 'version: 1\nstages: { a: { module: m.ts, outputs: { o: o } } }\n',
      'm.ts': 'export const run = () => {};\n',
      '.pipeline': 'a file where the folder should be',
    });
    const { code, stderr } = await blocked.run();
    expect(code).toBe(2);
    expect(stderr).toContain(
      `.pipeline: pipeline run must write what belongs to this workspace, and ${blocked.path}/.pipeline is no folder`,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    const folder = makeWorkspace({ 'pipeline.yaml/x': '' });
    expect(await folder.run()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^pipeline\.yaml: .*\/pipeline\.yaml is no file\n/),
    });
  });
});

describe('arguments', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml':
      'version: 1\nparams: { n: 3 }\nprofiles: { quick: {} }\nstages: { make: { command: "echo {{ n }} > {{ outputs.o }}", outputs: { o: o } } }\n',
  });

  it.each([
    [['run', '--jbos', '3'], /unknown option '--jbos'.*--jobs/s],
    [['rnu'], /unknown command 'rnu'.*run/s],
    [['run', 'maek'], /^target maek: unknown target "maek"[\s\S]*did you mean "make"/],
    [['run', '--profile', 'quik'], /unknown profile "quik"[\s\S]*did you mean "quick"/],
    [['run', '--set', 'm=1'], /^--set m: unknown parameter "m"/],
    [['run', '--set', 'n=x'], /^--set n: the parameter "n" is set to "x", which is no number/],
    [['run', '--set', 'n'], /"n" has no key and value/],
    [['run', '--set', 'n=[1'], /is set to "\[1", which is no number/],
    [['run', '--set', 'n=.nan'], /\.nan cannot be a value/],
    [['run', '--jobs', '0'], /"0" is no number of CPUs/],
    [['run', '--jobs', '1.5'], /"1.5" is no number of CPUs/],
    [['status', '-C', 'nowhere'], /no pipeline.yaml in/],
    [['run', '--set'], /argument missing/],
  ])('that are wrong end with 2 and a likely mend: %j', async (args, expected) => {
    const { code, stderr, stdout } = await workspace.start(args).result;
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('that are all wrong are all reported', async () => {
    const { stderr } = await workspace.run(['nothing', '--set', 'm=1', '--profile', 'quik']);
    expect(stderr).toMatch(/unknown profile "quik"/);
    expect(stderr).toMatch(/unknown parameter "m"/);
  });

  it('outside a workspace end with 2', async () => {
    const empty = makeWorkspace({});
    expect((await empty.run()).code).toBe(2);
  });

  it('find the workspace upward of the current folder', async () => {
    const { stdout } = await workspace.start(['status', '-C', '.']).result;
    expect(stdout).toContain('make');
  });
});
