import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../pipeline/contract/values.ts';
import { readArchiveRequest } from '../../../../stages/download/sources.ts';

const md5 = 'c32a1d4ab5d03f1284b67883e8d87530';
const sha256 = 'ab'.repeat(32);

function read(dataset: JsonObject) {
  return readArchiveRequest({ dataset }, '/workspace');
}

describe('the parameters of a download', () => {
  it('give the mirrors in their order, with the MD5 and no SHA-256 to check', () => {
    const mirrors = ['https://a.example/cifar.tar.gz', 'http://b.example/'];
    const request = read({ mirrors, md5, url: null, sha256: null });
    expect(request.sources.map(({ label, shown }) => [label, shown])).toEqual([
      ['cifar.tar.gz', 'https://a.example/cifar.tar.gz'],
      ['b.example', 'http://b.example/'],
    ]);
    expect(request.expected).toEqual({ md5, sha256: null });
  });

  it('check a mirror against both checksums where both are given', () => {
    const request = read({ mirrors: ['https://a.example/a'], md5, url: null, sha256 });
    expect(request.expected).toEqual({ md5, sha256 });
  });

  it('give dataset.url alone where it is set', () => {
    const request = read({ mirrors: ['https://a.example/a'], md5, url: 'data/a.tar.gz', sha256 });
    expect(request.sources).toEqual([
      {
        kind: 'file',
        path: '/workspace/data/a.tar.gz',
        label: 'a.tar.gz',
        shown: 'data/a.tar.gz',
      },
    ]);
    expect(request.expected).toEqual({ md5: null, sha256 });
  });

  it.each<[string, JsonObject, string]>([
    ['no mirrors', { mirrors: [], md5 }, 'dataset.mirrors: expected a list of one or more URLs'],
    ['a mirror that is a number', { mirrors: [1], md5 }, 'dataset.mirrors: expected a list'],
    ['no checksum', { mirrors: ['https://a.example/a'], md5: null }, 'are both null'],
    ['a short MD5', { mirrors: ['https://a.example/a'], md5: 'abc' }, 'dataset.md5: expected 32'],
    [
      'a SHA-256 that YAML took for a number',
      { url: 'a', sha256: 123 },
      `found 123; quote it: --set 'dataset.sha256="…"'`,
    ],
    ['a URL that is a number', { url: 5, sha256 }, 'dataset.url: expected a URL, a path or null'],
    ['another protocol', { url: 'ftp://a.example/a', sha256 }, 'cannot fetch "ftp://a.example/a"'],
    ['a malformed URL', { url: 'http://a b/', sha256 }, '"http://a b/" is not a valid URL'],
    ['a file: URL of another host', { url: 'file://host/a', sha256 }, 'names no file of this'],
  ])('are refused by name: %s', (_, dataset, expected) => {
    expect(() => read(dataset)).toThrow(expected);
  });
});
