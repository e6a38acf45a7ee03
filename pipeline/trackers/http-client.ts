/** Requests to the server of a tracker: JSON in, JSON out, and what went wrong as a fault that says whether it was taken. */

import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { TrackerFault } from './tracker.ts';

/** So long a server may take for an answer. */
const PATIENCE_MS = 30_000;
/** Answers that ask to come again: too many requests, not available now. Nothing was done. */
const BUSY: readonly number[] = [429, 503];
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

/** A server. */
export class HttpClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param base without a slash at its end
   * @param headers with each request, perhaps with a secret, which is shown nowhere
   */
  constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  /** Asks. @throws {TrackerFault} where there is no answer, or none that can be used */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path, query, json, body, allowed = [], signal } = request;
    const what = `${method} ${path}`;
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const sent = json === undefined ? body : JSON.stringify(json);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#base}${path}${search}`, {
        method,
        headers: {
          ...this.#headers,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(sent === undefined ? {} : { body: sent }),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      text = await response.text();
    } catch (error) {
      throw toFault(error, what);
    }
    const { status } = response;
    if (!response.ok && !allowed.includes(status)) {
      throw judge(
        status,
        `${what} was answered with ${status}${quote(this.#hide(text))}`,
        response.headers,
      );
    }
    return { status, json: parseAnswer(text) };
  }

  /** What a server says may repeat what it was sent. */
  #hide(text: string): string {
    const secrets = Object.values(this.#headers).map((value) => value.replace(/^\w+ /, ''));
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

function judge(status: number, message: string, headers: Headers): TrackerFault {
  if (BUSY.includes(status)) {
    const waitMs = readRetryAfter(headers.get('retry-after'));
    return new TrackerFault('busy', message, { isCertain: true, waitMs });
  }
  if (status >= 500) return new TrackerFault('away', message, { isCertain: false });
  return new TrackerFault('refused', message, { isCertain: true });
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function readRetryAfter(text: string | null): number | null {
  if (text === null) return null;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function toFault(error: unknown, what: string): TrackerFault {
  const { cause, message } = error as Error;
  const { code } = Object(cause) as { code?: unknown };
  const reason = typeof code === 'string' ? code : message;
  // Where no connection came about, nothing was sent.
  const isCertain = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(reason);
  return new TrackerFault('away', `${what}: no answer (${reason})`, { isCertain });
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
