/** Where the archive may come from, read from the stage's parameters. */

import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json, JsonObject } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import type { ExpectedChecksums } from './checksum.ts';

/** One place to get the archive from. */
export type Source =
  | { readonly kind: 'http'; readonly url: URL; readonly label: string; readonly shown: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly label: string;
      readonly shown: string;
    };

/** The places in the order in which they are tried, and the checksums that the archive must have. */
export interface ArchiveRequest {
  readonly sources: readonly Source[];
  readonly expected: ExpectedChecksums;
}

/**
 * Reads `dataset.mirrors`, `md5`, `url` and `sha256`. A given `url` replaces the mirrors and needs
 * `sha256`; the mirrors are checked against `md5` and, where given, `sha256`. Fails with a message
 * for the user where a parameter is missing or malformed.
 */
export function readArchiveRequest(params: JsonObject, workspace: string): ArchiveRequest {
  const dataset = readDataset(params);
  const md5 = readHex(dataset, 'md5', 32);
  const sha256 = readHex(dataset, 'sha256', 64);
  const url = dataset['url'] ?? null;
  if (url !== null) {
    if (typeof url !== 'string' || url === '') {
      return fail(`dataset.url: expected a URL, a path or null, found ${JSON.stringify(url)}`);
    }
    const source = parseSource(url, workspace, 'dataset.url');
    if (sha256 === null) return fail(explainMissingSha256(source));
    return { sources: [source], expected: { md5: null, sha256 } };
  }
  if (md5 === null && sha256 === null) {
    return fail('dataset.md5 and dataset.sha256 are both null: a download needs one of them');
  }
  const sources = readMirrors(dataset).map((mirror, index) =>
    parseSource(mirror, workspace, `dataset.mirrors[${index}]`),
  );
  return { sources, expected: { md5, sha256 } };
}

/** Text of a URL for messages: no credentials, and no query, which may hold a signature. */
export function showUrl(url: URL): string {
  const path = `${url.origin}${url.pathname}`;
  return url.search === '' ? path : `${path}?…`;
}

function readDataset(params: JsonObject): JsonObject {
  const dataset = params['dataset'];
  if (dataset === undefined || !isObject(dataset)) {
    return fail(`parameter dataset: expected an object, found ${JSON.stringify(dataset)}`);
  }
  return dataset;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMirrors(dataset: JsonObject): readonly string[] {
  const mirrors = dataset['mirrors'];
  if (
    !Array.isArray(mirrors) ||
    mirrors.length === 0 ||
    !mirrors.every((mirror) => typeof mirror === 'string' && mirror !== '')
  ) {
    return fail(
      `dataset.mirrors: expected a list of one or more URLs, found ${JSON.stringify(mirrors)}`,
    );
  }
  return mirrors;
}

function readHex(dataset: JsonObject, name: string, digits: number): string | null {
  const value = dataset[name] ?? null;
  if (value === null) return null;
  if (typeof value === 'string' && /^[0-9a-f]+$/i.test(value) && value.length === digits) {
    return value.toLowerCase();
  }
  return fail(
    `dataset.${name}: expected ${digits} hexadecimal digits, found ${JSON.stringify(value)}` +
      (typeof value === 'number' ? `; quote it: --set 'dataset.${name}="…"'` : ''),
  );
}

/** A scheme of two letters or more with `://` is a URL; `C:\data` and `data/a.tar.gz` are paths. */
function parseSource(text: string, workspace: string, parameter: string): Source {
  const isUrl = /^[a-z][a-z0-9+.-]+:\/\//i.test(text) || /^file:/i.test(text);
  if (!isUrl) return fileSource(resolve(workspace, text), text);
  if (!URL.canParse(text)) return fail(`${parameter}: ${JSON.stringify(text)} is not a valid URL`);
  const url = new URL(text);
  if (url.protocol === 'file:') return fileSource(pathOf(url, parameter), text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return fail(
      `${parameter}: cannot fetch ${JSON.stringify(text)}; expected an http:, https: or file: URL, ` +
        'or a path',
    );
  }
  const name = url.pathname.split('/').at(-1) ?? '';
  return { kind: 'http', url, label: name === '' ? url.host : name, shown: showUrl(url) };
}

function fileSource(path: string, shown: string): Source {
  return { kind: 'file', path, label: basename(path), shown };
}

function pathOf(url: URL, parameter: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    return fail(`${parameter}: ${url.href} names no file of this machine: ${String(error)}`);
  }
}

function explainMissingSha256(source: Source): string {
  const file = source.kind === 'file' ? source.path : source.label;
  return [
    `dataset.url is ${source.shown}, but dataset.sha256 is not set: an archive is used only after ` +
      'its SHA-256 is checked.',
    `Compute it from a copy that you trust: sha256sum '${file}' (Linux), shasum -a 256 '${file}' ` +
      `(macOS) or certutil -hashfile "${file}" SHA256 (Windows),`,
    `and pass it: --set dataset.url=${source.shown} --set dataset.sha256=<the 64 digits>`,
  ].join('\n');
}
