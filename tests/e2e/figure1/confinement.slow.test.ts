import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ProjectCopy, runCommand } from '../../fixtures/project.ts';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Path and flags of each file opened for writing, created, renamed or linked, from strace's lines. */
function findWrites(trace: string): string[] {
  const paths: string[] = [];
  for (const line of trace.split('\n')) {
    if (/ = -1 E/.test(line)) continue;
    if (/\bopenat?2?\(/.test(line) && !/O_WRONLY|O_RDWR|O_CREAT/.test(line)) continue;
    for (const [, path] of line.matchAll(/"(\/[^"]*)"/g)) if (path !== undefined) paths.push(path);
  }
  return paths;
}

it.skipIf(!hasStrace)(
  'opens no network connection and writes nothing outside the workspace [needs strace]',
  async () => {
    const project = new ProjectCopy();
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const traceFile = join(home, 'trace');
    try {
      const calls =
        'connect,sendto,sendmsg,bind,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat';
      const { code, stdout } = await runCommand(
        [
          'strace',
          ...[
            '-f',
            '-qq',
            '-s',
            '4096',
            '-e',
            `trace=${calls}`,
            '-e',
            'signal=none',
            '-o',
            traceFile,
          ],
          ...project.commandLine([
            'run',
            'figure1',
            ...['--set', 'models=[MLP1]', '--set', 'levels=[0, 1]', '--set', 'training.epochs=2'],
            ...['--set', 'dataset.train=200', '--set', 'dataset.test=100'],
          ]),
        ],
        project.path,
        { ...process.env, HOME: home },
      );
      expect(stdout).toMatch(/ 0 failed in /);
      expect(code).toBe(0);
      const trace = readFileSync(traceFile, 'utf8');
      expect(trace).not.toMatch(/AF_INET/);
      const allowed = [project.path, tmpdir(), '/dev/', '/proc/'];
      const outside = findWrites(trace).filter(
        (path) => !allowed.some((folder) => path.startsWith(folder)),
      );
      expect(outside).toEqual([]);
      const intoHome = findWrites(trace).filter((path) => path.startsWith(`${home}/`));
      expect(intoHome).toEqual([]);
    } finally {
      project.remove();
      rmSync(home, { recursive: true, force: true });
    }
  },
);
