import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectCopy } from '../../fixtures/project.ts';
import { digestFiles, makeCannedProject } from './canned-project.ts';

let project: ProjectCopy;
beforeAll(async () => {
  project = makeCannedProject();
  expect(await project.pipeline(['run', 'all'])).toMatchObject({ code: 0 });
});
afterAll(() => project.remove());

describe('pipeline publish', () => {
  const out = () => join(project.path, 'dist');
  const publish = (...args: string[]) => project.pipeline(['publish', ...args]);

  it('writes every file with its digest, the same bytes each time', async () => {
    expect(await publish('--out', 'dist')).toMatchObject({ code: 0 });
    const digests = digestFiles(out());
    const manifest = JSON.parse(project.read('dist/manifest.json')) as {
      files: { path: string; sha256: string; volatile?: boolean }[];
    };
    const listed = Object.fromEntries(manifest.files.map(({ path, sha256 }) => [path, sha256]));
    const { 'manifest.json': _, ...others } = digests;
    expect(listed).toEqual(others);
    expect(Object.keys(listed)).toEqual(
      expect.arrayContaining([
        'index.html',
        'figure1c-generalization-error.vl.json',
        'configs/MLP1_0.5_none.yaml',
        'runs/MLP1_0.5_none/evaluation.json',
        'claims.json',
      ]),
    );
    const isVolatile = manifest.files.filter((file) => file.volatile).map(({ path }) => path);
    expect(isVolatile).toContain('report/volatile.js');
    expect(isVolatile).toContain('runs/MLP1_0.5_none/timing.jsonl');
    await publish('--out', 'dist');
    expect(digestFiles(out())).toEqual(digests);
  });

  it('takes out of the cache what is not in its place, or fails and says what is missing', async () => {
    const digests = digestFiles(out());
    await project.pipeline(['run', 'experiments', '--set', 'shift=50']);
    await project.pipeline(['clean']);
    expect(await publish('--out', 'dist')).toMatchObject({ code: 0, stderr: '' });
    expect(digestFiles(out())).toEqual(digests);

    await project.pipeline(['clean']);
    const status = await project.pipeline(['status', '--json', 'evaluate/MLP1_0.5_none']);
    const nodes = JSON.parse(status.stdout) as { node: string; digests: Record<string, string> }[];
    const [digest = ''] = Object.values(nodes.at(-1)?.digests ?? {});
    const object = join(
      project.path,
      '.pipeline/cache/objects',
      digest.slice(0, 2),
      digest.slice(2),
    );
    const bytes = readFileSync(object);
    rmSync(object);
    const { code, stderr } = await publish('--out', 'dist');
    expect(code).toBe(1);
    expect(stderr).toContain('1 results are in the cache but not in their places');
    expect(stderr).toContain('evaluate/MLP1_0.5_none');
    expect(digestFiles(out())).toEqual(digests);
    writeFileSync(object, bytes);
    await project.pipeline(['run', 'all']);
  });

  it('publishes equal results of another machine as equal bytes, volatile files aside', async () => {
    const other = makeCannedProject();
    await other.pipeline(['run', 'all']);
    await other.pipeline(['publish', '--out', 'dist']);
    const read = (one: ProjectCopy) =>
      JSON.parse(one.read('dist/manifest.json')) as { digest: string };
    const digest = read(other).digest;
    other.remove();
    expect(digest).toBe(read(project).digest);
  });

  it('compares with an earlier publication by value', async () => {
    cpSync(out(), join(project.path, 'earlier'), { recursive: true });
    const slow = ['--set', 'shift=100'];
    await project.pipeline(['run', 'all', ...slow]);
    await publish('--out', 'dist', '--base', 'earlier', ...slow);
    const comparison = JSON.parse(project.read('dist/comparison.json'));
    expect(comparison.claims).toEqual([
      {
        id: 'few-steps',
        statement: 'True labels take few steps.',
        from: 'holds on synthetic data',
        to: 'fails on synthetic data',
      },
    ]);
    expect(comparison.values).toHaveLength(6);
    expect(comparison.values).toContainEqual({
      experiment: 'MLP1_0.5_none',
      field: 'step',
      from: 125,
      to: 225,
      change: 100,
    });
    expect(project.read('dist/comparison.md')).toContain(
      '| MLP1_0.5_none | step | 125 | 225 | +100 |',
    );
  });

  it('refuses a folder with files of others, and leaves it as it is', async () => {
    mkdirSync(join(project.path, 'mine'));
    writeFileSync(join(project.path, 'mine/thesis.tex'), 'text');
    const refused = await publish('--out', 'mine');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('thesis.tex');
    writeFileSync(join(project.path, 'dist/notes.txt'), 'mine');
    expect(await publish('--out', 'dist')).toMatchObject({ code: 1 });
    expect(project.read('dist/notes.txt')).toBe('mine');
    rmSync(join(project.path, 'dist/notes.txt'));
  });

  it('says what is wrong with a base that is no publication', async () => {
    const { code, stderr } = await publish('--out', 'dist', '--base', 'mine');
    expect(code).toBe(1);
    expect(stderr).toContain('mine holds no publication: it has no manifest.json');
  });
});
