import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../pipeline/cli/main.ts';
import { keepOutput } from '../../fixtures/output.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

const PIPELINE = `
version: 1
default_profile: quick
explorations: tried
params:
  epochs: 3
  training: { rate: 0.1 }
  models: [small]
profiles:
  quick: { description: "a minute\\e[31m" }
  thorough: { params: { models: [small, large, "$(reboot)"] } }
stages:
  train:
    description: Trains a model
    matrix: { model: { param: models }, p: [0.2, 0.5] }
    name: "{{ model }}_{{ p | fixed(1) }}"
    command: echo {{ epochs }} > {{ outputs.log }}
    outputs: { log: "runs/{{ name }}" }
  report:
    command: cat {{ inputs.logs }} > {{ outputs.report }}
    inputs: { logs: { from: train, output: log } }
    outputs: { report: report.txt }
commands:
  models: { module: models.ts, description: list the models }
targets:
  everything: [report]
`;

let workspace: Workspace;
beforeAll(() => {
  workspace = makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'models.ts': '',
    'tried/low/report.txt': '',
    'tried/long/runs/a': '',
    'tried/.old/a': '',
    'tried/file': '',
  });
});
afterAll(removeWorkspaces);

/** What the scripts are told, by this process in the workspace. */
async function offer(...words: string[]): Promise<string> {
  const output = keepOutput();
  const cwd = process.cwd();
  process.chdir(workspace.path);
  try {
    const program = {
      workerPath: '',
      root: '',
      version: '0',
      importModule: (url: string) => import(url),
    };
    expect(await main(['__complete', '--', ...words], program, output)).toBe(0);
    return output.printed();
  } finally {
    process.chdir(cwd);
  }
}

/** The words offered, without their descriptions. */
async function complete(...words: string[]): Promise<string[]> {
  const lines = (await offer(...words)).split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

describe('what is offered', () => {
  it('are commands, those of the workspace too, and their options', async () => {
    expect(await complete('sta')).toEqual(['status']);
    expect(await complete('')).toEqual(expect.arrayContaining(['run', 'init', 'models', 'help']));
    expect(await complete('')).not.toContain('__complete');
    expect(await complete('cache', 'v')).toEqual(['verify']);
    expect(await complete('run', '--pro')).toEqual(['--profile']);
    expect(await complete('graph', '--format', '')).toEqual(['mermaid', 'dot', 'json', 'svg']);
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('are targets, stages and, once a stage is named, nodes whose name is no code for a shell', async () => {
    expect(await complete('run', '')).toEqual(['everything', 'train', 'report', 'train/']);
    expect(await complete('run', 'report', 'ev')).toEqual(['everything']);
    expect(await complete('why', 'train/')).toEqual(['train/small_0.2', 'train/small_0.5']);
    expect(await complete('run', '--profile', 'thorough', 'train/')).toEqual([
      ...['train/small_0.2', 'train/small_0.5', 'train/large_0.2', 'train/large_0.5'],
    ]);
    // One node is all that why takes.
    expect(await complete('why', 'report', '')).toEqual([]);
  });

  it('are profiles and parameters', async () => {
    expect(await complete('run', '-p', '')).toEqual(['quick', 'thorough']);
    expect(await complete('run', '--profile=t')).toEqual(['--profile=thorough']);
    expect(await complete('run', '--set', 't')).toEqual(['training.rate=']);
    expect(await complete('run', '-k', '--set', 'epochs=2', '--set', 'e')).toEqual(['epochs=']);
  });

  it('are explorations whose folders are there', async () => {
    expect(await complete('run', '--as', '')).toEqual(['long', 'low']);
    expect(await complete('clean', '--as=l')).toEqual(['--as=long', '--as=low']);
  });

  it('are files where a path is expected', async () => {
    expect(await complete('graph', '-o', '')).toEqual([':files']);
    expect(await complete('status', '-C', '')).toEqual([':files']);
    expect(await complete('models', '')).toEqual([':files']);
  });

  it('are the names that can be read while the file has mistakes', async () => {
    const broken = makeWorkspace({ 'pipeline.yaml': PIPELINE.replace('{{ epochs }}', '{{ no }}') });
    expect(await complete('run', '-C', broken.path, '')).toEqual(['everything', 'train', 'report']);
    appendFileSync(join(broken.path, 'pipeline.yaml'), 'a: b: c');
    expect(await complete('run', '-C', broken.path, '')).toEqual([]);
    expect(await complete('run', '-C', join(broken.path, 'missing'), '')).toEqual([]);
  });

  it('comes with descriptions in which nothing is left that a terminal obeys', async () => {
    expect(await offer('run', '-p', 'q')).toBe('quick\ta minute [31m\n');
  });
});

/** Typed at a terminal: each tab completes a word; `pipeline` then prints the words that it is given. */
const TYPED = 'sta\tev\t--prof\tth\t--set training.\t7';
const COMPLETED = '<status><everything><--profile><thorough><--set><training.rate=7>';

/** Types lines at a shell that has the completion, on a terminal of its own. */
async function typeAt(shell: 'bash' | 'zsh', start: string, lines: readonly string[]) {
  const { stdout } = await workspace.start(['completion', shell]).result;
  workspace.write(`completion.${shell}`, stdout);
  const { stdout: screen } = spawnSync('script', ['-qec', start, '/dev/null'], {
    cwd: workspace.path,
    encoding: 'utf8',
    input: [
      ...lines,
      `source ./completion.${shell}`,
      `pipeline() { printf '<%s>' "$@"; echo; }`,
      `npx() { printf '[%s]' "$@"; echo; }`,
      `pipeline ${TYPED}`,
      `npx pipe\t${TYPED}`,
      `npx --yes pipeline ${TYPED}`,
      'npx other-program pipeline.y\t',
      'exit',
      '',
    ].join('\n'),
  });
  return screen;
}

/** `pipeline` and `npx pipeline` complete alike; other programs of npx get file names, as before. */
function expectCompleted(screen: string): void {
  expect(screen).toContain(COMPLETED);
  const underNpx = COMPLETED.replaceAll('<', '[').replaceAll('>', ']');
  expect(screen).toContain(`[pipeline]${underNpx}`);
  expect(screen).toContain(`[--yes][pipeline]${underNpx}`);
  expect(screen).toContain('[other-program][pipeline.yaml]');
}

/** Whether a machine has a program. */
function has(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

describe('completion at a terminal', () => {
  it.skipIf(!has('script'))('works in bash', async () => {
    expectCompleted(await typeAt('bash', 'bash --norc --noprofile -i', []));
  });

  it.skipIf(!has('script') || !has('zsh'))('works in zsh', async () => {
    const screen = await typeAt('zsh', 'zsh -f -i', ['autoload -Uz compinit; compinit -D']);
    expectCompleted(screen);
  });

  it.skipIf(!has('fish'))('works in fish', async () => {
    const { stdout } = await workspace.start(['completion', 'fish']).result;
    workspace.write('completion.fish', stdout);
    const ask = (line: string) =>
      spawnSync('fish', ['--no-config', '-c', `source completion.fish; complete -C '${line}'`], {
        cwd: workspace.path,
        encoding: 'utf8',
      }).stdout;
    expect(ask('pipeline sta')).toBe(
      'status\tcount the nodes of each stage by state; changes nothing\n',
    );
    expect(ask('pipeline run --profile th')).toBe('thorough\n');
    expect(ask('npx pipeline run --profile th')).toBe('thorough\n');
    expect(ask('npx --yes pipeline sta')).toBe(
      'status\tcount the nodes of each stage by state; changes nothing\n',
    );
    expect(ask('npx other-program comp')).toContain('completion.fish\n');
    expect(ask('pipeline run --set training.')).toBe('training.rate=\t0.1\n');
    expect(ask('pipeline graph -o comp')).toContain('completion.fish\n');
  });
});
