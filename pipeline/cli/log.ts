/** `pipeline log`: arguments → `tellLog` → the log, and beside it what it is of. */

import type { LoggedAttempt } from '../history/attempts.ts';
import { shortenRunId } from '../history/find-run.ts';
import { cleanLine } from '../progress/text.ts';
import { formatDuration } from '../progress/units.ts';
import { type LogOptions, type LogStep, tellLog } from '../session/find-log.ts';
import type { Output } from './output.ts';
import { formatMoment } from './print/print-runs.ts';

/**
 * `pipeline log <node>`: prints what the last attempts at a node printed, and says of which run they are
 * on standard error.
 *
 * @returns the exit code
 * @throws {UserMistakes} where no log of the node is kept
 */
export async function logCommand(
  node: string,
  options: LogOptions & { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const { json = false } = options;
  let isLineOpen = false;
  let isEmpty = true;
  const say = (text: string) => {
    if (isLineOpen) output.print('\n');
    isLineOpen = false;
    output.complain(`${text}\n`);
  };
  const tell = (step: LogStep) => {
    if (json) {
      output.print(`${JSON.stringify(describeStep(step))}\n`);
      return;
    }
    switch (step.kind) {
      case 'attempt':
        isEmpty = true;
        say(wordAttempt(step.attempt, step.isRunning));
        break;
      case 'result':
        say(`${node}, made by run ${shortenRunId(step.result.provenance.run)}`);
        break;
      case 'text':
        isEmpty &&= step.text.length === 0;
        isLineOpen = step.text.length > 0 && step.text.at(-1) !== 0x0a;
        output.print(step.text.toString());
        break;
      case 'end':
        if (isEmpty) say('it printed nothing');
        say(wordAttemptEnd(step.attempt));
        break;
    }
  };
  await tellLog(node, options, tell);
  return 0;
}

function wordAttempt({ node, number, run, startedAt }: LoggedAttempt, isRunning: boolean): string {
  const nth = number > 1 ? `, attempt ${number}` : '';
  const when = `${isRunning ? 'running since' : 'started'} ${formatMoment(startedAt)}`;
  return `${node}${nth}, run ${shortenRunId(run.id)}, ${when}`;
}

function wordAttemptEnd({ end, seconds, message }: LoggedAttempt): string {
  const took = seconds === null ? '' : ` after ${formatDuration(seconds)} s`;
  if (end === 'executed') return `done${took}`;
  const [why = ''] = (message ?? '').split('\n');
  return `failed${took}${why === '' ? '' : `: ${cleanLine(why)}`}${end === 'retried' ? '; tried again' : ''}`;
}

function describeStep(step: LogStep) {
  switch (step.kind) {
    case 'text':
      return { type: 'text', text: step.text.toString() };
    case 'result': {
      const { provenance } = step.result;
      return { type: 'result', node: provenance.node, run: provenance.run };
    }
    case 'attempt':
    case 'end': {
      const { run, ...attempt } = step.attempt;
      return { type: step.kind, run: run.id, ...attempt };
    }
  }
}
