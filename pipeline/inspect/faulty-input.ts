/** Words for an input that cannot be read, with what to do. */

import type { FileContent, PathContent, TreeContent } from '../fingerprint/path-content.ts';
import type { Graph, GraphNode, InputSource } from '../graph/types.ts';
import { wordIgnoring } from '../ignore/check-patterns.ts';
import type { Diagnostic, Result } from '../pipeline-file/diagnostic.ts';

/** What is at the path of an input that has no content. */
export type NoContent = Exclude<PathContent, FileContent | TreeContent>;

/**
 * The mistake that an input of a node cannot be read.
 *
 * @param target absolute path of the input
 */
export function faultyInput(
  graph: Graph,
  node: GraphNode,
  input: string,
  source: InputSource,
  content: NoContent,
  target: string,
): Result<never> {
  const location = graph.spec.source.locate(['stages', node.stage.name, 'inputs', input]);
  const inner = content.kind === 'none' ? '' : content.path.slice(target.length + 1);
  const name = inner === '' ? source.path : `${source.path}/${inner}`;
  const diagnostic: Diagnostic =
    content.kind === 'none'
      ? {
          code: 'missing-input',
          message: `the input "${input}" of ${node.id} is gone: ${source.path}`,
          location,
          expected: 'a file or folder that stays while the pipeline runs',
        }
      : {
          code: 'wrong-value',
          message: `the input "${input}" of ${node.id} has no content that could be compared: ${name} is ${content.what}`,
          location,
          expected: 'files that can be read, and folders of such',
          ...(inner === ''
            ? {}
            : { hint: `mend it, or leave it out: ${wordIgnoring(source.path, inner)}` }),
        };
  return { ok: false, diagnostics: [diagnostic] };
}
