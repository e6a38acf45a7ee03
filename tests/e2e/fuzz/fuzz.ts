/** A workspace whose files are damaged one at a time, and what must be true of every answer. */

import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../pipeline/cli/main.ts';
import { keepOutput } from '../../fixtures/output.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';
import { mutate } from './mutate.ts';

const PIPELINE = `version: 1
default_profile: small
params:
  n: 3
  kind_of_work: work
  title: "a: b"
  deep: { list: [1, 2.5, "x"], flag: false, nothing: null }
profiles:
  small: { description: few, params: { n: 1 } }
  large: { description: many, params: { n: 5, deep: { flag: true } } }
stages:
  raw:
    description: copies a file
    command: cat {{ inputs.data }} > {{ outputs.out }}
    inputs: { data: raw/data.csv }
    outputs: { out: "out/raw.csv" }
    env: [SOME_VARIABLE]
    resources: { cpus: 1, memory: 10MB }
  config:
    matrix: { p: { param: deep.list }, kind: [a, b], include: [{ p: 9, kind: c }] }
    name: "{{ p }}_{{ kind }}"
    template: t/page.njk
    outputs:
      config: { path: "out/config/{{ name }}.yaml", mutable: [state] }
  work:
    matrix: { like: config }
    name: "{{ p }}_{{ kind }}"
    module: "stages/{{ kind_of_work }}.ts"
    params: [n, deep.flag]
    extends: config.epochs
    inputs:
      config: { from: config, output: config, as: params }
      rows: { from: raw, output: out }
    outputs:
      result: "out/work/{{ name }}.txt"
      seconds: { path: "out/work/{{ name }}.seconds", volatile: true }
  gather:
    profiles: [small]
    command: cat {{ inputs.results }} | sort > {{ outputs.all }}
    inputs: { results: { from: work, output: result, where: [{ kind: [a, c] }, { p: 1 }] } }
    outputs: { all: out/all.txt }
targets:
  everything: [results, config]
  results: [gather]
`;

const FILES: Readonly<Record<string, string>> = {
  'pipeline.yaml': PIPELINE,
  't/base.njk': '# {{ title }}\n{% block body %}none{% endblock %}\nkind: {{ kind }}\n',
  't/page.njk': `{% extends "base.njk" %}
{% block body %}
{% set twice = n * 2 %}
epochs: {{ twice }}
{% for item in deep.list %}
item{{ loop.index }}: {{ item }}
{% endfor %}
{% if deep.flag and p > 1 %}
large: {{ p | fixed(1) }}
{% else %}
small: {{ p }}
{% endif %}
{% endblock %}
`,
  'stages/work.ts': `import { writeFileSync } from 'node:fs';
import { double } from './helper.ts';
export async function run({ params, outputs }: { params: object; outputs: Record<string, string> }) {
  writeFileSync(outputs.result, double(JSON.stringify(params)));
  writeFileSync(outputs.seconds, '1');
}
`,
  'stages/helper.ts': 'export const double = (text: string): string => text.repeat(2);\n',
  'raw/data.csv': 'a,b\n1,2\n',
  'package.json': '{ "name": "fuzzed", "type": "module" }\n',
  'package-lock.json': '{ "name": "fuzzed", "lockfileVersion": 3, "packages": { "": {} } }\n',
};

const COMMANDS: readonly (readonly string[])[] = [
  ['status'],
  ['status', 'results', '--json'],
  ['run', '--dry-run'],
  ['run', 'everything', '--dry-run', '--profile', 'large'],
  ['status', 'work/1_a', '--set', 'deep.list=[1, 7]'],
];

export interface FuzzOptions {
  readonly seed: number;
  /** How many cases go through the entry function in this process. */
  readonly inProcess: number;
  /** How many go through a process of their own. */
  readonly processes: number;
}

/** What a command answered. */
interface Answer {
  readonly code: number | null;
  readonly text: string;
}

/** Damages files and arguments and asks: no crash, no stack trace, no file anywhere else. */
export function describeFuzz({ seed, inProcess, processes }: FuzzOptions): void {
  describe(`damaged files, seed ${seed}`, () => {
    let workspace: Workspace;
    let damageable: readonly string[];

    beforeAll(async () => {
      workspace = makeWorkspace(FILES);
      const { code, stdout, stderr } = await workspace.run();
      expect(stderr).toBe('');
      expect(code, stdout).toBe(0);
      const own = workspace.list('.pipeline').filter((path) => /\.(json|mjs)$/.test(path));
      // Half of the cases damage pipeline.yaml, where most mistakes are made.
      const sources = Object.keys(FILES);
      damageable = [...sources.map(() => 'pipeline.yaml'), ...sources, ...own.slice(0, 4)];
    });
    afterAll(removeWorkspaces);

    it(`${inProcess} times through the entry function`, async () => {
      const before = listAround(workspace);
      for (let index = 0; index < inProcess; index += 1) {
        await checkCase(index, (args) => answerHere(args, workspace));
      }
      expect(listAround(workspace)).toEqual(before);
    });

    it(`${processes} times through the real command line`, async () => {
      const before = listAround(workspace);
      for (let index = 0; index < processes; index += 1) {
        await checkCase(inProcess + index, async (args) => {
          const { code, stdout, stderr } = await workspace.start(args).result;
          return { code, text: stdout + stderr };
        });
      }
      expect(listAround(workspace)).toEqual(before);
    });

    async function checkCase(
      index: number,
      ask: (args: readonly string[]) => Promise<Answer>,
    ): Promise<void> {
      const path = damageable[index % damageable.length] ?? '';
      const sound = workspace.read(path);
      const damaged = mutate(sound, seed * 100_000 + index);
      const args = [...(COMMANDS[index % COMMANDS.length] ?? [])];
      if (index % 7 === 0) args.push('--set', mutate('deep.list=[1, 2]', index));
      workspace.remove(path);
      workspace.write(path, damaged);
      try {
        const { code, text } = await ask(args);
        const story = `case ${index}: ${args.join(' ')}\n${path}:\n${damaged}\n---\n${text}`;
        expect([0, 1, 2], story).toContain(code);
        expect(text, story).not.toMatch(/^\s+at .*[:(]/m);
        // JSON says them in its own way, and its readers are no terminals.
        if (!args.includes('--json')) expect(text, story).not.toMatch(/[^\P{Cc}\n\t]/u);
        if (code !== 0) expect(text.trim(), story).not.toBe('');
      } finally {
        workspace.remove(path);
        workspace.write(path, sound);
      }
    }
  });
}

/** Runs a command in this process, with what it prints. */
async function answerHere(args: readonly string[], { path }: Workspace): Promise<Answer> {
  const output = keepOutput();
  const [command = '', ...rest] = args;
  const program = {
    workerPath: '',
    root: '',
    version: '0',
    importModule: (url: string) => import(url),
  };
  try {
    const code = await main([command, '-C', path, ...rest], program, output);
    return { code, text: output.printed() + output.complaints() };
  } catch (error) {
    throw new Error(`${args.join(' ')} threw ${error instanceof Error ? error.stack : error}`);
  }
}

/** What lies in the workspace and beside it, where none of these commands may put anything. */
function listAround(workspace: Workspace): readonly string[] {
  const beside = readdirSync(tmpdir()).filter((name) => name.includes('escaped'));
  return [...beside, ...workspace.list('.').filter((path) => !path.startsWith('.pipeline/'))];
}
