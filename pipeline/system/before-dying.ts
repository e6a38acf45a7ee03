/** The disk: what a process takes away before a signal ends it. */

/** Of the signals that end a process in order, those that people and schedulers send. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const actions = new Set<() => void>();

/**
 * Calls `action` when a signal that nobody else handles is about to end this process, which then dies
 * of that signal as it would have. It comes with the next turn of the event loop.
 *
 * @returns what takes that back
 */
export function beforeDying(action: () => void): () => void {
  // One listener for all, so that several do not take each other for someone who decides.
  if (actions.size === 0) for (const signal of SIGNALS) process.on(signal, die);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) stopListening();
  };
}

function die(signal: NodeJS.Signals): void {
  // Whoever else listens decides whether this is the end.
  if (process.listenerCount(signal) > 1) return;
  for (const action of actions) action();
  stopListening();
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, die);
}
