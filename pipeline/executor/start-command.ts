/** A command's pieces and values → bash running. */

import { writeFileSync } from 'node:fs';
import { fillCommand } from '../shell/fill-command.ts';
import { findSimplePositions, type ValuePosition } from '../shell/value-position.ts';
import { defer } from './defer.ts';
import { describeExecution } from './describe-execution.ts';
import type { Execution, ExecutionFailure, ExecutionRequest } from './executor.ts';
import { type ShellWatch, startShell } from './start-shell.ts';
import type { CommandPiece } from './task.ts';

/**
 * Puts values into a command as where they stand asks for, and runs it. Bash's grammar is loaded for
 * commands alone in which a look does not tell that.
 */
export function startCommand(
  command: readonly CommandPiece[],
  request: ExecutionRequest,
  watch: ShellWatch,
): Execution {
  const text = command.map((piece) => (piece.kind === 'text' ? piece.text : null));
  const start = (places: readonly ValuePosition[]): Execution => {
    const rest = [...places];
    const filled = fillCommand(
      command.map((piece) => {
        if (piece.kind === 'text') return piece;
        const place = rest.shift() ?? { kind: 'unclear', because: 'it has no place' };
        return { kind: 'values', values: piece.values, place };
      }),
    );
    if (filled.ok) return startShell(filled.text, request, watch);
    const failure: ExecutionFailure = { kind: 'value-refused', fault: filled.fault };
    writeFileSync(request.logPath, `${describeExecution(failure)}\n`);
    return { result: Promise.resolve({ kind: 'failed', failure }), stop: () => {} };
  };
  const simple = findSimplePositions(text);
  if (simple !== null) return start(simple);
  const loading = import('../shell/read-positions.ts');
  return defer(
    loading.then(
      ({ readPositions }) =>
        () =>
          start(readPositions(text)),
    ),
  );
}
