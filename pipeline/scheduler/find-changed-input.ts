/** The guard: whether a node's inputs still are what its fingerprint says. */

import { holdsOutput } from '../cache/holds-output.ts';
import { KeptContent } from '../cache/kept-content.ts';
import { isDigest } from '../fingerprint/canonical.ts';
import { compareTrees } from '../fingerprint/compare-trees.ts';
import { readState } from '../fingerprint/found-states.ts';
import { contentId, hasContent, type PathContent } from '../fingerprint/path-content.ts';
import { readInput } from '../fingerprint/read-input.ts';
import type { Graph } from '../graph/types.ts';
import { wordIgnoring } from '../ignore/check-patterns.ts';
import type { Inspection, InspectionTools, KnownResults } from '../inspect/inspect.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { ChangedInput } from './failure.ts';

/** Files that a message names. */
const MOST_NAMED = 3;

type Tools = Pick<InspectionTools, 'workspace' | 'files' | 'ignored' | 'objects'>;

interface Description {
  readonly text: string;
  /** Path of the first file in a folder that is another; null where none is known. */
  readonly first: string | null;
}

/** An input whose content is no longer what the fingerprint says. Null if there is none. */
export function findChangedInput(
  inspection: Inspection,
  known: KnownResults,
  graph: Graph,
  tools: Tools,
): ChangedInput | null {
  for (const input of inspection.node.inputs) {
    for (const [i, source] of input.sources.entries()) {
      const path = resolveIn(tools.workspace, source.path);
      if (source.kind === 'output') {
        const output = known.get(source.node)?.outputs[source.output];
        // Another process may have put its own bytes of a volatile output there; they say nothing.
        if (output === undefined || output.volatile) continue;
        if (holdsOutput(path, output, tools)) continue;
        const expected = `${output.kind}:${output.digest}`;
        const { text } = describe(source.path, expected, tools.files.read(path), tools);
        return { path: source.path, text, remedy: null };
      }
      const content = readInput(source.path, tools);
      const recorded = inspection.record.inputs[input.name]?.[i]?.content;
      const id = hasContent(content) ? contentId(content) : null;
      if (id === recorded) continue;
      const { text, first } = describe(source.path, recorded, content, tools);
      const remedy = first === null ? null : wordIgnoring(source.path, first);
      return { path: source.path, text, remedy };
    }
  }
  return findChangedReading(inspection, graph, tools);
}

/** What a result was seen to read, where it is made again; of one that is not there yet that is not known. */
function findChangedReading(
  { record, result }: Inspection,
  graph: Graph,
  tools: Tools,
): ChangedInput | null {
  if (result === null) return null;
  for (const [key, state] of Object.entries(record.found ?? {})) {
    if (readState(key, graph, tools) !== state) return { path: key, text: key, remedy: null };
  }
  return null;
}

function describe(
  path: string,
  expected: string | undefined,
  now: PathContent,
  { objects }: Tools,
): Description {
  if (now.kind === 'none') return { text: `${path} (it is gone)`, first: null };
  if (now.kind === 'unreadable') {
    const inner = now.path.slice(now.path.lastIndexOf(`/${path}`) + 1);
    return { text: `${path} (${inner} is ${now.what})`, first: null };
  }
  const digest = expected?.startsWith('tree:') ? expected.slice('tree:'.length) : null;
  const before = isDigest(digest) ? new KeptContent(objects).tree(digest) : null;
  if (before === null || now.kind !== 'tree') return { text: path, first: null };
  const changes = compareTrees(before, now.manifest);
  const named = changes
    .slice(0, MOST_NAMED)
    .map((change) => `${path}/${change.path} ${change.change}`);
  const rest = changes.length - named.length;
  const text = `${path} (${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`;
  return { text, first: changes[0]?.path ?? null };
}
