/**
 * Makes a quick look at the last step of a path: false where none of some gitignore patterns can
 * match the path, whatever stands before; true where one may.
 */
export function makeNameTest(patterns: readonly string[]): (name: string) => boolean {
  const positive = patterns.filter((pattern) => !pattern.startsWith('!')).map(nameOf);
  if (positive.includes(null)) return () => true;
  const exact = new Set<string>();
  const wild: string[] = [];
  for (const glob of positive) {
    if (glob === null) continue;
    if (/[*?\\[]/.test(glob)) wild.push(toExpression(glob));
    else exact.add(glob);
  }
  const expression = new RegExp(`^(?:${wild.join('|')})$`, 's');
  return (name) => exact.has(name) || (wild.length > 0 && expression.test(name));
}

/** The last step of a pattern; null where any name may match it. */
function nameOf(pattern: string): string | null {
  const name = pattern.replace(/\/$/, '').split('/').at(-1) ?? '';
  // Blanks at the end do not count, but where they are quoted.
  const isPlain = !/^\*+$|\s$/.test(name);
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
