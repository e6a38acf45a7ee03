import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  actionPath,
  nodesThat,
  objectPath,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';
import { makeRobustWorkspace, nodeCount } from './robust-pipeline.ts';

afterAll(removeWorkspaces);

describe('a damaged cache', () => {
  const workspace = makeRobustWorkspace();
  let digests: Awaited<ReturnType<typeof workspace.digests>>;

  beforeAll(async () => {
    expect(await workspace.run()).toMatchObject({ code: 0, executed: nodeCount });
    digests = await workspace.digests();
  });

  const flipByte = (path: string) => {
    const target = join(workspace.path, path);
    const bytes = readFileSync(target);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    chmodSync(target, 0o644);
    writeFileSync(target, bytes);
  };
  const digestOf = (node: string, output: string) => digests[node]?.[output] ?? '';

  it.each([
    [
      'a flipped byte in a file',
      'source',
      () => flipByte(objectPath(digestOf('source', 'o'))),
      'damaged',
    ],
    [
      'a flipped byte in the list of a folder',
      'part/2',
      () => flipByte(objectPath(digestOf('part/2', 'folder'))),
      'damaged',
    ],
    [
      'a missing object',
      'sum',
      () => rmSync(join(workspace.path, objectPath(digestOf('sum', 'o')))),
      'missing',
    ],
  ])('%s is noticed, reported and mended by its producer', async (_, node, damage, word) => {
    const asideBefore = workspace.list('.pipeline/cache/quarantine').length;
    damage();
    // The outputs are gone as well, so that all of them must come from the cache.
    for (const folder of ['data', 'parts', 'notes', 'timing', 'sum']) workspace.remove(folder);
    const result = await workspace.run(['--json']);
    const events = parseEvents(result);
    expect(result.code).toBe(0);
    expect(nodesThat(events, 'executed')).toEqual([node]);
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toMatchObject([{ node, text: expect.stringContaining(word) }]);
    expect(await workspace.digests()).toEqual(digests);
    expect(workspace.cacheFaults()).toEqual([]);
    const aside = workspace.list('.pipeline/cache/quarantine').length - asideBefore;
    expect(aside).toBe(word === 'damaged' ? 1 : 0);
  });

  it('a truncated record is noticed by a run even after status has seen it', async () => {
    const nodes = await workspace.status(['sum']);
    const path = actionPath(nodes.find(({ node }) => node === 'sum')?.fingerprint ?? '');
    workspace.write(path, workspace.read(path).slice(0, 100));
    expect((await workspace.status(['sum'])).at(-1)).toMatchObject({ node: 'sum', state: 'run' });
    const { stdout, executed } = await workspace.run();
    expect(executed).toBe(1);
    expect(stdout).toMatch(/\[warning\] sum: its cache record was damaged/);
    expect(await workspace.digests()).toEqual(digests);
  });
});
