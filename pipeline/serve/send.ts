/** Answers of the server, with the headers that keep a browser from doing anything else with them. */

import type { ServerResponse } from 'node:http';

/** What the page may do: load what this server has, talk to it, nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets what all answers have: kept nowhere, in no frame, their address told to nobody. */
export function setHeaders(response: ServerResponse): void {
  const headers = {
    'cache-control': 'no-store',
    'content-security-policy': PAGE_POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Answers with a text of a type. */
export function sendText(response: ServerResponse, status: number, type: string, text: string) {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}

/** Answers with a value as JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  sendText(response, status, 'application/json', JSON.stringify(value));
}

/** Refuses, with a word why. */
export function sendRefusal(response: ServerResponse, status: number, reason: string): void {
  sendText(response, status, 'text/plain', `${reason}\n`);
}
