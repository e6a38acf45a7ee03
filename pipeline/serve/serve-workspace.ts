/** The server of a workspace's live page: opened, and closed at a signal. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { findUsualProfile } from '../session/find-workspace.ts';
import type { Program } from '../session/program.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { answer, type ServedWorkspace } from './answer.ts';
import { checkRequest, deriveFileToken } from './check-request.ts';
import { keepAddress, makeToken, recallAddress } from './kept-address.ts';
import { makePageFiles } from './page-files.ts';
import { FolderPulse } from './pulse.ts';
import { RunBook } from './run-book.ts';
import { sendRefusal, setHeaders } from './send.ts';

/** How a page is to be served. */
export interface ServeSettings {
  /** Null for the one that it had last, else any. */
  readonly port: number | null;
  readonly allowsActions: boolean;
}

/** A page that is served. */
export interface ServedPage {
  readonly port: number;
  /** With the token. */
  readonly address: string;
  /** Ends all connections. */
  readonly close: () => Promise<void>;
}

/** By this name of the machine alone is it reached. */
const HOST = '127.0.0.1';

/**
 * Serves the live page of a workspace, to its user alone.
 *
 * @throws a system error where the port that was asked for is not free, or the page's files are not there
 */
export async function serveWorkspace(
  layout: StateLayout,
  { port: asked, allowsActions }: ServeSettings,
  program: Pick<Program, 'root'>,
): Promise<ServedPage> {
  const kept = recallAddress(layout);
  const usualProfile = await findUsualProfile(layout.workspace);
  const served: Omit<ServedWorkspace, 'fileToken'> = {
    layout,
    program: program.root,
    usualProfile,
    book: new RunBook(layout, usualProfile),
    pulse: new FolderPulse(),
    pages: await makePageFiles(program.root),
    title: basename(layout.workspace),
    allowsActions,
  };
  const server = createServer();
  await listen(server, asked ?? kept?.port ?? 0, asked === null);
  const port = portOf(server);
  // A page that is open asks whoever listens at its port, who learns its token: that opens nothing at another
  // port, and does nothing.
  const token = kept?.port === port && !allowsActions ? kept.token : makeToken();
  if (!allowsActions && port !== kept?.port && (kept === null || asked !== null))
    keepAddress({ token, port }, layout);
  const fileToken = deriveFileToken(token);
  server.on('request', (request, response) => {
    setHeaders(response);
    const checked = checkRequest(request, port, token);
    if (!checked.ok) return sendRefusal(response, checked.status, checked.reason);
    const about = { request, ...checked };
    answer(about, response, { ...served, fileToken }).catch((error: unknown) => {
      // A disk that fails, a file that goes while it is read: the next request may do.
      if (response.headersSent) response.destroy();
      else sendRefusal(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  return {
    port,
    address: `http://${HOST}:${port}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens at a port; at any, where that is taken and any will do. */
async function listen(server: Server, port: number, isAnyWelcome: boolean): Promise<void> {
  const tryPort = (one: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(one, HOST, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await tryPort(port);
  } catch (error) {
    if (!isAnyWelcome || !isErrorCode(error, 'EADDRINUSE', 'EACCES')) throw error;
    await tryPort(0);
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
