import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeRobustWorkspace, nodeCount } from './robust-pipeline.ts';

afterAll(removeWorkspaces);

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

describe('a traced run', () => {
  it.skipIf(!canTrace)(
    'writes only into the workspace and the temporary folder, and opens no connection (needs strace)',
    async () => {
      const workspace = makeRobustWorkspace();
      // The first start of the program may compile it, beside its sources.
      await workspace.status();
      const trace = join(workspace.path, 'trace');
      const program = fileURLToPath(new URL('../../../pipeline/bin/pipeline.js', import.meta.url));
      const calls =
        'socket,connect,sendto,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,chmod,fchmodat,truncate';
      const { status, stdout } = spawnSync(
        'strace',
        [
          '-f',
          '-qq',
          '-s',
          '4096',
          '-e',
          `trace=${calls}`,
          '-o',
          trace,
          process.execPath,
          program,
          'run',
        ],
        {
          cwd: workspace.path,
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
        },
      );
      expect([status, stdout.includes(`${nodeCount} executed`)]).toEqual([0, true]);
      const lines = readFileSync(trace, 'utf8').split('\n');
      expect(lines.filter((line) => /AF_INET6?\b/.test(line))).toEqual([]);
      const written = lines.filter((line) => changesSomething(line)).flatMap(pathsOf);
      expect(written.length).toBeGreaterThan(100);
      const allowed = [`${workspace.path}/`, `${tmpdir()}/`, '/dev/', '/proc/self/'];
      const outside = written
        .map((path) => resolve(workspace.path, path))
        .filter((path) => !allowed.some((prefix) => `${path}/`.startsWith(prefix)));
      expect([...new Set(outside)]).toEqual([]);
    },
  );
});

/** Whether a traced call succeeded and opened something for writing or changed a name. */
function changesSomething(line: string): boolean {
  if (/ = -1 /.test(line) || /\b(socket|connect|sendto)\(/.test(line)) return false;
  if (/\bopen(at)?\(/.test(line)) return /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line);
  return /\b(creat|mkdir|rename|unlink|rmdir|link|symlink|chmod|truncate)\w*\(/.test(line);
}

/** The paths in a traced call. */
function pathsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path ?? '');
}
