/**
 * The quick look before the exact comparison: one regular expression over the last step of a path.
 */

/**
 * Makes a quick look at the last step of a path: false where none of some gitignore patterns can
 * match the path, whatever stands before; true where one may.
 */
export function makeNameTest(patterns: readonly string[]): (path: string) => boolean {
  const positive = patterns.filter((pattern) => !pattern.startsWith('!')).map(nameOf);
  const expressions = positive.flatMap((glob) => (glob === null ? [] : [toExpression(glob)]));
  const ends = positive.map((glob) => (glob === null ? null : endOf(glob)));
  if (ends.includes(null)) return () => true;
  const [first, last] = [new Uint8Array(ASCII), new Uint8Array(ASCII)];
  for (const end of ends) {
    if (end !== null) (end.isFirst ? first : last)[end.code] = 1;
  }
  const expression = new RegExp(`^(?:${expressions.join('|')})$`, 's');
  return (path) => {
    const from = path.lastIndexOf('/') + 1;
    const [opens, closes] = [path.charCodeAt(from), path.charCodeAt(path.length - 1)];
    // A folder may hold a hundred thousand names, of which hardly one comes further.
    const isPlain = opens < ASCII && closes < ASCII && first[opens] === 0 && last[closes] === 0;
    return !isPlain && expression.test(path.slice(from));
  };
}

const ASCII = 128;

/**
 * A character that a name must begin or end with to match a glob; null where there is none, or none
 * that can be told so simply.
 */
function endOf(glob: string): { readonly isFirst: boolean; readonly code: number } | null {
  const [, opens] = /^\\?([^*?[\\])/.exec(glob) ?? [];
  const [, closes] = /([^*?\]\\])$/.exec(glob) ?? [];
  const code = (opens ?? closes)?.charCodeAt(0);
  return code === undefined || code >= ASCII ? null : { isFirst: opens !== undefined, code };
}

const SLASH_IN_SET = /\[[^\]]*\//;

/** The last step of a pattern; null where any name may match it. */
function nameOf(pattern: string): string | null {
  const name = pattern.replace(/\/$/, '').split('/').at(-1) ?? '';
  // Blanks at the end do not count, but where they are quoted.
  const isPlain = !/^\*+$|\s$/.test(name) && !SLASH_IN_SET.test(pattern);
  return isPlain ? name : null;
}

/** A glob as a regular expression that matches no less. */
function toExpression(glob: string): string {
  return glob.replace(/\\(.)|\[.*|\*+|\?|./gs, (token, quoted: string | undefined) => {
    if (quoted !== undefined) return quote(quoted);
    // What a bracket stands for, and all behind it, is left to who reads patterns in full.
    if (token.startsWith('[') || token.startsWith('*')) return '.*';
    return token === '?' ? '.' : quote(token);
  });
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
