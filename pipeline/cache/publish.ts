import { join } from 'node:path';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import { type PathContent, readContent } from '../fingerprint/file-memo.ts';
import type { NodeOutput } from '../graph/types.ts';
import type { ActionOutput } from './actions.ts';
import type { ObjectStore } from './objects.ts';

/**
 * Takes a stage's outputs from its private folder into the store.
 *
 * @param paths where the stage was told to write each output
 * @returns what was taken, or the outputs that the stage did not write
 */
export function publishOutputs(
  outputs: readonly NodeOutput[],
  paths: Readonly<Record<string, string>>,
  objects: ObjectStore,
): { published: Record<string, ActionOutput>; missing: string[] } {
  const found = outputs.map((output) => {
    const path = paths[output.name] ?? '';
    return { output, path, content: readContent(path) };
  });
  const missing = found.filter(({ content }) => content.kind === 'none');
  if (missing.length > 0) {
    return { published: {}, missing: missing.map(({ output }) => output.name) };
  }
  const published: Record<string, ActionOutput> = {};
  for (const { output, path, content } of found) {
    published[output.name] = takeContent(path, content, output.volatile, objects);
  }
  return { published, missing: [] };
}

function takeContent(
  path: string,
  content: PathContent,
  isVolatile: boolean,
  objects: ObjectStore,
): ActionOutput {
  switch (content.kind) {
    case 'none':
      throw new Error(`nothing to take at ${path}`);
    case 'file': {
      objects.take(path, content.digest);
      return {
        kind: 'file',
        digest: content.digest,
        size: content.size,
        volatile: isVolatile,
      };
    }
    case 'tree': {
      let size = 0;
      for (const [name, file] of Object.entries(content.manifest.files)) {
        objects.take(join(path, name), file.digest);
        size += file.size;
      }
      objects.put(stringifyCanonical(content.manifest), content.digest);
      return { kind: 'tree', digest: content.digest, size, volatile: isVolatile };
    }
  }
}
