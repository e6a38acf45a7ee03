/**
 * A failure that the user can act on: bad data, a bad parameter, a damaged file. It is shown by
 * its message alone, so the message says what, where, expected, found, and what to do.
 */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
}

/** Throws a {@link StageFailure} with this message. */
export function fail(message: string): never {
  throw new StageFailure(message);
}
