/** Python, read: literals → the values that they have, however they are written. */

const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

const ESCAPE =
  /\\(?:\r\n|N\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])/g;

/**
 * What the inside of a literal stands for.
 *
 * @param prefix its letters: `rb`, `F`
 */
export function decodeString(prefix: string, inside: string): string {
  const text = inside.replaceAll(/\r\n?/g, '\n');
  if (/r/i.test(prefix)) return text;
  const isBytes = /b/i.test(prefix);
  return text.replaceAll(ESCAPE, (whole) => {
    const rest = whole.slice(1);
    const simple = SIMPLE[rest];
    if (simple !== undefined) return simple;
    if (/^[0-7]/.test(rest)) return String.fromCharCode(Number.parseInt(rest, 8));
    if (/^x./.test(rest)) return String.fromCharCode(Number.parseInt(rest.slice(1), 16));
    if (!isBytes && /^[uU]./.test(rest)) return fromCodePoint(Number.parseInt(rest.slice(1), 16));
    // Of a character by its name the name stands for it: two ways to write it are two values.
    return whole;
  });
}

function fromCodePoint(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : `\\U${code.toString(16)}`;
}

/** A number as all that are equal to it are written: `0xFF` and `255`, `1_0.0` and `10.`. */
export function normalizeNumber(text: string): string {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (/^(?:0x[\da-f]+|0o[0-7]+|0b[01]+|\d+)$/.test(plain)) {
    return /^0\d*[1-9]/.test(plain) ? plain : String(BigInt(plain));
  }
  const [, digits = '', unit = ''] = /^([\d.e+-]+)(j?)$/.exec(plain) ?? [];
  return digits === '' ? plain : `${Number(digits)}${unit === '' ? 'f' : 'j'}`;
}
