/** What is told of one node of a run: its attempts, its curves, its log. */

import { statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { KeptRun } from '../history/account.ts';
import { findAttempts } from '../history/attempts.ts';
import { listRuns } from '../history/find-run.ts';
import { innerEvent, readEventLines, textMember } from '../history/logged-event.ts';
import { readEventLog } from '../history/read-events.ts';
import { readRunResults } from '../history/run-results.ts';
import { tellLog } from '../session/find-log.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { readFrom } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { addMeasured } from './add-measured.ts';
import type { NodeCurves } from './run-view.ts';
import { sendRefusal } from './send.ts';

/** The most bytes of a log that are sent at once, and that are looked back at its first look. */
const MOST_BYTES = 1 << 18;

/** A node's attempts and all that the last of them measured; where it was cached, what made it. */
export function describeNodeInRun(run: KeptRun, node: string, layout: StateLayout) {
  const found = findAttempts(run, node);
  const made = found.without === 'cached' ? findMaker(run, node, layout) : run;
  return { ...found, curves: made === null ? [] : [...readCurves(made, node)] };
}

/** The run that made what a run found in the cache; null where its log is not kept. */
function findMaker(run: KeptRun, node: string, layout: StateLayout): KeptRun | null {
  const maker = readRunResults(run, layout).get(node)?.record?.provenance.run;
  return listRuns(layout).find(({ id }) => id === maker) ?? null;
}

function readCurves(run: KeptRun, node: string): NodeCurves {
  const mark = `"node":${JSON.stringify(node)}`;
  const lines = readEventLog(run.folder)
    .split('\n')
    .filter((line) => line.includes(mark));
  const curves: NodeCurves = new Map();
  for (const event of readEventLines(lines.join('\n'))) {
    if (textMember(event, 'node') !== node) continue;
    if (event.type === 'node-started') curves.clear();
    else if (event.type === 'node-event') addMeasured(curves, innerEvent(event));
  }
  return curves;
}

/** Which part of which log is wanted. */
export interface LogQuestion {
  readonly run: KeptRun;
  readonly node: string;
  /** Null for what made a result that was cached. */
  readonly attempt: number | null;
  /** Null for its end. */
  readonly from: number | null;
}

/** Answers with bytes of a log; where they begin and go on is in headers. */
export async function sendLog(
  { run, node, attempt, from }: LogQuestion,
  response: ServerResponse,
  layout: StateLayout,
): Promise<void> {
  if (attempt === null) return sendMade(run, node, response, layout);
  const own = run.isPilot ? layout.pilot : layout;
  const path = own.log(run.id, node, attempt);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const start = from ?? Math.max(0, size - MOST_BYTES);
  let bytes = readFrom(path, start, MOST_BYTES);
  // Amid a line nobody would begin to read.
  const cut = from === null && start > 0 ? bytes.indexOf(10) + 1 : 0;
  bytes = bytes.subarray(cut);
  sendBytes(response, bytes, start + cut, start + cut + bytes.length < size);
}

/** The log of the attempt that made a result, as `pipeline log --run` finds it. */
async function sendMade(run: KeptRun, node: string, response: ServerResponse, layout: StateLayout) {
  const texts: Buffer[] = [];
  try {
    await tellLog(node, { directory: layout.workspace, run: run.id }, (step) => {
      if (step.kind === 'text') texts.push(step.text);
    });
  } catch (error) {
    if (!(error instanceof UserMistakes)) throw error;
    const why = error.diagnostics.map(({ message }) => message).join('; ');
    return sendRefusal(response, 404, why);
  }
  const bytes = Buffer.concat(texts);
  const start = Math.max(0, bytes.length - MOST_BYTES);
  sendBytes(response, bytes.subarray(start), start, false);
}

function sendBytes(response: ServerResponse, bytes: Buffer, start: number, hasMore: boolean): void {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'x-skipped': start,
    'x-next': start + bytes.length,
    'x-more': String(hasMore),
  });
  response.end(bytes);
}
