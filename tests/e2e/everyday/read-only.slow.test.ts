import { chmodSync, cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIGURE_FILES } from '../../fixtures/figure-pipeline.ts';
import { Installation } from '../../fixtures/installation.ts';
import {
  type CommandOptions,
  canMount,
  isRoot,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

const USER = 54_322;
const FILES = {
  ...FIGURE_FILES,
  'pipeline.yaml': `${FIGURE_FILES['pipeline.yaml']}
commands:
  tally: { module: tally.mjs, description: counts the nodes }
`,
  'tally.mjs': `import { two } from 'two';
export async function main({ status }) {
  console.log('tally', two * (await status([])).length);
  return 0;
}
`,
  'node_modules/two/package.json': JSON.stringify({
    name: 'two',
    version: '1.0.0',
    type: 'module',
    main: 'index.js',
  }),
  'node_modules/two/index.js': 'export const two = 2;\n',
};

/** Everything that only looks. Where a run was, each has another answer than before it. */
const LOOKS = [
  ['status'],
  ['status', '--json'],
  ['status', '--set', 'scale=11'],
  ['plan', '--json'],
  ['why', 'plot'],
  ['why', 'measure', '--json'],
  ['graph', '--expand'],
  ['clean', '--dry-run'],
  ['cache', 'stats'],
  ['cache', 'verify'],
  ['cache', 'gc', '--dry-run'],
  ['tally'],
  ['--help'],
  ['__complete', '--', 'why', 'me'],
];
const FIRST_LOOKS = LOOKS.filter(([name = '']) => /plan|why|graph|clean|tally/.test(name));
const TRACE = ['trace', 'small/figure.svg'];

let installation: Installation;
let program: string;
/** One that ran, in which then a module was edited, and one in which nothing ever ran. */
let edited: Workspace;
let fresh: Workspace;
beforeAll(async () => {
  installation = new Installation();
  program = installation.program;
  edited = makeWorkspace(FILES);
  fresh = makeWorkspace(FILES);
  await edited.start(['run'], { program }).result;
  edited.edit('measure.mjs', "'measured'", "'has measured'");
  edited.remove('.pipeline/memo');
  edited.remove('.pipeline/cache/history');
  for (const { path } of [edited, fresh]) chmodSync(path, 0o755);
});
afterAll(() => {
  installation.remove();
  removeWorkspaces();
});

/** A workspace like another, where the same may be written. */
function copyWorkspace(workspace: Workspace): Workspace {
  const twin = makeWorkspace({});
  cpSync(workspace.path, twin.path, { recursive: true, preserveTimestamps: true });
  return twin;
}

/** What the commands print and how they end, without what differs from one moment to the next. */
async function look(
  workspace: Workspace,
  looks: readonly (readonly string[])[],
  options: CommandOptions = {},
) {
  const start = async (args: readonly string[]) => {
    const command = workspace.start(args, { program, ...options });
    const { code, stdout, stderr } = await command.result;
    const text = stdout.replace(/"(now|finish)": *"[^"]*"/g, '').replace(/at \d\d:\d\d/g, '');
    return { args, code, text, stderr };
  };
  // Other looks add to the cache what they show, where they can.
  const first = await Promise.all(looks.filter(([name]) => name === 'cache').map(start));
  return [...first, ...(await Promise.all(looks.filter(([name]) => name !== 'cache').map(start)))];
}

/** Everything in a workspace with what would tell that it was touched. */
function listTouches(workspace: Workspace): string[] {
  return readdirSync(workspace.path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${lstatSync(join(workspace.path, name)).ctimeMs}`);
}

/** What the same commands say where they may write; asked once. */
const editedAnswers = once(() => look(copyWorkspace(edited), [...LOOKS, TRACE]));
const freshAnswers = once(() => look(copyWorkspace(fresh), FIRST_LOOKS));

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

const PLACES: { name: string; options: CommandOptions; isThere: boolean }[] = [
  { name: 'on a read-only file system', options: { readOnly: true }, isThere: canMount() },
  { name: 'of another user', options: { user: USER }, isThere: isRoot },
];

describe.each(PLACES.map((place) => ({ ...place, as: `a workspace ${place.name}` })))(
  '$as',
  ({ options, isThere }) => {
    const title = (text: string) => (isThere ? text : `${text} (skipped: needs root and mounts)`);

    it.skipIf(!isThere)(
      title('gives commands that look the same answers, and stays as it was'),
      async () => {
        const before = listTouches(edited);
        const here = await look(edited, [...LOOKS, TRACE], options);
        expect(listTouches(edited)).toEqual(before);
        expect(here.filter(({ stderr }) => stderr !== '')).toEqual([]);
        expect(here.find(({ args }) => args[0] === 'why')?.text).toMatch(/has measured/);
        expect(here).toEqual(await editedAnswers());
      },
    );

    it.skipIf(!isThere)(title('is looked at where nothing ever ran'), async () => {
      const before = listTouches(fresh);
      const here = await look(fresh, FIRST_LOOKS, options);
      expect(listTouches(fresh)).toEqual(before);
      expect(here.filter(({ code, stderr }) => code !== 0 || stderr !== '')).toEqual([]);
      expect(here).toEqual(await freshAnswers());
    });

    it.skipIf(!isThere)(title('is refused by what must write, in one sentence'), async () => {
      const why = options.readOnly
        ? /its file system is read-only/
        : /permission denied; .* user 0/;
      const commands = [
        ['run'],
        ['watch'],
        ['clean'],
        ['verify', 'small/figure.svg'],
        ['accept-equal', 'plot', '--reason', 'x'],
        ['cache', 'gc'],
        ['cache', 'repair'],
      ];
      const refused = await look(edited, commands, options);
      refused.push(...(await look(fresh, [['run'], ['watch']], options)));
      for (const { args, code, text, stderr } of refused) {
        expect([args, code, text]).toEqual([args, 2, '']);
        expect(stderr).toContain(
          `pipeline ${args.slice(0, args[0] === 'cache' ? 2 : 1).join(' ')}`,
        );
        expect(stderr).toMatch(
          /must write .*\.pipeline cannot be written|must write .*\S cannot be written/,
        );
        expect(stderr).toMatch(why);
        expect(stderr).not.toMatch(/\n {4}at |ENOENT/);
      }
      expect(fresh.exists('.pipeline')).toBe(false);
    });
  },
);

describe('a workspace that can be written', () => {
  it('gets no folder of the engine by being looked at, and one that git ignores by a run', async () => {
    const workspace = copyWorkspace(fresh);
    await look(
      workspace,
      FIRST_LOOKS.filter(([name]) => name !== 'tally'),
    );
    expect(workspace.exists('.pipeline')).toBe(false);
    await workspace.start(['run'], { program }).result;
    expect(workspace.read('.pipeline/.gitignore')).toBe('*\n');
    workspace.remove('.pipeline/.gitignore');
    await workspace.start(['run', '--force'], { program }).result;
    expect(workspace.exists('.pipeline/.gitignore')).toBe(false);
  });

  it('keeps no temporary folder of a look, whatever it changed', async () => {
    const workspace = copyWorkspace(edited);
    const looks = LOOKS.filter(([name = '']) => /status|why|__complete/.test(name));
    workspace.edit('pipeline.yaml', 'scale: 10', 'scale: 12');
    await look(workspace, looks);
    workspace.edit('pipeline.yaml', '{{ profile }}/figure.csv', '{{ prof }}/figure.csv');
    await look(workspace, looks);
    expect(workspace.names('.pipeline/tmp')).toEqual([]);
  });

  it.skipIf(!isRoot)('whose .pipeline cannot be read is refused with its owner', async () => {
    const workspace = copyWorkspace(edited);
    chmodSync(workspace.path, 0o755);
    chmodSync(join(workspace.path, '.pipeline'), 0o700);
    const [result] = await look(workspace, [['status']], { user: USER });
    expect(result?.code).toBe(2);
    expect(result?.stderr).toMatch(
      /\.pipeline cannot be read: permission denied; it belongs to user 0/,
    );
  });
});
