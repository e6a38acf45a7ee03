import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../../../pipeline/cache/objects.ts';
import { type ResultRecord, ResultStore } from '../../../../pipeline/cache/results.ts';
import { hashBytes } from '../../../../pipeline/fingerprint/canonical.ts';
import { readStamp } from '../../../../pipeline/fingerprint/file-stamp.ts';
import { type FingerprintRecord, hashRecord } from '../../../../pipeline/fingerprint/record.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const record: FingerprintRecord = {
  schema: 2,
  node: 'a',
  cell: {},
  run: { kind: 'command', text: 'x' },
  code: null,
  params: {},
  env: {},
  inputs: {},
  paths: {},
  outputs: { o: 'o' },
};
const fingerprint = hashRecord(record);
const result: ResultRecord = {
  schema: 2,
  fingerprint,
  record,
  outputs: { o: { kind: 'file', digest: hashBytes('x'), size: 1, volatile: false, mode: '644' } },
  summary: { loss: 0.5 },
  sources: null,
  log: null,
  provenance: {
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    host: 'h',
    engine: 'pipeline 0',
    node: 'v20',
    run: 'r',
  },
};

function openStore() {
  const layout = new StateLayout(makeFolder(), 'owner');
  const objects = new ObjectStore(layout);
  const publish = (results: ResultStore, mayPublish = () => true) =>
    results.publish(result, [], objects, mayPublish);
  return { layout, path: layout.result(fingerprint), actions: new ResultStore(layout), publish };
}

describe('ResultStore', () => {
  it('gives back what was written, and nothing for what was not', async () => {
    const { actions: results, publish } = openStore();
    expect(results.read(fingerprint)).toMatchObject({ result: null, damaged: false });
    await publish(results);
    expect(results.read(fingerprint)).toMatchObject({ result: result, damaged: false });
  });

  it('publishes nothing where that is no longer ours to do', async () => {
    const { actions: results, path, layout, publish } = openStore();
    expect(await publish(results, () => false)).toBe(false);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(layout.temporary)).toEqual([]);
  });

  it('remembers that a result was accepted as equal', () => {
    const { actions: results, layout } = openStore();
    const from = hashRecord({ ...record, params: { epochs: 1 } });
    const accepted = { ...result, accepted: { from, reason: 'renamed', at: '2026-01-02' } };
    results.write(accepted);
    expect(new ResultStore(layout).find(fingerprint).result).toEqual(accepted);
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['of no version', (text: string) => text.replace('"schema": 2', '"schema": null')],
    ['of another node', (text: string) => text.replace('"node": "a"', '"node": "b"')],
    ['without a digest', (text: string) => text.replace(hashBytes('x'), 'x')],
    ['null', () => 'null'],
  ])('does not trust a record that is %s', async (_, damage) => {
    const { actions: results, path, layout, publish } = openStore();
    await publish(results);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(results.read(fingerprint)).toMatchObject({ result: null, damaged: true });
    // Looking changes nothing; the run that reports it moves it away.
    expect(existsSync(path)).toBe(true);
    results.quarantine(fingerprint);
    results.quarantine(fingerprint);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(layout.quarantine)).toHaveLength(1);
    expect(results.read(fingerprint)).toMatchObject({ result: null, damaged: false });
  });

  it('finds a record as it is now, and knows the stamp of one that was sound', async () => {
    const { actions: results, path, layout, publish } = openStore();
    await publish(results);
    expect(results.stampOf(fingerprint)).toEqual(readStamp(path));
    const reopened = new ResultStore(layout);
    expect(reopened.find(fingerprint)).toMatchObject({ result: result, damaged: false });
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
    expect(reopened.find(fingerprint)).toMatchObject({ result: null, damaged: true });
    expect(reopened.stampOf(fingerprint)).toBeUndefined();
    rmSync(path);
    expect(reopened.find(fingerprint)).toMatchObject({ result: null, damaged: false });
  });
});
