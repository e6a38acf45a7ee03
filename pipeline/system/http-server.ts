/** Speaking to an HTTP server by its address: over TLS or not. */

import { Agent, type AgentOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';

/** Connections to a server that are kept and used again. */
export function makeAgent({ protocol }: URL, options: Omit<AgentOptions, 'keepAlive'>): Agent {
  const Kind = protocol === 'https:' ? SecureAgent : Agent;
  return new Kind({ ...options, keepAlive: true });
}

/** Node's function for requests to a server. */
export function requesterOf({ protocol }: URL): typeof httpRequest {
  return protocol === 'https:' ? httpsRequest : httpRequest;
}

/** Where a server is, as the options of a request have it. */
export function placeOf({ hostname, port, protocol }: URL) {
  // An IPv6 address has brackets in a URL, and none for a socket.
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? undefined : port, protocol };
}
