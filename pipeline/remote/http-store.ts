/**
 * A remote cache over HTTP: `GET`, `HEAD` and `PUT` of `<base>/ac/<key>` and `<base>/cas/<sha-256>`, the
 * protocol of Bazel's remote cache, which bazel-remote, nginx with WebDAV and many others serve.
 * {@link https://bazel.build/remote/caching#http-caching}
 *
 * A stored entry is answered with 200, a missing one with 404, a stored one with any 2xx. Connections are
 * kept and used again. A transfer that brings too little in a while is given up, however alive it seems.
 */

import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { isErrorCode } from '../system/errors.ts';
import { makeAgent, placeOf, requesterOf } from '../system/http-server.ts';
import { type EntryKind, RemoteFault, type RemoteStore, type Upload } from './remote-store.ts';

/** So many bytes a second are the least that a server brings or takes. */
const SLOWEST = 32 * 1024;
/** Not authorized, forbidden, no such method. */
const REFUSALS: readonly number[] = [401, 403, 405, 407];
/** What of an answer that is no entry is read, so that its connection can be used again. */
const MOST_IGNORED = 1 << 16;

/** How a server is spoken to. */
export interface HttpOptions {
  /** Bearer token, or `user:password` for basic authentication; null for none. Never in a message. */
  readonly token: string | null;
  /** So long it may be silent. */
  readonly patienceMs: number;
  /** Requests at a time. */
  readonly connections: number;
}

/** Entries on a server. */
export class HttpStore implements RemoteStore {
  readonly #base: URL;
  readonly #options: HttpOptions;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param base without a secret, query or fragment */
  constructor(base: URL, options: HttpOptions) {
    this.#base = base;
    this.#options = options;
    const { connections: maxSockets, token } = options;
    this.#agent = makeAgent(base, { maxSockets, maxFreeSockets: maxSockets });
    this.#headers = token === null ? {} : { authorization: authorize(token) };
  }

  get(
    kind: EntryKind,
    key: string,
    take: (piece: Buffer) => Promise<void> | undefined,
  ): Promise<boolean> {
    return this.#ask('GET', kind, key, async (response, heard) => {
      for await (const piece of response) {
        const bytes = piece as Buffer;
        heard(bytes.length);
        const taken = take(bytes);
        if (taken !== undefined) await taken;
      }
      // What is cut off ends as if it were whole where no length was announced.
      if (!response.complete) throw new RemoteFault('broken', 'its answer was cut off');
    });
  }

  has(kind: EntryKind, key: string): Promise<boolean> {
    return this.#ask('HEAD', kind, key, skip);
  }

  async put(kind: EntryKind, key: string, upload: Upload): Promise<void> {
    await this.#ask('PUT', kind, key, skip, upload);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @param use what is done with an answer that is none of a failure; told how much has come */
  async #ask(
    method: 'GET' | 'HEAD' | 'PUT',
    kind: EntryKind,
    key: string,
    use: (response: IncomingMessage, heard: (bytes: number) => void) => Promise<void>,
    upload?: Upload,
  ): Promise<boolean> {
    const what = `${method} /${kind}/${key.slice(0, 12)}…`;
    for (let isSecond = false; ; isSecond = true) {
      const sent = this.#send(method, kind, key, what, upload);
      try {
        const response = await sent.response;
        const { statusCode: status = 0 } = response;
        if (method !== 'PUT' && (status === 404 || status === 410)) {
          await skip(response);
          return false;
        }
        if (status < 200 || status > 299 || (method === 'GET' && status !== 200)) {
          await skip(response);
          const kind = REFUSALS.includes(status) ? 'refused' : 'broken';
          throw new RemoteFault(kind, `${what} was answered with ${status}`);
        }
        await use(response, sent.heard);
        return true;
      } catch (error) {
        const fault = sent.fault() ?? toFault(error, what);
        // A server may close a kept connection just when it is used again.
        if (!(sent.wasKept() && isErrorCode(error, 'ECONNRESET', 'EPIPE')) || isSecond) throw fault;
      } finally {
        sent.end();
      }
    }
  }

  #send(method: string, kind: EntryKind, key: string, what: string, upload?: Upload) {
    const { patienceMs } = this.#options;
    const path = `${this.#base.pathname.replace(/\/$/, '')}/${kind}/${key}`;
    const length = upload === undefined ? {} : { 'content-length': String(upload.size) };
    const request: ClientRequest = requesterOf(this.#base)({
      agent: this.#agent,
      ...placeOf(this.#base),
      method,
      path,
      headers: { ...this.#headers, ...length },
    });
    let reason: RemoteFault | null = null;
    let answer: IncomingMessage | null = null;
    const least = (SLOWEST * patienceMs) / 1000;
    let count = 0;
    const watch = setInterval(() => {
      if (count < least) {
        reason = new RemoteFault('away', `${what}: hardly anything in ${patienceMs / 1000} s`);
        request.destroy(reason);
      }
      count = 0;
    }, patienceMs);
    const heard = (bytes: number) => {
      count += bytes;
    };
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', (message) => {
        // One that has begun to answer gets its time once more.
        heard(least);
        answer = message;
        message.on('error', () => {});
        resolve(message);
      });
      // It stays, since a connection can go at any time later too.
      request.on('error', reject);
      if (upload === undefined) request.end();
      else
        writeAll(request, upload, heard)
          .then(() => heard(least))
          .catch((error: unknown) => {
            request.destroy();
            reject(error);
          });
    });
    return {
      response,
      heard,
      /** Why it was given up; null where it was not. */
      fault: () => reason,
      wasKept: () => request.reusedSocket,
      end: () => {
        clearInterval(watch);
        // An answer that was read to its end has left its connection to the agent.
        if (!request.writableFinished || answer?.complete !== true) request.destroy();
      },
    };
  }
}

/** The value of the header for a token. A bearer token has no colon (RFC 6750). */
function authorize(token: string): string {
  if (!token.includes(':')) return `Bearer ${token}`;
  return `Basic ${Buffer.from(token).toString('base64')}`;
}

async function writeAll(
  request: ClientRequest,
  { read }: Upload,
  heard: (bytes: number) => void,
): Promise<void> {
  for await (const piece of read()) {
    await new Promise<void>((resolve, reject) => {
      request.write(piece, (error) => (error == null ? resolve() : reject(error)));
    });
    heard(piece.length);
  }
  request.end();
}

/** Reads an answer that nobody wants, as long as it is short. */
async function skip(response: IncomingMessage): Promise<void> {
  let count = 0;
  for await (const piece of response) {
    count += (piece as Buffer).length;
    if (count > MOST_IGNORED) return;
  }
}

function toFault(error: unknown, what: string): unknown {
  if (error instanceof RemoteFault || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const isCut = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code);
  const isProtocol = code.startsWith('HPE_');
  if (isCut || isProtocol) return new RemoteFault('broken', `${what} was cut off (${code})`);
  return isNetwork(code) ? new RemoteFault('away', `${what}: ${error.message}`) : error;
}

/** Whether a code is of a connection that cannot be made: by the system, DNS, or TLS. */
function isNetwork(code: string): boolean {
  return (
    /^(ECONN|EHOST|ENET|EAI_|ENOTFOUND|ETIMEDOUT|EADDRNOTAVAIL|EPROTO|ERR_TLS|ERR_SSL)/.test(
      code,
    ) || /CERT|SIGNATURE/.test(code)
  );
}
