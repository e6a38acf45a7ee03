/**
 * Values and bytes → digests that are equal exactly for equal ones: under everything that is
 * compared.
 */

import { hash } from 'node:crypto';

/** A SHA-256 in lower-case hex. */
export type Digest = string & { readonly brand: 'Digest' };

/** JSON with sorted keys and no spaces: equal values give equal text, whatever the key order. */
export function stringifyCanonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stringifyCanonical).join(',')}]`;
  const object = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of sortKeys(Object.keys(object))) {
    const item = object[key];
    if (item === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${stringifyCanonical(item)}`;
  }
  return `{${text}}`;
}

/**
 * The order of keys in canonical text: numbers as JavaScript orders them in an object, then the
 * others by code unit. Every fingerprint and digest of a folder depends on it.
 */
function sortKeys(keys: string[]): string[] {
  if (keys.length < 2) return keys;
  keys.sort();
  if (!keys.some(startsWithDigit)) return keys;
  return Object.keys(Object.fromEntries(keys.map((key) => [key, null])));
}

function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

/** SHA-256 of a text (as UTF-8) or of bytes. */
export function hashBytes(content: string | Uint8Array): Digest {
  return hash('sha256', content) as Digest;
}

/** Whether a text has the form of a digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}
