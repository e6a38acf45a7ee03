import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Installation } from '../../fixtures/installation.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import { isRoot, loadFirst, makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

/** Another one for each process of tests, because there is one folder a user in shared places. */
const USER = 50_000 + (process.pid % 10_000);
const IN_MEMORY = join('/dev/shm', `rederive-${USER}`);
const VERSION = (
  JSON.parse(readFileSync(join(REPOSITORY, 'pipeline/package.json'), 'utf8')) as { version: string }
).version;
const workspace = makeWorkspace({
  'pipeline.yaml': `
version: 1
stages:
  count: { module: count.ts, outputs: { number: number.txt } }
`,
  'count.ts': `
export const run = ({ $, outputs }: any) => $\`printf 1 > \${outputs.number}\`;
`,
});

let installation: Installation;
let home: string;
const homes: string[] = [];
beforeAll(async () => {
  installation = new Installation();
  if (isRoot) await chown(workspace.path, USER, USER);
});
beforeEach(async () => {
  removeFromMemory();
  home = mkdtempSync(join(tmpdir(), 'pipeline-home-'));
  homes.push(home);
  if (isRoot) await chown(home, USER, USER);
});
afterAll(() => {
  installation.remove();
  removeFromMemory();
  for (const path of homes) rmSync(path, { recursive: true, force: true });
  removeWorkspaces();
});

function removeFromMemory(): void {
  rmSync(IN_MEMORY, { recursive: true, force: true });
}

/** Starts the installed program as the user whose home is empty, with variables beside HOME. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { program: installation.program, env: { HOME: home, TMPDIR: home, ...env } };
  return workspace.start(args, isRoot ? { ...options, user: USER } : options).result;
}

/** The builds in a folder, those that are on their way too. */
function listBuilds(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

const SKIPPED = isRoot ? '' : ' (skipped: needs root, to be another user)';

describe.skipIf(!isRoot)(`an installation that belongs to another user${SKIPPED}`, () => {
  it('works, and keeps its compiled form in the folder of the user for such things', async () => {
    const { stdout, stderr } = await start(['--version']);
    expect([stdout, stderr]).toEqual([`${VERSION}\n`, '']);
    const kept = join(home, '.cache', 'rederive');
    expect(listBuilds(kept)).toHaveLength(1);
    expect(listBuilds(installation.builds)).toEqual([]);

    const { code, executed } = await start(['run']);
    expect([code, executed]).toEqual([0, 1]);
    expect(listBuilds(kept)).toHaveLength(1);
    // What garbage collection looks through is the folder of builds and nothing above it.
    writeFileSync(join(home, '.cache', 'precious'), '');
    expect((await start(['cache', 'gc', '--days', '0'])).code).toBe(0);
    expect(readdirSync(join(home, '.cache')).sort()).toEqual(['precious', 'rederive']);
  });

  it.each([
    ['XDG_CACHE_HOME', (folder: string) => ({ XDG_CACHE_HOME: join(folder, 'xdg') }), 'xdg'],
    ['a home that cannot be written', () => ({ HOME: '/proc' }), '.'],
    ['no home at all', () => ({ HOME: '' }), '.'],
    // As sudo may leave it: nothing is left there that the owner could not remove.
    ['a home that is another user’s', (folder: string) => ({ HOME: join(folder, 'root') }), '.'],
  ])('works with %s', async (_, makeEnvironment, place) => {
    mkdirSync(join(home, 'root'));
    const { stdout, stderr } = await start(['--version'], makeEnvironment(home));
    expect([stdout, stderr]).toEqual([`${VERSION}\n`, '']);
    const kept = readdirSync(join(home, place)).filter((name) => name.startsWith('rederive'));
    expect(kept).toHaveLength(1);
    expect(readdirSync(join(home, 'root'))).toEqual([]);
  });

  it('trusts no compiled form that others may have planted', async () => {
    const planted = join(home, `rederive-${USER}`);
    const env = { HOME: '/proc' };
    await start(['--version'], env);
    const [build = ''] = readdirSync(planted);
    const main = join(planted, build, 'main.cjs');
    const evil = 'exports.main = () => console.log("planted");';
    writeFileSync(main, evil.padEnd(readFileSync(main).length));
    expect((await start(['--version'], env)).stdout).toBe('planted\n');

    chmodSync(planted, 0o777);
    expect((await start(['--version'], env)).stdout).toBe(`${VERSION}\n`);
    chmodSync(planted, 0o755);
    await chown(planted, 0, 0);
    expect((await start(['--version'], env)).stdout).toBe(`${VERSION}\n`);
    rmSync(planted, { recursive: true });
    symlinkSync('/tmp', planted);
    expect((await start(['--version'], env)).stdout).toBe(`${VERSION}\n`);
  });

  it('uses what its owner compiled, unless that cannot be read', async () => {
    const owner = await workspace.start(['--version'], { program: installation.program }).result;
    expect(owner.stdout).toBe(`${VERSION}\n`);
    expect(listBuilds(installation.builds)).toHaveLength(1);
    expect((await start(['--version'])).stdout).toBe(`${VERSION}\n`);
    // What an earlier version left there is the owner's to remove.
    const old = join(installation.builds, 'old');
    mkdirSync(old);
    utimesSync(old, 0, 0);
    const collected = await start(['cache', 'gc']);
    expect(collected).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(old)).toBe(true);
    rmSync(old, { recursive: true });
    expect(readdirSync(home)).toEqual([]);

    chmodSync(installation.builds, 0o700);
    expect((await start(['--version'])).stdout).toBe(`${VERSION}\n`);
    expect(readdirSync(home)).toEqual(['.cache']);
    rmSync(installation.builds, { recursive: true });
  });

  it('shows its help and looks at a workspace where nothing at all may be written', async () => {
    const nowhere = { HOME: '/proc', TMPDIR: '/proc' };
    // Somebody else's: it is not used, and nothing else is left.
    mkdirSync(IN_MEMORY, { mode: 0o700 });
    expect((await start(['--help'], nowhere)).stdout).toContain('Usage: pipeline');
    const { code, stdout } = await start(['status'], nowhere);
    expect([code, stdout]).toEqual([0, expect.stringContaining('count')]);
    const failed = await start(['run', '--force'], nowhere);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('set XDG_CACHE_HOME to one that you may write');
  });
});

describe('a compiled form', () => {
  const startOwn = (args: readonly string[]) =>
    workspace.start(args, { program: installation.program }).result;

  it('appears once and whole where several starts make it at the same time', async () => {
    rmSync(installation.builds, { recursive: true, force: true });
    const results = await Promise.all([1, 2, 3, 4].map(() => startOwn(['--version'])));
    expect(results.map(({ stdout }) => stdout)).toEqual(results.map(() => `${VERSION}\n`));
    expect(listBuilds(installation.builds)).toHaveLength(1);
  });

  it.each([
    ['is cut off', (folder: string) => truncateSync(join(folder, 'main.cjs'), 1000)],
    ['lacks its worker', (folder: string) => rmSync(join(folder, 'worker.mjs'))],
    [
      'is an empty folder',
      (folder: string) => {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
      },
    ],
  ])('is made again where it %s', async (_, damage) => {
    await startOwn(['--version']);
    const [build = ''] = listBuilds(installation.builds);
    damage(join(installation.builds, build));
    expect((await startOwn(['--version'])).stdout).toBe(`${VERSION}\n`);
    expect(listBuilds(installation.builds)).toEqual([build]);
    expect(existsSync(join(installation.builds, build, 'worker.mjs'))).toBe(true);
  });

  it('is missed in one line where the packages are not installed', async () => {
    rmSync(installation.builds, { recursive: true, force: true });
    rmSync(join(installation.root, 'node_modules'), { recursive: true });
    const { code, stdout, stderr } = await startOwn(['--version']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      `pipeline: the packages that it needs are not installed: run npm ci in ${installation.root}\n`,
    );
  });
});

it('tells in one line that the folder that it was started in is gone', () => {
  const gone = join(home, 'gone');
  mkdirSync(gone);
  const text = 'cd "$1" && rmdir "$1" && exec "$2" "$3" status';
  const args = [
    '-c',
    text,
    'bash',
    gone,
    process.execPath,
    join(REPOSITORY, 'pipeline/bin/pipeline.js'),
  ];
  const { status, stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^pipeline: the folder in which this was started is gone.*\n$/);
});

describe('a Node that is too old', () => {
  it('is told of in one line', async () => {
    const preload = join(workspace.path, 'old-node.mjs');
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'version', { value: 'v18.20.8' });
       Object.defineProperty(process.versions, 'node', { value: '18.20.8' });`,
    );
    const env = loadFirst(preload);
    const { code, stdout, stderr } = await workspace.start(['run'], { env }).result;
    expect([code, stdout]).toEqual([2, '']);
    const { engines } = JSON.parse(
      readFileSync(join(REPOSITORY, 'pipeline/package.json'), 'utf8'),
    ) as {
      engines: { node: string };
    };
    const needed = engines.node.replace('>=', '');
    expect(stderr).toBe(`pipeline needs Node ${needed} or later, this is v18.20.8\n`);
  });
});
