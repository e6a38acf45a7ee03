/**
 * Requests to the server of a tracker: JSON in, JSON out, and what went wrong as a fault that says whether it was taken.
 * A request that is given up takes its connection with it, in whatever state that is, so that it keeps no process.
 */

import type { Agent, IncomingMessage } from 'node:http';
import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { makeAgent, placeOf, requesterOf } from '../system/http-server.ts';
import { judgeStatus } from './judge-status.ts';
import { TrackerFault } from './tracker.ts';

/** So long a server may take for an answer, and longer by what is sent: so many bytes a second are the least. */
const PATIENCE_MS = 30_000;
const SLOWEST = 32 * 1024;
/** A connection is used again that rested no longer than this: servers close those that rest. */
const LONGEST_REST_MS = 1_000;
/** Of what a server says of a refusal, so many characters are shown. */
const MOST_SAID = 200;

/** What a request is made of. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** From the base, beginning with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
  readonly body?: Uint8Array | FormData;
  /** Statuses beside those of success that are no fault. */
  readonly allowed?: readonly number[];
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface HttpAnswer {
  readonly status: number;
  readonly json: JsonObject;
}

/** What is sent behind the headers. */
interface Body {
  readonly type: string | null;
  readonly bytes: Uint8Array;
}

/** A server. */
export class HttpClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  /**
   * @param base without a slash at its end
   * @param headers with each request, perhaps with a secret, which is shown nowhere
   */
  constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = new URL(base);
    this.#headers = headers;
    this.#agent = makeAgent(this.#base, { timeout: LONGEST_REST_MS });
  }

  /** Asks. Redirections are not followed. @throws {TrackerFault} where there is no answer, or none that can be used */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path, query, allowed = [], signal } = request;
    const what = `${method} ${path}`;
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const body = await encodeBody(request);
    const sent = this.#send(method, `${path}${search}`, body, signal);
    let response: IncomingMessage;
    let text: string;
    try {
      response = await sent.response;
      text = await readText(response);
    } catch (error) {
      throw this.#toFault(error, what, sent.wasConnected());
    }
    const status = response.statusCode ?? 0;
    if ((status < 200 || status > 299) && !allowed.includes(status)) {
      const message = `${what} was answered with ${status}${quote(this.#hide(text))}`;
      throw judgeStatus(status, message, response.headers['retry-after'] ?? null);
    }
    return { status, json: parseAnswer(text) };
  }

  #send(method: string, path: string, body: Body | null, signal: AbortSignal) {
    const patience = PATIENCE_MS + ((body?.bytes.length ?? 0) / SLOWEST) * 1000;
    let isConnected = false;
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      const request = requesterOf(this.#base)({
        agent: this.#agent,
        ...placeOf(this.#base),
        method,
        path: `${this.#base.pathname.replace(/\/$/, '')}${path}`,
        headers: {
          accept: '*/*',
          'user-agent': 'pipeline',
          ...this.#headers,
          ...(body === null ? {} : { 'content-length': body.bytes.length }),
          ...(body?.type == null ? {} : { 'content-type': body.type }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(patience))]),
      });
      request.on('socket', (socket) => {
        if (request.reusedSocket) isConnected = true;
        else {
          const ready = this.#base.protocol === 'https:' ? 'secureConnect' : 'connect';
          socket.once(ready, () => {
            isConnected = true;
          });
        }
      });
      request.on('response', resolve);
      // It stays, since a connection can go at any time later too.
      request.on('error', reject);
      request.end(body?.bytes);
    });
    return { response, wasConnected: () => isConnected };
  }

  /** Where no connection came about, nothing was sent. */
  #toFault(error: unknown, what: string, wasConnected: boolean): TrackerFault {
    const { code, name, message, cause } = error as NodeJS.ErrnoException;
    const isLate = name === 'AbortError' && (cause as Error | undefined)?.name === 'TimeoutError';
    const reason = isLate ? 'no answer in time' : `no answer (${this.#hide(code ?? message)})`;
    return new TrackerFault('away', `${what}: ${reason}`, { isCertain: !wasConnected });
  }

  /** What a server says may repeat what it was sent. */
  #hide(text: string): string {
    const secrets = Object.values(this.#headers).flatMap((value) => [
      value,
      value.replace(/^\w+ /, ''),
    ]);
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  }
}

/** The address of a server, without a slash at its end; null where a text is none that can be used. */
export function readServerAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  // A secret in it would be shown, and one behind it would be lost.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return null;
  return url.href.replace(/\/+$/, '');
}

/** Whether a secret may go to an address: not over a network for anybody to read. */
export function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

async function encodeBody({ json, body }: HttpRequest): Promise<Body | null> {
  if (json !== undefined) {
    return { type: 'application/json', bytes: Buffer.from(JSON.stringify(json)) };
  }
  if (body === undefined) return null;
  if (!(body instanceof FormData)) return { type: null, bytes: body };
  const encoded = new Response(body);
  return {
    type: encoded.headers.get('content-type'),
    bytes: new Uint8Array(await encoded.arrayBuffer()),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  // What is cut off ends as if it were whole where no length was announced.
  if (!response.complete) throw new Error('cut off');
  return Buffer.concat(pieces).toString();
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? '' : `: ${line.slice(0, MOST_SAID)}`;
}

function parseAnswer(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
