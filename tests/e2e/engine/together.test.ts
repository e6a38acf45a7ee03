import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodesThat, parseEvents, removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeRobustWorkspace, nodeCount } from './robust-pipeline.ts';

afterAll(removeWorkspaces);

describe('several runs at once on one workspace', () => {
  const reference = makeRobustWorkspace();
  let digests: Record<string, Record<string, string>>;

  beforeAll(async () => {
    await reference.run();
    digests = await reference.digests();
  });

  it.each([2, 8])('run each stage once in total, with %i processes', async (count) => {
    const workspace = makeRobustWorkspace();
    const runs = Array.from({ length: count }, () => workspace.run(['--json']));
    const results = await Promise.all(runs);
    for (const { code, failed, stderr } of results) {
      expect({ code, failed, stderr }).toEqual({ code: 0, failed: 0, stderr: '' });
    }
    const executed = results.flatMap((result) => nodesThat(parseEvents(result), 'executed'));
    expect(executed.sort()).toEqual(Object.keys(digests).sort());
    for (const result of results) {
      expect((result.executed ?? 0) + (result.cached ?? 0)).toBe(nodeCount);
    }
    expect(await workspace.digests()).toEqual(digests);
    expect(workspace.read('sum')).toBe(reference.read('sum'));
    expect(workspace.cacheFaults()).toEqual([]);
    expect(workspace.list('.pipeline/leases')).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: nodeCount });
  });

  it('end well where one is forced and where all put back the same outputs', async () => {
    const workspace = makeRobustWorkspace();
    await workspace.run();
    for (let round = 0; round < 2; round++) {
      for (const folder of ['data', 'parts', 'notes', 'sum']) workspace.remove(folder);
      const results = await Promise.all([
        workspace.run(),
        workspace.run(),
        workspace.run(round === 0 ? [] : ['--force']),
      ]);
      for (const { code, failed, stderr } of results) {
        expect({ code, failed, stderr }).toEqual({ code: 0, failed: 0, stderr: '' });
      }
      expect(await workspace.digests()).toEqual(digests);
      expect(workspace.cacheFaults()).toEqual([]);
      expect(workspace.list('.pipeline/leases')).toEqual([]);
    }
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: nodeCount });
  });
});
