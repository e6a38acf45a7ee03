/** Several reporters as one, none of which can hurt the run. */

import type { Reporter } from './events.ts';

/**
 * One reporter that passes every event on to several, in order. One that throws, which would be a
 * bug of ours, is reported to `complain` and told nothing more; it takes neither the run nor the
 * other reporters with it.
 */
export function combineReporters(
  reporters: readonly Reporter[],
  complain: (error: unknown) => void,
): Reporter {
  const active = new Set(reporters);
  function tell(reporter: Reporter, action: () => void): void {
    try {
      action();
    } catch (error) {
      active.delete(reporter);
      complain(error);
    }
  }
  return {
    report(event) {
      for (const reporter of active) tell(reporter, () => reporter.report(event));
    },
    close() {
      for (const reporter of reporters) tell(reporter, reporter.close);
    },
  };
}
