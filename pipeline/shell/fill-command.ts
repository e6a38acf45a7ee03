/** Last step of a command: its text and where its values stand → the text that bash is given. */

import { quoteArgument } from './quote-argument.ts';
import type { ValuePosition } from './value-position.ts';

/** A piece of a command line: text for the shell, or values with where they stand. */
export type PositionedPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'values'; readonly values: readonly string[]; readonly place: ValuePosition };

/** A command line with its values in it, or why one cannot be put in. */
export type FilledCommand =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: string };

/** Puts values into a command so that bash takes each for what it is. */
export function fillCommand(pieces: readonly PositionedPiece[]): FilledCommand {
  let text = '';
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === 'text') {
      text += piece.text;
      continue;
    }
    const fault = findFillFault(piece.place, piece.values);
    if (fault !== null) return { ok: false, fault };
    const next = pieces[i + 1];
    text += format(piece.place, piece.values, next?.kind === 'text' ? next.text : '');
  }
  const fault = findBrokenLine(pieces);
  return fault === null ? { ok: true, text } : { ok: false, fault };
}

/** Why values cannot stand at a place, as the end of "… cannot be put in: "; null where they can. */
export function findFillFault(place: ValuePosition, values: readonly string[]): string | null {
  const wrong = (isRight: (value: string) => boolean) => values.find((value) => !isRight(value));
  switch (place.kind) {
    case 'quotes':
      return 'it stands between quotes';
    case 'unclear':
      return place.because;
    case 'word': {
      return wrong((value) => !value.includes('\0')) === undefined
        ? null
        : 'the shell takes no value with a zero character';
    }
    case 'number': {
      const value = wrong((one) => /^-?(?:0|[1-9]\d*)$/.test(one));
      return value === undefined && values.length === 1
        ? null
        : `bash would compute it: in arithmetic only a whole number is put in, not ${JSON.stringify(value ?? values)}`;
    }
    case 'plain': {
      const value = wrong((one) => /^[\w/.@:-]+$/.test(one));
      return value === undefined
        ? null
        : `in ${place.inside} only letters, digits and _ / . @ : - are put in, not ${JSON.stringify(value)}`;
    }
    case 'heredoc': {
      const value = wrong((one) => !/[\n\0]/.test(one));
      return value === undefined
        ? null
        : `a value with a line break cannot stand in a heredoc: ${JSON.stringify(value)}`;
    }
    case 'comment':
      return null;
  }
}

function format(place: ValuePosition, values: readonly string[], next: string): string {
  switch (place.kind) {
    case 'comment':
      return '';
    case 'heredoc':
      return values
        .map((value) => (place.expands ? value.replaceAll(/[\\$`]/g, '\\$&') : value))
        .join(' ');
    case 'number':
      // A sign could make another operator of what stands before it.
      return values.map((value) => (value.startsWith('-') ? `(${value})` : value)).join(' ');
    case 'plain':
      return values.join(' ');
    default:
      // Digits before a redirection are the number of a file.
      return values
        .map((value) => (/^[<>]/.test(next) && /^\d+$/.test(value) ? `'${value}'` : value))
        .map((value, i) => (value === values[i] ? quoteArgument(value) : value))
        .join(' ');
  }
}

/** A line of a heredoc that with its values would end it, or begin with tabs that are taken off. */
function findBrokenLine(pieces: readonly PositionedPiece[]): string | null {
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind !== 'values' || piece.place.kind !== 'heredoc') continue;
    const { delimiter, stripsTabs } = piece.place;
    const before = joinUntilBreak(pieces.slice(0, i).reverse(), true);
    const value = piece.values.join(' ');
    if (stripsTabs && /^\t*$/.test(before) && value.startsWith('\t')) {
      return 'the tabs that it begins with would be taken off by <<-';
    }
    const line = before + value + joinUntilBreak(pieces.slice(i + 1), false);
    if ((stripsTabs ? line.replace(/^\t+/, '') : line) !== delimiter) continue;
    return `it makes the line ${JSON.stringify(delimiter)}, which ends the heredoc`;
  }
  return null;
}

/** The rest of a line, before or behind a value. */
function joinUntilBreak(pieces: readonly PositionedPiece[], backward: boolean): string {
  let line = '';
  for (const piece of pieces) {
    const text = piece.kind === 'text' ? piece.text : piece.values.join(' ');
    const at = backward ? text.lastIndexOf('\n') : text.indexOf('\n');
    const part = at === -1 ? text : backward ? text.slice(at + 1) : text.slice(0, at);
    line = backward ? part + line : line + part;
    if (at !== -1) break;
  }
  return line;
}
