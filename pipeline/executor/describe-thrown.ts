/** What a module has thrown → the text in its log. */

import { inspect } from 'node:util';
import { describeProgramFailure } from './describe-program.ts';

/** Of causes, which are told behind the failure itself: the end of a log that is shown has some 20 lines. */
const MOST_FRAMES = 3;
const MOST_CAUSES = 4;

/**
 * What a stage module has thrown, for its log. A failure that the stage explains is told without a
 * stack; anything else is a bug, with one. What caused it is told too: of `fetch failed` that is all
 * that helps.
 *
 * @param names texts to put in the place of others: of paths that mean nothing to the user
 */
export function describeThrown(
  error: unknown,
  names: Readonly<Record<string, string>> = {},
): string {
  const lines = [
    describeOne(error, Number.POSITIVE_INFINITY),
    ...(mayNeedDeclaration(error) ? [STRICT] : []),
    ...listCauses(error)
      .slice(0, MOST_CAUSES)
      .map((cause) => `[cause] ${describeOne(cause, MOST_FRAMES)}`),
  ];
  return Object.entries(names).reduce(
    (text, [name, shown]) => text.replaceAll(name, shown),
    lines.join('\n'),
  );
}

const STRICT =
  '(a variable must be declared before it is set: CommonJS of the workspace runs in strict mode)';

/** Outside of strict mode, setting a variable declares it. */
function mayNeedDeclaration(error: unknown): boolean {
  return (
    error instanceof ReferenceError &&
    / is not defined$/.test(error.message) &&
    /^.*\n {4}at .*\.(?:js|cjs|cts):\d+:\d+\)?(?:\n|$)/.test(error.stack ?? '')
  );
}

function describeOne(error: unknown, mostFrames: number): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return inspect(error);
  const program = describeProgramFailure(error);
  if (program !== null) return program;
  if (error.name === 'StageFailure') return error.message;
  const { stack } = error;
  if (typeof stack !== 'string') return `${error.name}: ${error.message}`;
  const frames = /(?:\n {4}at .*)+$/.exec(stack)?.[0] ?? '';
  const shown = frames
    .split('\n')
    .slice(1)
    // How the engine called it is nothing that the user could mend.
    .filter((frame) => !/\/worker\.mjs:\d+:\d+\)?$/.test(frame))
    .slice(0, mostFrames);
  return [stack.slice(0, stack.length - frames.length), ...shown].join('\n');
}

/** What an error names as its causes, and these as theirs, each once. */
function listCauses(error: unknown): readonly unknown[] {
  const found = new Set<unknown>([error]);
  for (const one of found) {
    // Of a program, the description has its cause.
    if (!(one instanceof Error) || describeProgramFailure(one) !== null) continue;
    const many: unknown = one instanceof AggregateError ? one.errors : [];
    for (const cause of [one.cause, ...(Array.isArray(many) ? many : [])]) {
      if (cause !== undefined && cause !== null) found.add(cause);
    }
  }
  return [...found].slice(1);
}
