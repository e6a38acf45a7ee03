import { chmodSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  actionPath,
  makeWorkspace,
  objectPath,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

function makeSmallWorkspace(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { word: one }
profiles: { default: {}, other: { params: { word: two } } }
default_profile: default
stages:
  say: { template: say.njk, outputs: { o: "out/{{ profile }}" } }
  copy:
    command: "mkdir {{ outputs.o }} && cp {{ inputs.i }} {{ outputs.o }}/copy && echo same > {{ outputs.o }}/same"
    inputs: { i: { from: say, output: o } }
    outputs: { o: "copies/{{ profile }}" }
`,
    'say.njk': '{{ word }}\n',
  });
}

/** Makes everything in the state folder look as if it was last used some days ago. */
function age(workspace: Workspace, days: number): void {
  const then = Date.now() / 1000 - days * 24 * 60 * 60;
  const day = new Date(then * 1000).toISOString().slice(0, 10);
  for (const path of workspace.list('.pipeline')) {
    const name = path.replace(/(?<=\/used\/)\d{4}-\d\d-\d\d/, day);
    if (name !== path) {
      workspace.write(name, workspace.read(path));
      workspace.remove(path);
    }
    utimesSync(join(workspace.path, name), then, then);
  }
  for (const path of ['runs', 'scratch', 'cache/quarantine', 'pilot']) {
    for (const name of workspace.names(`.pipeline/${path}`)) {
      utimesSync(join(workspace.path, '.pipeline', path, name), then, then);
    }
  }
}

const cache = (workspace: Workspace, ...args: string[]) =>
  workspace.start(['cache', ...args]).result;

describe('cache verify and repair', () => {
  it('find and put away what is damaged or lost, and the next run makes it again', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0, stderr: '' });
    const digests = await workspace.digests();
    const said = join(workspace.path, objectPath(digests['say']?.['o'] ?? ''));
    chmodSync(said, 0o644);
    writeFileSync(said, 'damaged');
    rmSync(join(workspace.path, objectPath(digests['copy']?.['o'] ?? '')));
    const found = await cache(workspace, 'verify');
    expect(found.code).toBe(1);
    expect(found.stdout).toContain(`damaged: object ${digests['say']?.['o']}`);
    expect(found.stdout).toMatch(/lost: an output of copy /);
    expect(await cache(workspace, 'repair')).toMatchObject({ code: 0, stderr: '' });
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0 });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(await workspace.digests()).toEqual(digests);
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0 });
  });

  it('name a record that is cut off', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    const [{ fingerprint } = { fingerprint: '' }] = await workspace.status(['say']);
    const path = actionPath(fingerprint ?? '');
    workspace.write(path, workspace.read(path).slice(0, 80));
    const { code, stdout } = await cache(workspace, 'verify');
    expect(code).toBe(1);
    expect(stdout).toContain(`damaged: record ${fingerprint}`);
    await cache(workspace, 'repair');
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0 });
    expect(workspace.list('.pipeline/cache/quarantine')).toHaveLength(1);
  });
});

describe('cache gc', () => {
  it('keeps what any profile needs and what was used lately, and shows first what would go', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    await workspace.run(['--profile', 'other']);
    await workspace.run(['--set', 'word=old']);
    await workspace.run(['--set', 'word=recent']);
    workspace.write('.pipeline/pilot/runs/one/events.jsonl', '');
    const history = '.pipeline/cache/history/say.jsonl';
    const year = new Date().getFullYear();
    workspace.write(
      history,
      workspace.read(history).replaceAll(`"startedAt":"${year}`, '"startedAt":"2020'),
    );
    age(workspace, 20);
    const before = workspace.list('.pipeline');
    const shown = await cache(workspace, 'gc', '--dry-run', '--days', '30');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(workspace.list('.pipeline/cache/actions')).toHaveLength(8);
    expect(before.filter((path) => !workspace.exists(path))).toEqual([]);
    expect(await cache(workspace, 'gc', '--days', '10')).toMatchObject({ code: 0, stderr: '' });
    expect(workspace.list('.pipeline/cache/actions')).toHaveLength(4);
    expect(workspace.list('.pipeline/runs')).toEqual([]);
    expect(workspace.exists('.pipeline/pilot')).toBe(false);
    expect(workspace.read(history).trim().split('\n')).toHaveLength(2);
    expect(workspace.list('.pipeline/cache/used')).toEqual([]);
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0 });
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 2 });
    expect(await workspace.run(['--profile', 'other'])).toMatchObject({ executed: 0, cached: 2 });
  });

  it('counts as used what a run only found in place', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    await workspace.run(['--profile', 'other']);
    await workspace.run(['--set', 'word=mine']);
    age(workspace, 40);
    expect(await workspace.run(['--set', 'word=mine'])).toMatchObject({ executed: 0 });
    await cache(workspace, 'gc');
    expect(await workspace.run(['--set', 'word=mine'])).toMatchObject({ executed: 0 });
    age(workspace, 40);
    await cache(workspace, 'gc', '--size', '1B');
    expect(await workspace.run(['--set', 'word=mine'])).toMatchObject({ executed: 2 });
  });

  it('spares what a process is at, and removes what dead ones left', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    workspace.write('.pipeline/tmp/elsewhere-1-0123456789abcdef/part', 'x');
    workspace.write('.pipeline/scratch/unfinished/part', 'x');
    workspace.edit('pipeline.yaml', 'mkdir', 'cat gate && mkdir');
    workspace.makeGate('gate');
    const first = workspace.start(['run', '--set', 'word=one more']);
    const shut = await workspace.arrival('gate');
    first.child.kill('SIGKILL');
    await shut.close();
    await first.result;
    await workspace.untilDeserted();
    const second = workspace.start(['run', '--set', 'word=two']);
    const gate = await workspace.arrival('gate');
    expect(await cache(workspace, 'gc', '--days', '0')).toMatchObject({ code: 0, stderr: '' });
    expect(workspace.names('.pipeline/tmp')).toHaveLength(2);
    expect(workspace.exists('.pipeline/scratch/unfinished/part')).toBe(true);
    await gate.close();
    expect(await second.result).toMatchObject({ code: 0 });
    expect(await cache(workspace, 'verify')).toMatchObject({ code: 0 });
  });

  it('collects nothing where the pipeline has mistakes', async () => {
    const workspace = makeSmallWorkspace();
    await workspace.run();
    age(workspace, 40);
    workspace.edit('pipeline.yaml', 'from: say', 'from: sya');
    const { code, stderr } = await cache(workspace, 'gc');
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "say"?');
    expect(workspace.list('.pipeline/cache/actions')).toHaveLength(2);
  });
});
