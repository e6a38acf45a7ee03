/** Time and ticks for whatever redraws, as a parameter that tests can turn. */

/** The time and a ticker, as a parameter of whatever redraws or flushes by itself. */
export interface Clock {
  /** Milliseconds since the epoch, the scale of an event's `time`. */
  readonly now: () => number;
  /** Calls `action` every `milliseconds` until the returned function is called. */
  readonly every: (milliseconds: number, action: () => void) => () => void;
}

/** The system's clock. Its tickers do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  every(milliseconds, action) {
    const timer = setInterval(action, milliseconds).unref();
    return () => clearInterval(timer);
  },
};
