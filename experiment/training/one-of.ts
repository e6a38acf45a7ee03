/** Reads a parameter under `engine` that names one of a few things. */

import { fail } from '../data/failure.ts';

/** The value, where the engine knows it. Fails, listing what it knows, where it does not. */
export function oneOf<T extends string>(
  known: readonly T[],
  value: string,
  { parameter, engine }: { readonly parameter: string; readonly engine: string },
): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  return fail(
    `${parameter} is "${value}"; with the engine "${engine}" it is one of ${known.join(', ')}`,
  );
}
