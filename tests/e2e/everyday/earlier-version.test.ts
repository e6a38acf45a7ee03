import { afterAll, expect, it } from 'vitest';
import { hashBytes, stringifyCanonical } from '../../../pipeline/fingerprint/canonical.ts';
import {
  actionPath,
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

interface AnyRecord {
  schema: number;
  fingerprint: string;
  record: Record<string, unknown>;
}

/** Rewrites the records of a cache as the first version of this program wrote them. */
function makeOld(workspace: Workspace): void {
  workspace.remove('.pipeline/cache/version');
  for (const path of workspace.list('.pipeline/cache/actions')) {
    const action = JSON.parse(workspace.read(path)) as AnyRecord;
    const record = { ...action.record, schema: 1 };
    const fingerprint = hashBytes(stringifyCanonical(record));
    workspace.remove(path);
    workspace.write(
      actionPath(fingerprint),
      JSON.stringify({ ...action, schema: 1, fingerprint, record }),
    );
  }
}

it('tells once of results of an earlier version, runs again, and collects them', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: { from: a, output: o } }, outputs: { o: b.txt } }
`,
  });
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
  makeOld(workspace);
  const line =
    'the cache holds results of an earlier version of this program, which this one cannot use: ' +
    'their nodes run again; pipeline cache gc removes them';
  for (const command of ['status', 'plan', 'why']) {
    const args = command === 'why' ? [command, 'a'] : [command];
    const { code, stderr } = await workspace.start(args).result;
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: `pipeline: ${line}\n` });
  }
  const verified = await workspace.start(['cache', 'verify']).result;
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.stdout).toContain('all sound');
  const first = await workspace.run(['--json']);
  expect(first).toMatchObject({ code: 0, executed: 2, cached: 0, stderr: '' });
  const warnings = parseEvents(first).filter(({ type }) => type === 'warning');
  expect(warnings).toMatchObject([{ node: null, text: line }]);
  const second = await workspace.run();
  expect(second).toMatchObject({ code: 0, executed: 0, cached: 2, stderr: '' });
  expect(second.stdout).not.toContain('earlier version');
  expect(workspace.exists('.pipeline/cache/quarantine')).toBe(false);
  expect(workspace.list('.pipeline/cache/actions')).toHaveLength(4);
  const stats = await workspace.start(['cache', 'stats']).result;
  expect(stats.stdout).toMatch(/^2 results that took .*\n.*\n2 results of an earlier version/);
  const collected = await workspace.start(['cache', 'gc']).result;
  expect(collected.stdout).toContain('removed 2 results');
  expect(workspace.list('.pipeline/cache/actions')).toHaveLength(2);
  expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 2 });
});

it('says nothing of earlier versions in a new workspace', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  a: { command: "echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
`,
  });
  const { stdout, stderr } = await workspace.run();
  expect(stdout + stderr).not.toContain('earlier version');
});
