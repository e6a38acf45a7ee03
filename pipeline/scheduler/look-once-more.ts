/** Running, with a lease in hand: whether the result has come while it was waited for. */

import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import type { RunServices } from './run-services.ts';

/** A look at work whose lease was just taken, which who had it before may just have done. */
export async function lookOnceMore(
  work: Inspection,
  { reader, results }: Pick<RunServices, 'reader' | 'results'>,
  known: KnownResults,
): Promise<Inspection> {
  if (!work.node.findsInputs) return { ...work, result: results.find(work.fingerprint) };
  // Which result it is depends on what was read for it.
  const looked = await reader.look(work.node, known);
  return looked.ok && looked.value.result !== null ? looked.value : work;
}
