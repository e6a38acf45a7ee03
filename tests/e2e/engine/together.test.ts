import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeRobustWorkspace, nodeCount } from './robust-pipeline.ts';

afterAll(removeWorkspaces);

describe('several runs at once on one workspace', () => {
  it('all end well with the right results', async () => {
    const reference = makeRobustWorkspace();
    await reference.run();
    const workspace = makeRobustWorkspace();
    const results = await Promise.all([
      workspace.run(),
      workspace.run(),
      workspace.run(['--force']),
    ]);
    for (const { code, failed, stderr } of results) {
      expect({ code, failed, stderr }).toEqual({ code: 0, failed: 0, stderr: '' });
    }
    expect(await workspace.digests()).toEqual(await reference.digests());
    expect(workspace.read('sum')).toBe(reference.read('sum'));
    expect(workspace.cacheFaults()).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: nodeCount });
  });
});
