/** Opens the response of a URL, along its redirects, and says what an error of the network means. */

import { type Dispatcher, request } from 'undici';
import { showUrl } from './sources.ts';
import { SourceFailure, type Transfer } from './transfer.ts';

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Failures before a connection stands, with what they mean. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'its name cannot be resolved, is there a network?',
  ENOTFOUND: 'its name cannot be resolved, is there a network?',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it, is there a network?',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
};

/** What is wrong with the certificate of a server that was reached. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is signed by an authority that is not known here',
};

/** Failures of a connection that stood. */
const BROKEN: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ETIMEDOUT: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection broke',
  UND_ERR_HEADERS_TIMEOUT: 'the server fell silent',
  UND_ERR_BODY_TIMEOUT: 'the server fell silent',
};

/** The headers and the unread body of the last response in a chain of redirects. */
export type Response = Pick<Dispatcher.ResponseData, 'statusCode' | 'statusText' | 'body'> & {
  /** The first value of a header, null where it is absent. `name` is in lower case. */
  readonly header: (name: string) => string | null;
};

/**
 * Sends a GET request and follows redirects. Rejects with a {@link SourceFailure} where there is no
 * response, and with the signal's reason where it is aborted.
 */
export async function openResponse(
  url: URL,
  headers: Readonly<Record<string, string>>,
  transfer: Transfer,
): Promise<Response> {
  let current = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await send(current, headers, transfer);
    const location = response.header('location');
    if (!REDIRECTS.has(response.statusCode) || location === null) return response;
    await response.body.dump();
    current = readRedirect(location, current);
  }
  throw new SourceFailure('refused', `more than ${MAX_REDIRECTS} redirects`);
}

/**
 * Translates an error of the network; the messages of undici and of Node are kept in brackets. An
 * error that is not known counts as `otherwise`.
 */
export function toSourceFailure(
  error: unknown,
  otherwise: 'unreachable' | 'broken',
): SourceFailure {
  const { code, message } = readError(error);
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined) {
    return new SourceFailure('unreachable', `${unreachable} (${message})`);
  }
  const untrusted = UNTRUSTED[code];
  if (untrusted !== undefined) return new SourceFailure('untrusted', `${untrusted} (${message})`);
  const broken = BROKEN[code];
  if (broken !== undefined) return new SourceFailure('broken', `${broken} (${message})`);
  return new SourceFailure(otherwise, `the request failed (${message})`);
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { dispatcher, limits, signal }: Transfer,
): Promise<Response> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization =
    credentials === ':'
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  try {
    const response = await request(url, {
      dispatcher,
      signal,
      // Ranges and checksums count the bytes of the archive itself, not of a coding of it.
      headers: { 'accept-encoding': 'identity', ...authorization, ...headers },
      headersTimeout: limits.idleTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
    });
    const { statusCode, statusText, body } = response;
    const header = (name: string) => {
      const value = response.headers[name];
      return (Array.isArray(value) ? value[0] : value) ?? null;
    };
    return { statusCode, statusText, body, header };
  } catch (error) {
    signal.throwIfAborted();
    throw toSourceFailure(error, 'unreachable');
  }
}

function readRedirect(location: string, base: URL): URL {
  const target = URL.canParse(location, base.href) ? new URL(location, base) : null;
  if (target === null || !/^https?:$/.test(target.protocol)) {
    const found = target === null ? JSON.stringify(location) : showUrl(target);
    throw new SourceFailure('refused', `redirected to ${found}, which is no HTTP address`);
  }
  return target;
}

/** The several attempts on a host with several addresses come as one error without a message. */
function readError(error: unknown): { readonly code: string; readonly message: string } {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return { code: '', message: String(first) };
  const { code } = first as NodeJS.ErrnoException;
  return { code: code ?? '', message: first.message };
}
