/** Which commit of Git a folder is at. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Milliseconds after which it is better to say nothing. */
const PATIENCE = 10_000;

/** The commit that is checked out, with a word where files differ from it; null outside Git. */
export async function readCommit(folder: string): Promise<string | null> {
  const ask = async (...args: string[]) => {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
    const { stdout } = await run('git', args, { cwd: folder, env, timeout: PATIENCE });
    return stdout.trim();
  };
  try {
    const commit = await ask('rev-parse', 'HEAD');
    const changes = await ask('status', '--porcelain', '--', '.');
    return changes === '' ? commit : `${commit}, with changes that are not committed`;
  } catch {
    return null;
  }
}
