import { spawn, spawnSync } from 'node:child_process';
import { linkSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { type CoarseFileSystem, mountImage } from '../../fixtures/image.ts';
import {
  loadFirst,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
stages:
  a: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: in.txt }, outputs: { o: a.txt } }
  m: { module: m.mjs, outputs: { o: m.txt } }
`;
const module = (text: string) =>
  `import { writeFileSync } from 'node:fs';\nexport const run = ({ outputs }) => writeFileSync(outputs.o, '${text}');\n`;

/** Edits and runs, one right after the other, keeping sizes; each run must make today's results. */
async function editAndRun(workspace: Workspace, env: Readonly<Record<string, string>> = {}) {
  for (const letter of ['a', 'b', 'c', 'd']) {
    workspace.write('in.txt', `${letter}1\n`);
    workspace.write('m.mjs', module(letter));
    expect(await workspace.run([], { env })).toMatchObject({ code: 0, failed: 0 });
    const found = [workspace.read('a.txt'), workspace.read('m.txt')];
    expect(found).toEqual([`${letter}1\n`, letter]);
  }
  const again = await workspace.run([], { env });
  expect(again).toMatchObject({ code: 0, executed: 0, cached: 2 });
  expect(workspace.read('a.txt')).toBe('d1\n');
}

/** Lets the program think that it is another time. */
function shiftClock(workspace: Workspace, ms: number): { NODE_OPTIONS: string } {
  workspace.write('shift.mjs', `const now = Date.now;\nDate.now = () => now() + ${ms};\n`);
  return loadFirst(join(workspace.path, 'shift.mjs'));
}

const KINDS: readonly CoarseFileSystem[] = ['ext4 with inodes of 128 bytes', 'FAT'];

describe.each(KINDS)('on %s', (kind) => {
  const image = mountImage(kind);
  afterAll(() => image?.unmount());
  const skipped = image === null ? ' (skipped: takes root, mkfs and a loop device)' : '';

  it.skipIf(image === null)(
    `sees every edit, however quickly runs follow, whatever the clock says${skipped}`,
    async () => {
      const make = () => makeWorkspace({ 'pipeline.yaml': PIPELINE }, image?.path);
      const [workspace, ahead, behind] = [make(), make(), make()];
      await Promise.all([
        editAndRun(workspace),
        editAndRun(ahead, shiftClock(ahead, 3_600_000)),
        editAndRun(behind, shiftClock(behind, -3_600_000)),
      ]);
      // An output that was put in place in this very second counts by its bytes, too.
      workspace.remove('a.txt');
      await workspace.run();
      workspace.remove('a.txt');
      workspace.write('a.txt', 'x1\n');
      await workspace.run();
      expect(workspace.read('a.txt')).toBe('d1\n');
      workspace.dispose();
      ahead.dispose();
      behind.dispose();
    },
  );
});

describe('times that lie', () => {
  it('sees edits under times that were put back, from the future, and by renaming', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'm.mjs': module('m') });
    const path = join(workspace.path, 'in.txt');
    const runsWith = async (text: string) => {
      expect(await workspace.run(['a'])).toMatchObject({ code: 0 });
      expect(workspace.read('a.txt')).toBe(text);
    };
    workspace.write('in.txt', 'a1\n');
    const time = new Date('2040-01-01T00:00:00Z');
    utimesSync(path, time, time);
    await runsWith('a1\n');
    await runsWith('a1\n');
    // As `touch -r` and `cp -p` do.
    workspace.write('in.txt', 'b1\n');
    utimesSync(path, time, time);
    expect(statSync(path).mtime).toEqual(time);
    await runsWith('b1\n');
    // As an editor or `mv` does.
    workspace.write('next.txt', 'c1\n');
    utimesSync(join(workspace.path, 'next.txt'), time, time);
    renameSync(join(workspace.path, 'next.txt'), path);
    await runsWith('c1\n');
    // Through another name of the same file.
    linkSync(path, join(workspace.path, 'other.txt'));
    await runsWith('c1\n');
    workspace.write('other.txt', 'd1\n');
    await runsWith('d1\n');
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  const without = python ? '' : ' (skipped: takes python3)';
  it.skipIf(!python)(
    `sees what a process goes on writing into a mapped file${without}`,
    async () => {
      const workspace = makeWorkspace({
        'pipeline.yaml': PIPELINE,
        'in.txt': 'a1\n',
        'm.mjs': module('m'),
        'map.py':
          'import mmap, sys\n' +
          'f = open("in.txt", "r+b")\n' +
          'm = mmap.mmap(f.fileno(), 0)\n' +
          'for line in sys.stdin:\n' +
          '    m[0:1] = line[0:1].encode()\n' +
          '    print("written", flush=True)\n',
      });
      const child = spawn('python3', ['map.py'], { cwd: workspace.path, stdio: 'pipe' });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      try {
        for (const letter of ['b', 'c', 'd']) {
          child.stdin.write(`${letter}\n`);
          expect((await lines.next()).value).toBe('written');
          expect(await workspace.run(['a'])).toMatchObject({ code: 0, executed: 1 });
          expect(workspace.read('a.txt')).toBe(`${letter}1\n`);
        }
      } finally {
        child.stdin.end();
      }
    },
  );
});
