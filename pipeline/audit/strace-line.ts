/** One line of strace → a system call. */

/** A system call that came back, as a line of strace tells it. */
export interface SystemCall {
  readonly name: string;
  readonly args: readonly CallArgument[];
  /** Null where the call failed or told nothing; else what it returned. */
  readonly result: number | null;
  /** It failed because nothing is at the path. */
  readonly isMiss: boolean;
}

/** An argument: its text as printed and, where it has them, what it stands for. */
export interface CallArgument {
  readonly text: string;
  /** The text of a string. */
  readonly string: string | null;
  /** The path of a descriptor, or of the current folder that `AT_FDCWD` stands for (`strace -y`). */
  readonly path: string | null;
}

const OPENING = '([{';
const CLOSING = ')]}';
const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, v: 11, f: 12, r: 13 };
const BACKSLASH = 92;

/**
 * Reads a whole call, `openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>`.
 *
 * @returns null where the text is none, such as a signal or what was cut off
 */
export function parseCall(text: string): SystemCall | null {
  const [head, name] = /^([a-z_][a-z0-9_]*)\(/.exec(text) ?? [];
  if (head === undefined || name === undefined) return null;
  const args: CallArgument[] = [];
  let depth = 0;
  let start = head.length;
  for (let at = head.length; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === '"') {
      at = endOfString(text, at);
      if (at === -1) return null;
      continue;
    }
    if (character === '<' && /\d|D/.test(text[at - 1] ?? '')) {
      // Such a path holds no `>` of its own: strace escapes it.
      at = text.indexOf('>', at) + 1;
      if (at === 0) return null;
      continue;
    }
    if (depth === 0 && (character === ',' || character === ')')) {
      const argument = text.slice(start, at).trim();
      if (argument !== '' || args.length > 0) args.push(parseArgument(argument));
      start = at + 1;
      if (character === ')') {
        const end = text.slice(start);
        const isMiss = /^\s*= -1 (?:ENOENT|ENOTDIR)\b/.test(end);
        return { name, args, result: parseResult(end), isMiss };
      }
    } else if (OPENING.includes(character)) depth += 1;
    else if (CLOSING.includes(character)) depth -= 1;
    at += 1;
  }
  return null;
}

/** Where a string that begins here ends; -1 where it does not. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

function parseArgument(text: string): CallArgument {
  if (text.startsWith('"')) {
    const end = endOfString(text, 0);
    // What follows the quotes of a string that strace has shortened.
    const whole = end === text.length;
    return { text, string: whole ? decodeString(text.slice(1, -1)) : null, path: null };
  }
  const [, path] = /^(?:-?\d+|AT_FDCWD)<([^>]*)>/.exec(text) ?? [];
  return { text, string: null, path: path === undefined ? null : decodeString(path) };
}

function parseResult(text: string): number | null {
  const [, value] = /^\s*= (0x[0-9a-f]+|\d+)/.exec(text) ?? [];
  return value === undefined ? null : Number(value);
}

/** What a C string means: bytes, taken for UTF-8. */
function decodeString(text: string): string {
  if (!text.includes('\\')) return text;
  const source = Buffer.from(text);
  const bytes: number[] = [];
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    if (byte !== BACKSLASH) {
      bytes.push(byte);
      continue;
    }
    const rest = source.toString('latin1', at + 1, at + 4);
    const [octal] = /^[0-7]{1,3}/.exec(rest) ?? [];
    if (octal === undefined) {
      bytes.push(ESCAPES[rest[0] ?? ''] ?? rest.charCodeAt(0));
      at += 1;
    } else {
      bytes.push(Number.parseInt(octal, 8));
      at += octal.length;
    }
  }
  return Buffer.from(bytes).toString();
}
