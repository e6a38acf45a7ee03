import type { Piece } from './interpolate.ts';

/** What of bash's syntax decides whether a character is quoted. */
type Context =
  /** Commands: at the top, in `$( … )` and `( … )`, in backticks. */
  | 'command'
  | 'backticks'
  /** `' … '`, `$' … '` and `" … "`. */
  | 'single'
  | 'ansi'
  | 'double';

/**
 * The variables of a command line that stand between quotes. Values are put in as quoted arguments;
 * between the user's own quotes they would fall out of theirs, and the shell would run what a value
 * says. A variable in `"$( … )"` stands in a command again and is right.
 *
 * @returns dotted names, in order
 */
export function findQuotedVariables(pieces: readonly Piece[]): string[] {
  const contexts: Context[] = ['command'];
  const quoted: string[] = [];
  for (const piece of pieces) {
    const context = contexts.at(-1) ?? 'command';
    if (piece.kind === 'text') scanText(piece.text, contexts);
    else if (context !== 'command' && context !== 'backticks') quoted.push(piece.path.join('.'));
  }
  return quoted;
}

/** Follows a text of bash, leaving in `contexts` where its end is, innermost last. */
function scanText(text: string, contexts: Context[]): void {
  for (let i = 0; i < text.length; i++) {
    const context = contexts.at(-1) ?? 'command';
    const char = text[i];
    if (char === '\\' && context !== 'single') i++;
    else if (context === 'single' || context === 'ansi') {
      if (char === "'") contexts.pop();
    } else if (char === '"') {
      if (context === 'double') contexts.pop();
      else contexts.push('double');
    } else if (char === '`') {
      if (context === 'backticks') contexts.pop();
      else contexts.push('backticks');
    } else if (char === '$' && text[i + 1] === '(') {
      contexts.push('command');
      i++;
    } else if (context !== 'double') i = scanCommand(text, i, contexts);
  }
}

/** One character outside all quotes. @returns the place of the last character that was read */
function scanCommand(text: string, i: number, contexts: Context[]): number {
  const char = text[i];
  if (char === "'") contexts.push(text[i - 1] === '$' ? 'ansi' : 'single');
  else if (char === '(') contexts.push('command');
  else if (char === ')' && contexts.length > 1) contexts.pop();
  else if (char === '#' && /^$|[\s;&|(]/.test(text[i - 1] ?? '')) {
    const end = text.indexOf('\n', i);
    return end === -1 ? text.length : end;
  }
  return i;
}
