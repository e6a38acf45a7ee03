/** Requests for the page and its data → answers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeDiff, formatDiff } from '../cli/print/print-diff.ts';
import { readAccount } from '../history/account.ts';
import { openPalette } from '../progress/style.ts';
import { diffRuns } from '../session/diff-runs.ts';
import { findRunGraph } from '../session/find-run-graph.ts';
import { UserMistakes } from '../session/mistakes.ts';
import type { StateLayout } from '../system/layout.ts';
import { cancelRun, retryRun } from './act-on-run.ts';
import { describeGraph } from './describe-graph.ts';
import { type StreamStart, streamEvents } from './event-stream.ts';
import { isLineStart } from './log-lines.ts';
import { describeNodeInRun, sendLog } from './node-answers.ts';
import type { PageFile } from './page-files.ts';
import type { FolderPulse } from './pulse.ts';
import type { RunBook } from './run-book.ts';
import { packRunView } from './run-view.ts';
import { sendJson, sendRefusal, sendText } from './send.ts';
import { findReports, sendFile } from './workspace-files.ts';

/** What answers are made of. */
export interface ServedWorkspace {
  readonly layout: StateLayout;
  readonly book: RunBook;
  readonly pulse: FolderPulse;
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly title: string;
  /** Files of the workspace are asked for by it. */
  readonly fileToken: string;
  /** The folder of this program's package. */
  readonly program: string;
  /** The profile of a command that names none; null where that is not known. */
  readonly usualProfile: string | null;
  readonly allowsActions: boolean;
}

/** A request that may be answered. */
export interface Question {
  readonly request: IncomingMessage;
  readonly isFile: boolean;
  /** Behind the token. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Answers a request. */
export async function answer(
  question: Question,
  response: ServerResponse,
  served: ServedWorkspace,
): Promise<void> {
  const { path, query } = question;
  if (question.isFile) return sendFile(response, served.layout.workspace, path);
  if (question.request.method === 'POST') return act(question, response, served);
  const page = served.pages.get(path);
  if (page !== undefined) sendText(response, 200, page.type, page.text);
  else if (path === 'snapshot') sendSnapshot(query, response, served);
  else if (path === 'events') sendEvents(question, response, served);
  else if (path === 'diff') await sendDiff(query, response, served);
  else if (path === 'graph') await sendGraph(query, response, served);
  else if (path === 'node' || path === 'log') await sendOfNode(question, response, served);
  else sendRefusal(response, 404, 'there is nothing of this name');
}

function sendSnapshot(query: URLSearchParams, response: ServerResponse, served: ServedWorkspace) {
  const { book, title, allowsActions, layout, usualProfile } = served;
  const run = book.find(query.get('run') ?? 'latest');
  const followed = run === null ? null : book.follow(run);
  sendJson(response, {
    title,
    allowsActions,
    runs: book.list(),
    run: run?.id ?? null,
    // Where the events go on that are not in the view.
    offset: followed?.offset ?? 0,
    view: followed === null ? null : packRunView(followed.view),
    estimate: followed?.estimate(Date.now()) ?? null,
    files: `../${served.fileToken}/`,
    reports: findReports(layout.workspace, followed?.view.profile ?? usualProfile),
  });
}

function sendEvents(
  { request, query }: Question,
  response: ServerResponse,
  served: ServedWorkspace,
) {
  const { book, pulse, layout } = served;
  const start = findStart(request, query, book);
  if (start === 'gone')
    return sendRefusal(response, 410, 'this place of the run is not there any more');
  streamEvents(response, start, { book, pulse, runRoot: layout.runRoot });
}

/** Where a stream begins: behind the last event that the browser has heard, else where its address says. */
function findStart(
  { headers }: IncomingMessage,
  query: URLSearchParams,
  book: RunBook,
): StreamStart | 'gone' | null {
  const heard = /^(.+):(\d+)$/.exec(String(headers['last-event-id'] ?? ''));
  const id = heard?.[1] ?? query.get('run');
  if (id === null) return null;
  const run = book.find(id);
  const from = Number(heard?.[2] ?? query.get('from') ?? 0);
  if (run === null || !isLineStart(book.follow(run).path, from)) return 'gone';
  return { run, from };
}

/** Does what the page asks for, where it may. */
async function act(
  { path, query }: Question,
  response: ServerResponse,
  { allowsActions, book, layout, program }: ServedWorkspace,
): Promise<void> {
  if (!allowsActions)
    return sendRefusal(response, 403, 'this needs pipeline serve --allow-actions');
  const run = book.find(query.get('run') ?? '');
  if (run === null) return sendRefusal(response, 404, 'there is no such run');
  const account = readAccount(run, layout);
  const result =
    path === 'cancel'
      ? cancelRun(account, layout)
      : path === 'retry'
        ? await retryRun(account, query.get('node'), layout, program)
        : { refused: 'there is no such action' };
  if ('refused' in result) sendRefusal(response, 409, result.refused);
  else sendJson(response, result);
}

/** In what two runs differ, as `pipeline diff` says it. */
async function sendDiff(query: URLSearchParams, response: ServerResponse, served: ServedWorkspace) {
  const directory = served.layout.workspace;
  const [before = '', after = ''] = ['before', 'after'].map((name) => query.get(name) ?? '');
  try {
    const { difference, usualProfile } = await diffRuns(before, after, { directory });
    const text = formatDiff({ ...difference, metrics: [] }, usualProfile, openPalette(false));
    sendJson(response, { text, difference: describeDiff(difference) });
  } catch (error) {
    if (!(error instanceof UserMistakes)) throw error;
    sendRefusal(response, 404, error.diagnostics.map(({ message }) => message).join('; '));
  }
}

async function sendGraph(
  query: URLSearchParams,
  response: ServerResponse,
  served: ServedWorkspace,
) {
  const { book, layout, usualProfile } = served;
  const run = book.find(query.get('run') ?? 'latest');
  const nodes = run === null ? null : await findRunGraph(book.account(run), layout, usualProfile);
  sendJson(response, nodes === null ? null : describeGraph(nodes));
}

async function sendOfNode(
  { path, query }: Question,
  response: ServerResponse,
  { book, layout }: ServedWorkspace,
): Promise<void> {
  const run = book.find(query.get('run') ?? 'latest');
  const node = query.get('node');
  if (run === null || node === null)
    return sendRefusal(response, 404, 'there is no such run or node');
  if (path === 'node') return sendJson(response, describeNodeInRun(run, node, layout));
  const [attempt, from] = [readCount(query.get('attempt')), readCount(query.get('from'))];
  await sendLog({ run, node, attempt, from }, response, layout);
}

/** A whole number that is not negative; null for anything else. */
function readCount(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
