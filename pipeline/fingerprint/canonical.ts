import { createHash } from 'node:crypto';

/** A SHA-256 in lower-case hex. */
export type Digest = string & { readonly brand: 'Digest' };

/** JSON with sorted keys and no spaces: equal values give equal text, whatever the key order. */
export function stringifyCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** SHA-256 of a text (as UTF-8) or of bytes. */
export function hashBytes(content: string | Uint8Array): Digest {
  return createHash('sha256').update(content).digest('hex') as Digest;
}

/** Whether a text has the form of a digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}
