/** A workspace as it stood at a revision of Git: laid out beside the real one, with the same cache. */

import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isSystemError } from '../system/errors.ts';
import { badArgument, UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** The most that a command of Git may print. */
const MOST_BYTES = 1 << 28;
/** Never a part of what stands in the workspace. */
const OWN = /(^|\/)\.(git|pipeline)\/?$/;

/**
 * Opens the workspace as it stood at a revision: its files, and beside them those that Git does not keep, as
 * they are today. Fingerprints are those of that time, results are looked for in the cache of today.
 *
 * @param revision as Git takes it: a commit, a branch, `HEAD~3`
 * @param options its profile and settings count for then, too
 * @throws {UserMistakes} where there is no such revision, or its pipeline cannot be read
 */
export async function withRevision<T>(
  revision: string,
  { profile, set }: WorkspaceOptions,
  { root, layout }: Session,
  use: (session: Session, words: string) => Promise<T>,
): Promise<T> {
  const argument = `--with git:${revision}`;
  const git = (args: readonly string[], cwd = root, env = {}) =>
    runGit(args, cwd, { ...process.env, ...env }, argument);
  const commit = git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]).trim();
  const top = git(['rev-parse', '--show-toplevel']).trim();
  const prefix = git(['rev-parse', '--show-prefix']).trim();
  const tree = join(layout.temporary, 'revision');
  mkdirSync(tree, { recursive: true });
  const index = { GIT_INDEX_FILE: join(layout.temporary, 'revision.index') };
  git(['read-tree', commit], top, index);
  git(['checkout-index', '--all', '--quiet', `--prefix=${tree}/`], top, index);
  const others = git(['ls-files', '--others', '--directory', '-z'], top).split('\0');
  for (const path of others) bringIn(path, top, tree);
  const directory = join(tree, prefix);
  if (!existsSync(join(directory, 'pipeline.yaml'))) {
    throw badArgument(argument, 'there was no pipeline.yaml in this folder');
  }
  mkdirSync(join(directory, '.pipeline'), { recursive: true });
  symlinkSync(join(layout.root, 'cache'), join(directory, '.pipeline', 'cache'));
  const then = {
    directory: realpathSync(directory),
    ...(profile === undefined ? {} : { profile }),
    ...(set === undefined ? {} : { set }),
  };
  try {
    return await withSession(then, [], {}, (session) => use(session, `git ${commit.slice(0, 8)}`));
  } catch (error) {
    if (!(error instanceof UserMistakes)) throw error;
    const [first] = error.diagnostics;
    const where = first === undefined ? '' : `${first.location.file}: ${first.message}`;
    throw badArgument(argument, `the pipeline of that revision cannot be read: ${where}`);
  }
}

/** Lets what Git does not keep stand where it stands today, unless the revision had something there. */
function bringIn(path: string, top: string, tree: string): void {
  if (path === '' || OWN.test(path)) return;
  const isFolder = path.endsWith('/');
  const from = join(top, path);
  const to = join(tree, isFolder ? path.slice(0, -1) : path);
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  try {
    // A link to a file in a folder would be another content than the file.
    if (isFolder) symlinkSync(realpathSync(from), to);
    else linkSync(from, to);
  } catch (error) {
    // Gone meanwhile, or on another file system: what reads it has no result then.
    if (!isSystemError(error)) throw error;
  }
}

function runGit(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  argument: string,
): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: MOST_BYTES,
  });
  if (error !== undefined) throw badArgument(argument, `git cannot be run: ${error.message}`);
  if (status === 0) return stdout;
  const [why = ''] = stderr.trim().split('\n');
  throw badArgument(argument, why === '' ? 'Git knows no such revision' : `git: ${why}`);
}
