/** Who may ask: only who knows the token, by a name of this machine, from a page of this server. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request that may be answered, or why it may not. */
export type CheckedRequest =
  | {
      readonly ok: true;
      /** A file of the workspace, and nothing else, may be given. */
      readonly isFile: boolean;
      readonly path: string;
      readonly query: URLSearchParams;
    }
  | { readonly ok: false; readonly status: 403 | 405; readonly reason: string };

/**
 * Checks a request. The name that it was made by has to be this machine's own: a page of another site whose
 * name was made to lead here has another one. An origin, where the browser tells it, has to be
 * this server.
 *
 * @param port at which the server listens
 * @param token with which paths begin
 */
export function checkRequest(
  { method = '', url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  port: number,
  token: string,
): CheckedRequest {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const host = headers.host?.toLowerCase() ?? '';
  if (!hosts.includes(host)) {
    return refuse(403, `this server is ${hosts[0]}, and is asked for by no other name`);
  }
  const { origin } = headers;
  const isOwn = origin !== undefined && hosts.some((own) => origin === `http://${own}`);
  if (origin !== undefined && !isOwn) return refuse(403, 'asked for by a page of another origin');
  if (method === 'POST' && !isOwn) return refuse(403, 'asked for by no page of this server');
  if (!['GET', 'HEAD', 'POST'].includes(method)) return refuse(405, `nothing answers to ${method}`);
  const [path = '', query = ''] = url.split('?', 2);
  const [, given = '', ...rest] = path.split('/');
  const isFile = isSame(given, deriveFileToken(token));
  if (!isFile && !isSame(given, token)) {
    return refuse(403, 'open the address that pipeline serve printed: it has a token');
  }
  return { ok: true, isFile, path: rest.join('/'), query: new URLSearchParams(query) };
}

/**
 * The token by which files of the workspace are asked for. A report whose scripts read its own address
 * learns this one, which opens neither the page nor what may be done there.
 */
export function deriveFileToken(token: string): string {
  return createHash('sha256').update(`files ${token}`).digest('base64url').slice(0, 32);
}

function refuse(status: 403 | 405, reason: string): CheckedRequest {
  return { ok: false, status, reason };
}

/** Compares in a time that tells nothing. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
