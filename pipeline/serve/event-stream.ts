/** What happens, told to a browser as it happens: server-sent events, from the place at which it heard the last. */

import type { ServerResponse } from 'node:http';
import type { KeptRun } from '../history/account.ts';
import { readWholeLines } from './log-lines.ts';
import type { FolderPulse } from './pulse.ts';
import type { RunBook } from './run-book.ts';

/** A comment so often keeps what is in between from taking the connection for dead. */
const SILENCE_MS = 15_000;
/** How long a browser waits before it asks again after the connection broke. */
const RETRY_MS = 1000;

/** Where a stream begins. */
export interface StreamStart {
  readonly run: KeptRun;
  /** The byte of its log from which on to tell. */
  readonly from: number;
}

/** What a stream needs of the server. */
export interface StreamSources {
  readonly pulse: FolderPulse;
  readonly book: RunBook;
  /** The folder of all runs. */
  readonly runRoot: string;
}

/**
 * Tells of runs until the browser leaves. Three kinds of events:
 *
 * - `runs`: the list of runs, at the start and whenever it is another one
 * - `lines`: whole lines of the run's event log; their id is the run and the byte behind the last
 * - `estimate`: how long the run will still take, as of now
 *
 * A `lines` event is told whole or not at all, so that who asks again with the id of the last one misses
 * nothing and is told nothing twice.
 *
 * @param start null where only the list of runs is wanted
 */
export function streamEvents(
  response: ServerResponse,
  start: StreamStart | null,
  { pulse, book, runRoot }: StreamSources,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(`retry: ${RETRY_MS}\n\n`);
  let told = '';
  let estimated = '';
  let isOpen = true;
  let isBusy = false;
  let at = start?.from ?? 0;

  const tellLines = async ({ run }: StreamStart, path: string) => {
    while (isOpen) {
      const { lines, end } = readWholeLines(path, at);
      if (end === at) return;
      at = end;
      // A line feed within a line would end it, and no line of ours has one.
      const data = lines.map((line) => `data: ${line.replaceAll('\r', '')}\n`).join('');
      const isTaken = response.write(`event: lines\nid: ${run.id}:${end}\n${data}\n`);
      // Who reads slowly is waited for: what it has not read yet is on disk.
      if (!isTaken) await waitForRoom(response);
    }
  };
  const look = async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      const list = JSON.stringify(book.list());
      if (list !== told) response.write(`event: runs\ndata: ${list}\n\n`);
      told = list;
      if (start === null) return;
      const followed = book.follow(start.run);
      await tellLines(start, followed.path);
      const estimate = JSON.stringify(followed.estimate(Date.now()));
      if (estimate === estimated) return;
      estimated = estimate;
      response.write(`event: estimate\ndata: ${estimate}\n\n`);
    } finally {
      isBusy = false;
    }
  };
  const wake = () => void look().catch((error) => response.destroy(error));
  const leave = [
    pulse.onChange(runRoot, wake),
    ...(start === null ? [] : [pulse.onChange(start.run.folder, wake)]),
  ];
  const heart = setInterval(() => response.write(': \n\n'), SILENCE_MS);
  response.on('close', () => {
    isOpen = false;
    clearInterval(heart);
    for (const end of leave) end();
  });
  wake();
}

/** Waits until a browser has read what it was told, or has left. */
function waitForRoom(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end);
      response.off('close', end);
      resolve();
    };
    response.on('drain', end);
    response.on('close', end);
  });
}
