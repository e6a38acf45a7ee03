/** Code ingredients: the texts that were read, kept for showing what changed. */

import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';

/** Where what digests stand for is kept. */
export interface TextSink {
  readonly put: (content: string, digest: Digest) => void;
}

/** Stores texts, by path from the workspace, and a manifest of them, as objects; returns the manifest's digest. */
export function keepSources(sink: TextSink, sources: ReadonlyMap<string, string>): Digest {
  const keep = (text: string): Digest => {
    const digest = hashBytes(text);
    sink.put(text, digest);
    return digest;
  };
  const digests = Object.fromEntries([...sources].map(([file, text]) => [file, keep(text)]));
  return keep(stringifyCanonical({ sources: digests }));
}
