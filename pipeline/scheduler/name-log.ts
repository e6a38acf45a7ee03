import { fitName } from '../system/fit-name.ts';

/** The name of the log of an attempt at a node, from 1, or of its being made again: each keeps its own. */
export function nameLog(node: string, attempt: number | 'recheck'): string {
  const name = fitName(node);
  if (attempt === 'recheck') return `${name}.recheck.log`;
  return attempt === 1 ? `${name}.log` : `${name}.attempt-${attempt}.log`;
}
