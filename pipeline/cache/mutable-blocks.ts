/**
 * Keys of a YAML output that users may edit: taken out before comparing, put back when replacing.
 */

/** A text with its mutable blocks taken out, and those blocks. */
export interface SplitText {
  /** What is hashed and compared. */
  readonly fixed: string;
  /** The blocks in their order, as they stood; empty where there are none. */
  readonly blocks: string;
}

/**
 * Takes the blocks of some top-level keys out of a YAML text: from the line of the key to the next
 * line that begins at the margin. The rest keeps its bytes.
 */
export function splitBlocks(text: string, keys: readonly string[]): SplitText {
  let fixed = '';
  let blocks = '';
  let inBlock = false;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (/^[^\s]/.test(line)) inBlock = keys.some((key) => line.startsWith(`${key}:`));
    if (inBlock) blocks += line;
    else fixed += line;
  }
  return { fixed, blocks };
}

/** Puts blocks back, at the end, where {@link splitBlocks} finds them again. */
export function joinBlocks({ fixed, blocks }: SplitText): string {
  return blocks === '' || fixed === '' || fixed.endsWith('\n')
    ? fixed + blocks
    : `${fixed}\n${blocks}`;
}
