/** What became of results that were sent to or brought from the remote cache, and whether it answers, in text. */

import type { RemoteAnswer } from '../../contract/command.ts';
import { countOf } from '../../progress/units.ts';
import type { SharedResults } from '../../session/share-results.ts';

/** Nodes that a line names. */
const MOST_NAMED = 3;

/** What became of the results of nodes, for people. */
export function formatShared(shared: SharedResults, direction: 'push' | 'pull'): string {
  const { remote, done, without, failed } = shared;
  const [where, not] =
    direction === 'push'
      ? [`at ${remote}`, 'could not be sent']
      : ['in the cache', 'could not be fetched as a whole'];
  return [
    `${countOf(done.length, 'result')} ${done.length === 1 ? 'is' : 'are'} ${where}`,
    ...(without.length === 0
      ? []
      : [`without a result ${direction === 'push' ? 'here' : 'there'}: ${name(without)}`]),
    ...(failed.length === 0 ? [] : [`${not}: ${name(failed)}`]),
  ].join('\n');
}

/** Whether a remote cache answers, for people. */
export function formatAnswer(answer: RemoteAnswer | null): string {
  if (answer === null)
    return 'no remote cache is given: cache: { remote: https://… } in pipeline.yaml names one';
  const { remote, pull, push, milliseconds, fault } = answer;
  if (fault !== null) return `the remote cache ${remote} fails: ${fault}`;
  const use = `results are ${pull ? '' : 'not '}fetched and ${push ? '' : 'not '}sent by runs`;
  return `the remote cache ${remote} answers in ${milliseconds} ms; ${use}`;
}

function name(nodes: readonly string[]): string {
  const rest = nodes.length - MOST_NAMED;
  return `${nodes.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
