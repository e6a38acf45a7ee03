import { describe, expect, test } from 'vitest';
import { hashRecord } from '../../../../pipeline/fingerprint/record.ts';
import { readPulledRecord, readPulledTree } from '../../../../pipeline/remote/check-pulled.ts';

const digest = 'ab'.repeat(32);
const file = { digest, size: 1 };

describe('a list of the files of a folder that another made', () => {
  test.each([
    { files: { 'a/b': file, c: file }, links: { d: 'a/b', 'a/e': '../c' }, folders: ['f/g'] },
    { files: {} },
    { files: { '..a/...': file } },
  ])('is used where all of it is in the folder: %j', (tree) => {
    expect(readPulledTree(JSON.stringify(tree))).not.toBeNull();
  });

  test.each([
    { files: { '../a': file } },
    { files: { 'a/../../b': file } },
    { files: { '/etc/passwd': file } },
    { files: { 'a//b': file } },
    { files: { './a': file } },
    { files: { '': file } },
    { files: { 'a\0b': file } },
    { files: {}, folders: ['..'] },
    { files: {}, links: { '../a': 'b' } },
    { files: {}, links: { a: '/etc' } },
    { files: {}, links: { a: '..' } },
    { files: {}, links: { 'a/b': '../../c' } },
    { files: {}, links: { a: 3 } },
    // By a link to a folder inside, which would be written to twice.
    { files: { 'a/b': file }, links: { a: 'c' } },
    { files: { a: file, 'a/b': file } },
    { files: { a: file }, links: { a: 'b' } },
    { files: { a: { digest: '../../x', size: 1 } } },
    { files: { a: { digest, size: -1 } } },
    { files: [] },
    [],
    null,
  ])('is not used otherwise: %j', (tree) => {
    const read = readPulledTree(JSON.stringify(tree));
    expect(read?.files.size ?? 0).toBe(0);
    if (tree !== null && !Array.isArray(tree) && Object.keys(tree.files).length > 0) {
      expect(read).toBeNull();
    }
  });
});

describe('a record that another made', () => {
  const record = {
    schema: 2,
    node: 'n',
    cell: {},
    run: { kind: 'command', text: 'x' },
    code: null,
    params: {},
    env: {},
    inputs: {},
    paths: {},
    outputs: { o: 'o' },
  };
  const fingerprint = hashRecord(record as never);
  const result = {
    schema: 2,
    fingerprint,
    record,
    outputs: { o: { kind: 'file', digest, size: 3, volatile: false, mode: '644' } },
    summary: {},
    sources: null,
    log: null,
    provenance: {
      ...{ startedAt: '2026-01-01T00:00:00Z', seconds: 1, usage: { cpuSeconds: 1, memory: null } },
      ...{ host: 'h', engine: 'pipeline 1', node: 'v20', run: 'r' },
    },
  };
  const read = (value: unknown) => readPulledRecord(JSON.stringify(value), fingerprint);

  test('is used where it is whole', () => {
    expect(read(result)).toEqual(result);
  });

  test.each([
    ['of another node', { ...result, record: { ...record, node: 'm' } }],
    ['of another fingerprint', { ...result, fingerprint: digest }],
    ['without its output', { ...result, outputs: {} }],
    ['with more outputs', { ...result, outputs: { ...result.outputs, p: result.outputs.o } }],
    ['with a size that is none', { ...result, outputs: { o: { ...result.outputs.o, size: '3' } } }],
    [
      'with keys that are none',
      { ...result, outputs: { o: { ...result.outputs.o, mutable: 'a' } } },
    ],
    ['with a log that is none', { ...result, log: '../../etc/passwd' }],
    ['without a summary', { ...result, summary: null }],
    ['with accesses that are none', { ...result, undeclared: [{ kind: 'x' }] }],
    ['without a time', { ...result, provenance: { ...result.provenance, startedAt: 'now' } }],
    ['with a host that is none', { ...result, provenance: { ...result.provenance, host: {} } }],
    ['with times that are none', { ...result, provenance: { ...result.provenance, seconds: '1' } }],
    ['that is none', 'hello'],
  ])('%s is not used', (_, value) => {
    expect(read(value)).toBeNull();
  });
});
