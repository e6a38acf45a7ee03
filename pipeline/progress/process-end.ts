/** Something done when the process ends, whatever ends it: a terminal is left in order. */

import process from 'node:process';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Calls `action` when the process ends by itself, by an uncaught error or by a signal that nobody
 * else handles; the process then still dies of that signal. Returns a function that takes it back.
 */
export function onProcessEnd(action: () => void): () => void {
  const handlers = signals.map((signal) => {
    const handle = () => {
      // Whoever else listens decides whether this is the end, and if so it comes as 'exit'.
      if (process.listenerCount(signal) > 1) return;
      action();
      remove();
      process.kill(process.pid, signal);
    };
    return { signal, handle };
  });
  function remove(): void {
    process.removeListener('exit', action);
    for (const { signal, handle } of handlers) process.removeListener(signal, handle);
  }
  process.on('exit', action);
  // First in line, because a listener added with `once` is no longer counted after its turn.
  for (const { signal, handle } of handlers) process.prependListener(signal, handle);
  return remove;
}
