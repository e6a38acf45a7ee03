import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../pipeline/fingerprint/canonical.ts';
import type { Restored } from '../../../../pipeline/scheduler/run-services.ts';
import { removeFolders } from '../../../fixtures/folder.ts';
import { RunTable } from '../../../fixtures/run-table.ts';

afterAll(removeFolders);

/** With one CPU, b waits in the queue while a runs, which is expected to take long; c reads b. */
const PIPELINE = `version: 1
stages:
  a: { command: x, outputs: { o: a.txt } }
  b: { command: x, outputs: { o: b.txt } }
  c: { command: x, inputs: { i: { from: b, output: o } }, outputs: { o: c.txt } }
`;

let table: RunTable;
beforeEach(() => {
  table = new RunTable();
  table.seconds.set('a', 10);
});

describe('a node whose result another process publishes', () => {
  it('does not run where that is between its look and its start', async () => {
    table.on.set('start a', () => table.publishElsewhere('b'));
    await table.run(PIPELINE);
    expect(table.told).toEqual(['executed a', 'cached b', 'executed c']);
    expect(table.log).not.toContain('take b');
  });

  it('does not run where that is between its second look and its lease, which it gives back', async () => {
    table.on.set('take b', () => table.publishElsewhere('b'));
    await table.run(PIPELINE);
    expect(table.told).toContain('cached b');
    expect(table.log).not.toContain('start b');
    expect(table.log).toContain('release b');
  });

  it('waits where another process is at it, and gives its resources to others meanwhile', async () => {
    table.elsewhere.add('a');
    table.on.set('start c', () => {
      table.publishElsewhere('a');
      table.elsewhere.delete('a');
    });
    await table.run(PIPELINE);
    expect(table.told).toEqual(['executed b', 'executed c', 'cached a']);
  });
});

describe('a node whose input changes', () => {
  it('runs with what it is at its start where that is while it is queued', async () => {
    table.on.set('start a', () => table.inputs.set('b', 'edited'));
    const { used } = await table.run(PIPELINE);
    expect(used).toEqual(['a@', 'b@edited', 'c@']);
    expect([...table.results.keys()]).not.toContain('b@');
  });

  it('publishes nothing where that is while it runs, and fails what reads it', async () => {
    table.change = (node) =>
      node === 'b' ? { path: 'data', text: 'data (it is gone)', remedy: null } : null;
    await table.run(PIPELINE);
    expect(table.told).toEqual(['executed a', 'node-failed b', 'node-skipped c']);
    expect(table.log).not.toContain('publish b');
    const failure = table.events.find(({ type }) => type === 'node-failed');
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^its input data \(it is gone\) changed while it ran/),
    });
  });
});

describe('an abort', () => {
  it('amid the restoring of a cached result lets that end, and starts nothing more', async () => {
    table.publishElsewhere('a');
    table.misplaced.add('a');
    table.on.set('restore a', () => table.abort.abort());
    await table.run(PIPELINE);
    expect(table.told).toEqual(['cached a', 'node-skipped b', 'node-skipped c']);
    expect(table.log.filter((moment) => moment.startsWith('start'))).toEqual([]);
  });

  it('amid the restoring of what was just made keeps that, and tells of it', async () => {
    table.on.set('restore a', () => table.abort.abort());
    await table.run(PIPELINE);
    expect(table.told).toEqual(['executed a', 'node-skipped b', 'node-skipped c']);
    expect([...table.results.keys()]).toEqual(['a@']);
  });

  it('between its lease and its start skips the node, and gives the lease back', async () => {
    table.on.set('claim a', () => table.abort.abort());
    await table.run(PIPELINE);
    expect(table.log).not.toContain('start a');
    expect(table.log).toContain('release a');
    expect(table.told.sort()).toEqual(['node-skipped a', 'node-skipped b', 'node-skipped c']);
  });

  it('amid its preparation stops the stage as soon as it is there', async () => {
    table.on.set('prepare a', () => table.abort.abort());
    table.stage = async (node) => {
      expect(node).toBe('a');
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      return { kind: 'failed', failure: { kind: 'stopped-early' } };
    };
    await table.run(PIPELINE);
    expect(table.log).toContain('stop a');
    expect(table.told.sort()).toEqual(['node-skipped a', 'node-skipped b', 'node-skipped c']);
  });
});

describe('a lease that is lost', () => {
  it('at publishing leaves the result to who has it, and takes theirs', async () => {
    table.on.set('publish a', () => {
      table.lost.add('a');
      table.publishElsewhere('a');
    });
    await table.run(PIPELINE);
    expect(table.told).toEqual(['executed b', 'executed c', 'cached a']);
    expect(table.results.get('a@')?.provenance.run).toBe('elsewhere');
    expect(table.log.filter((moment) => moment === 'start a')).toHaveLength(1);
  });

  it('while the stage runs keeps what it made from being collected', async () => {
    table.stage = async (node) => {
      if (node === 'a') {
        table.lost.add('a');
        table.publishElsewhere('a');
      }
      return { kind: 'done', undeclared: null };
    };
    await table.run(PIPELINE);
    expect(table.log).not.toContain('publish a');
    expect(table.told).toContain('cached a');
  });
});

describe('a result that cannot be restored', () => {
  it('is made again where the cache has lost it, which is told once', async () => {
    table.publishElsewhere('a');
    table.misplaced.add('a');
    const digest = 'd'.repeat(64) as Digest;
    let looks = 0;
    // One look finds the object damaged and puts it away; the next finds none.
    const lose = (): Restored => ({
      ok: false,
      failure: {
        kind: 'not-in-cache',
        path: 'a.txt',
        fault: { ok: false, fault: looks++ === 0 ? 'damaged' : 'missing', digest },
      },
    });
    table.restored = () => (table.log.includes('start a') ? { ok: true, restored: true } : lose());
    await table.run(PIPELINE);
    expect(table.told).toContain('executed a');
    const warnings = table.events.flatMap((event) =>
      event.type === 'warning' ? [event.text] : [],
    );
    expect(looks).toBeGreaterThan(1);
    expect(warnings).toEqual([
      `the cached output a.txt is damaged (object ${'d'.repeat(12)}); it is made again`,
    ]);
  });
});
