import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, parseEvents, removeWorkspaces } from '../../fixtures/workspace.ts';

/** Commands and modules that fail, and what is said about it. */
const COMMANDS: Readonly<Record<string, readonly [command: string, said: RegExp]>> = {
  hook: [
    'source ./activate; echo 1 > {{ outputs.o }}',
    /exited with status \d+: the variable CONDA_OLD is not set, .*`set \+u` before/,
  ],
  head: [
    'seq 1000000 | head -n 5 > {{ outputs.o }}',
    /exited with status 141: .*SIGPIPE .*reader of its pipe had ended.*pipefail/,
  ],
  killed: ["bash -c 'kill -9 $$'; true", /exited with status 137: .*SIGKILL .*memory ran out/],
  itself: ['kill -KILL $$', /was ended by SIGKILL .*memory ran out/],
  crashed: ["bash -c 'kill -SEGV $$'; true", /exited with status 139: .*SIGSEGV .*native library/],
  aborted: ["bash -c 'kill -ABRT $$'; true", /exited with status 134: .*SIGABRT/],
  missing: ['no-such-program', /exited with status 127: .*not found.*PATH.*source the file/],
  waited: ['wait 1', /^exited with status 127$/],
  plain: ['./activate', /exited with status 126: .*may not be executed \(chmod \+x\)/],
  // Its own status, which means what the program says.
  own: ['echo "at: unbound variable, no"; exit 9', /^exited with status 9$/],
  unended: ["printf 'ValueError: x'; exit 5", /^exited with status 5$/],
};
const MODULES: Readonly<Record<string, readonly [text: string, said: RegExp]>> = {
  never: [
    'export async function run() { await new Promise(() => {}); }',
    /exited with status 13: its promise was never settled/,
  ],
  greedy: [
    "export async function run() { process.stderr.write('FATAL ERROR: JavaScript heap out of memory\\n'); process.abort(); }",
    /was ended by SIGABRT: its JavaScript heap was full; .*--max-old-space-size/,
  ],
  cut: [
    "export async function run() { process.stdout.write('half'); throw Object.assign(new Error('whole'), { name: 'StageFailure' }); }",
    /^exited with status 1$/,
  ],
};

/** Modules that throw, and the first words of the lines that their log ends with. */
const THROWN: Readonly<Record<string, readonly [text: string, lines: readonly string[]]>> = {
  caused: [
    "export async function run() { throw new Error('no config', { cause: new TypeError('x') }); }",
    ['Error: no config', '    at Module.run (', '[cause] TypeError: x', '    at Module.run ('],
  ],
  many: [
    "export async function run() { await Promise.any([Promise.reject('one'), Promise.reject('two')]); }",
    ['AggregateError: All promises were rejected', '[cause] one', '[cause] two'],
  ],
  object: ['export async function run() { throw { code: 3 }; }', ['{ code: 3 }']],
  unnamed: [
    'export default async function () {}',
    ['unnamed.mjs exports no function named run, but default: write `export async function run'],
  ],
  hidden: [
    "import x from 'closed/hidden.js';\nexport const run = () => x;",
    ["Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: Package subpath './hidden.js' is not defined"],
  ],
};

interface Failure {
  readonly message: string;
  readonly logTail: readonly string[];
}

const failures = new Map<string, Failure>();
beforeAll(async () => {
  const stages = [
    ...Object.entries(COMMANDS).map(
      ([name, [command]]) =>
        `  ${name}: { command: ${JSON.stringify(command)}, outputs: { o: ${name}.txt } }`,
    ),
    ...Object.keys({ ...MODULES, ...THROWN }).map(
      (name) => `  ${name}: { module: ${name}.mjs, outputs: { o: ${name}.txt } }`,
    ),
  ];
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1\nstages:\n${stages.join('\n')}\n`,
    activate: '[ -n "$CONDA_OLD" ] && echo again\n',
    'node_modules/closed/package.json':
      '{ "name": "closed", "exports": { "./open": "./open.js" } }',
    ...Object.fromEntries(
      Object.entries({ ...MODULES, ...THROWN }).map(([name, [text]]) => [`${name}.mjs`, text]),
    ),
  });
  const result = await workspace.run(['--keep-going', '--json']);
  for (const event of parseEvents(result)) {
    if (event.type === 'node-failed') failures.set(event.node, event);
  }
});
afterAll(removeWorkspaces);

describe('a stage that fails', () => {
  it.each(Object.entries({ ...COMMANDS, ...MODULES }))(
    'is explained where its status alone says little: %s',
    (name, [, said]) => {
      expect(failures.get(name)?.message).toMatch(said);
    },
  );

  it.each(Object.entries(THROWN))('tells what it threw, and why: %s', (name, [, lines]) => {
    const told = failures.get(name)?.logTail ?? [];
    expect(told.slice(0, lines.length)).toEqual(lines.map((line) => expect.stringContaining(line)));
    expect(told.join('\n')).not.toMatch(/\.pipeline\/code|worker\.mjs/);
  });

  it('has what follows its last words on a line of its own', () => {
    const ended = failures.get('unended')?.logTail;
    expect(ended).toEqual(['ValueError: x', 'the command exited with status 5']);
    expect(failures.get('cut')?.logTail).toEqual(['half', 'whole']);
  });
});

describe('a command', () => {
  it('sees text as UTF-8 and sorts it by code points, whatever the user’s locale', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  count:
    command: |
      { wc -m < {{ inputs.text }}; grep -cE '^\\w+$' {{ inputs.text }}; sort {{ inputs.text }}; } | tr -d ' ' > {{ outputs.o }}
    inputs: { text: words.txt }
    outputs: { o: o.txt }
`,
      'words.txt': 'naïve\nz\nB\nä\n',
    });
    const env = { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' };
    expect((await workspace.run([], { env })).code).toBe(0);
    expect(workspace.read('o.txt')).toBe('12\n4\nB\nnaïve\nz\nä\n');
  });
});
