/** What tells an interruption by the user from other ends of a run before its time. */

/** Why a run was aborted, where its user did: told to the console by whoever saw the signal. */
export class UserInterruption {
  readonly signal: string;

  constructor(signal: string) {
    this.signal = signal;
  }
}
