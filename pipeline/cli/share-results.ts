/** `pipeline cache push`, `pull` and `check`: arguments → one call each → what is printed. */

import { openTerminalRegion } from '../progress/terminal-region.ts';
import { wordTransfer } from '../progress/wording.ts';
import type { RemoteListener, TransferReport } from '../remote/open-remote.ts';
import {
  checkRemote,
  pullTargets,
  pushTargets,
  type ShareOptions,
} from '../session/share-results.ts';
import type { Output } from './output.ts';
import { formatAnswer, formatShared } from './print/print-shared.ts';

/** Options of the commands on the remote cache. */
export interface ShareCommandOptions extends ShareOptions {
  readonly json?: boolean;
}

/**
 * `pipeline cache push` and `pull`: results of targets to the remote cache, or from it.
 *
 * @returns the exit code: 1 where a node has no result, or one that could not be transferred
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function shareCommand(
  direction: 'push' | 'pull',
  targets: readonly string[],
  { json, ...options }: ShareCommandOptions,
  output: Output,
): Promise<number> {
  const shown = showTransfers(json === true, output);
  const share = direction === 'push' ? pushTargets : pullTargets;
  try {
    const shared = await share(targets, options, shown.listener);
    shown.end();
    const text = json === true ? JSON.stringify(shared) : formatShared(shared, direction);
    output.print(`${text}\n`);
    return shared.without.length + shared.failed.length > 0 ? 1 : 0;
  } finally {
    shown.end();
  }
}

/**
 * `pipeline cache check`: whether the remote cache answers.
 *
 * @returns the exit code: 1 where it does not, or none is given
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function checkRemoteCommand(
  { json, ...options }: ShareCommandOptions,
  output: Output,
): Promise<number> {
  const answer = await checkRemote(options);
  output.print(`${json === true ? JSON.stringify(answer) : formatAnswer(answer)}\n`);
  return answer?.fault === null ? 0 : 1;
}

/** A line at the bottom of a terminal while transfers go on; at the end, what they were. */
function showTransfers(asJson: boolean, { stream, complain, print }: Output) {
  const region = !asJson && stream.isTTY === true ? openTerminalRegion(stream) : null;
  const draw = (lines: readonly string[]) => region?.draw([], lines);
  const transfer = (report: TransferReport) => {
    if (!report.isLast) draw([wordTransfer(report)]);
    else if (!asJson) {
      draw([]);
      print(`${wordTransfer(report)}\n`);
    }
  };
  const warn = (text: string) => {
    draw([]);
    complain(`pipeline: ${text}\n`);
  };
  const listener: RemoteListener = { warn, transfer };
  return {
    listener,
    end: () => {
      draw([]);
      region?.release();
    },
  };
}
