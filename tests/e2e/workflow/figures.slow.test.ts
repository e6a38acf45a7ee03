import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, removeFolders } from '../../fixtures/folder.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import { type JobResult, type RunSettings, readWorkflow, runJob } from '../../fixtures/workflow.ts';

const workflow = readWorkflow('figures.yml');

/** All runs of a test share it: caches, artifacts, the repository's branches, GitHub's own program. */
const world = makeFolder();
const remote = join(world, 'owner', 'name');
const store = join(world, 'store');

/** Stands in for `gh`: writes down what it is asked, and knows the comments that it was told of. */
const GH = `#!/usr/bin/env bash
set -e
cd '${world}'
case "$*" in
  auth*) ;;
  *--jq*) cat comments 2>/dev/null || true ;;
  *--method*) echo "$3 $4" >> calls; cp "$OLDPWD/comment.md" body.md; echo 17 > comments; echo '{}' ;;
esac
`;

beforeAll(() => {
  for (const folder of [remote, store, join(world, 'bin')]) mkdirSync(folder, { recursive: true });
  execFileSync('git', ['init', '-q', '--bare', remote]);
  writeFileSync(join(world, 'bin', 'gh'), GH);
  chmodSync(join(world, 'bin', 'gh'), 0o755);
});
afterAll(removeFolders);

/** What GitHub gives a run of an event, at a size that a test can wait for. */
function settle(event: 'push' | 'pull_request', run: number, epochs: number): RunSettings {
  return {
    store,
    env: {
      TARGET: 'figure1.generalization-error',
      SETTINGS: `models=[MLP1] levels=[0,1] dataset.train=200 training.epochs=${epochs}`,
      GITHUB_SERVER_URL: `file://${world}`,
      GITHUB_REPOSITORY: 'owner/name',
      GITHUB_RUN_ID: String(run),
      PATH: `${join(world, 'bin')}${delimiter}${process.env['PATH']}`,
      // Packages come from npm's own cache where it has them.
      npm_config_prefer_offline: 'true',
    },
    values: {
      "inputs.target || 'all'": 'all',
      "inputs.profile || 'quick'": 'quick',
      'inputs.settings': '',
      'github.token': 'token',
      'github.event.pull_request.number': event === 'pull_request' ? '7' : '',
      "github.event_name == 'push'": event === 'push',
      "github.event_name == 'pull_request'": event === 'pull_request',
    },
  };
}

/** Runs the jobs that every event has, each on a machine of its own. */
async function runWorkflow(settings: RunSettings): Promise<Record<'figures' | 'show', JobResult>> {
  const checkout = makeFolder();
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    cpSync(join(REPOSITORY, file), join(checkout, file));
  }
  const figures = await runJob(workflow, 'figures', checkout, settings);
  // All packages are installed in it: more than a hook has time to remove.
  await rm(checkout, { recursive: true });
  return { figures, show: await runJob(workflow, 'show', makeFolder(), settings) };
}

function listThumbnails(): string[] {
  const tree = ['ls-tree', '-r', '--name-only', 'figures-thumbnails'];
  const commits = ['rev-list', '--count', 'figures-thumbnails'];
  expect(execFileSync('git', commits, { cwd: remote, encoding: 'utf8' })).toBe('1\n');
  return execFileSync('git', tree, { cwd: remote, encoding: 'utf8' }).trim().split('\n');
}

describe('the workflow that runs figures', () => {
  it('publishes on a push, and tells a pull request what moved, doing only what it changed', async () => {
    const pushed = await runWorkflow(settle('push', 101, 6));
    expect(pushed.figures.output).toMatch(/^11 executed, 0 cached, 0 failed/m);
    expect(pushed.figures.summary).toContain('| claim | in the paper | verdict |');
    expect(pushed.show.summary).toContain(
      `<img src="file://${world}/owner/name/raw/figures-thumbnails/101/figure1c-generalization-error.png"`,
    );
    const manifest = readFileSync(join(store, 'publication', 'manifest.json'), 'utf8');
    expect(manifest).toContain('figure1c-generalization-error.vl.json');
    expect(listThumbnails()).toEqual(['101/figure1c-generalization-error.png']);

    const proposed = await runWorkflow(settle('pull_request', 102, 3));
    expect(proposed.figures.output).toMatch(/^7 executed, 4 cached, 0 failed/m);
    expect(proposed.show.summary).toContain('| MLP1_0.0_none | epoch | 6 | 3 | −3 |');
    expect(listThumbnails()).toHaveLength(2);
    expect(readFileSync(join(world, 'calls'), 'utf8')).toBe(
      'POST repos/owner/name/issues/7/comments\n',
    );
    const body = readFileSync(join(world, 'body.md'), 'utf8');
    expect(body).toMatch(/^<!-- figures -->\n/);
    expect(body).toContain('| MLP1_0.0_none | epoch | 6 | 3 | −3 |');

    // Pushed to again, the pull request keeps its one comment.
    await runJob(workflow, 'show', makeFolder(), settle('pull_request', 103, 3));
    expect(readFileSync(join(world, 'calls'), 'utf8')).toContain(
      'PATCH repos/owner/name/issues/comments/17\n',
    );
  });
});
