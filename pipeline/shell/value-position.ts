/**
 * Where values stand in a command, told by a look: for most commands, without loading the grammar.
 */

/** Where in a command a value stands, and so how it must be put in. */
export type ValuePosition =
  /** A word of a command: it is quoted. */
  | { readonly kind: 'word' }
  /** Backticks and `${…}`, in which quotes do not mean the same everywhere: only plain values. */
  | { readonly kind: 'plain'; readonly inside: string }
  /** Arithmetic, which would compute what a value says: only whole numbers. */
  | { readonly kind: 'number' }
  /** The body of a heredoc, in which bash expands what it holds unless its delimiter is quoted. */
  | {
      readonly kind: 'heredoc';
      readonly expands: boolean;
      readonly delimiter: string;
      readonly stripsTabs: boolean;
    }
  /** A comment, into which nothing is put. */
  | { readonly kind: 'comment' }
  /** The user's own quotes, out of which a quoted value would fall: a mistake. */
  | { readonly kind: 'quotes' }
  /** A mistake for another reason. */
  | { readonly kind: 'unclear'; readonly because: string; readonly hint?: string };

/** A piece of a command line: text for the shell, or null where values go. */
export type ShellText = readonly (string | null)[];

/** Tells for each null of a text where it stands. */
export type ReadPositions = (text: ShellText) => readonly ValuePosition[];

const WORD: ValuePosition = { kind: 'word' };
const HERE = '\uE000';
/** Commands of words, redirections and simple quotes, with every value outside of those. */
const SIMPLE = new RegExp(
  [
    '^(?:',
    '[^\'"`\\\\#<$(\\[]',
    `|'[^'${HERE}]*'`,
    `|"(?:[^"\`\\\\$${HERE}]|\\$\\w+(?![\\w${HERE}]))*"`,
    '|<(?!<)|\\((?!\\()|(?<![\\w\\]])\\[',
    `|\\$(?:\\w+|[?@*#!])(?![\\w${HERE}])`,
    ')*$',
  ].join(''),
);

/**
 * Where values stand in a command that is so simple that a look tells; null where the grammar of bash
 * must be asked.
 */
export function findSimplePositions(text: ShellText): readonly ValuePosition[] | null {
  const values = text.filter((piece) => piece === null);
  if (values.length === 0) return [];
  return SIMPLE.test(text.map((piece) => piece ?? HERE).join('')) ? values.map(() => WORD) : null;
}
