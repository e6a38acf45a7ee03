/** Numbers whose text would not come back, such as `007` and `3.10`. */

/** Whose number it is: a person's text is kept to the letter, a program may pad what it writes. */
export type NumberWriter = 'person' | 'program';

/** Why a number is not what was typed. */
export interface LostText {
  readonly message: string;
  readonly expected: string;
}

/**
 * What is lost of a number's text when it is read: commands, paths and names get the number in its
 * shortest form, so that `007` would become 7 and the version 3.10 the version 3.1. Null where it
 * reads back as the same number: as it stands, with an exponent (`1e-3`), or as `1.0`, `.5` or `5.`.
 *
 * @param source the number as it was typed
 */
export function findLostText(source: string, value: number, writer: NumberWriter): LostText | null {
  const seen = String(value);
  if (source === seen) return null;
  const quoted = `"${source}" in quotes, where it is a text`;
  const both = `${seen}, as it would be seen, or ${quoted}`;
  const becomes = (why: string): LostText => ({
    message: `${source} would be seen as ${seen}: ${why}`,
    expected: both,
  });
  if (!Number.isFinite(value)) {
    return { message: `${source} cannot be a value`, expected: `a finite number, or ${quoted}` };
  }
  if (/^[-+]?0\d/.test(source)) return becomes('a number has no zeros in front');
  if (/^[-+]?0[xo]/i.test(source)) return becomes('numbers are decimal');
  if (value === 0 && /^[-+.0]*[1-9]/.test(source)) return becomes('it is too small for a number');
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && /^[-+]?\d+\.?\d*$/.test(source)) {
    return {
      message: `${source} would be rounded to ${BigInt(value)}: it has more digits than a number keeps`,
      expected: quoted,
    };
  }
  if (writer === 'program') return null;
  if (/\.(?!0$)\d*0$/.test(source)) return becomes('a number has no zeros at its end');
  if (/^\d{4,}e\d+$/i.test(source)) return becomes('the e is read as an exponent');
  if (source.startsWith('+')) return becomes('a number has no plus sign');
  if (Object.is(value, -0))
    return { ...becomes('a zero has no sign'), expected: `0, or ${quoted}` };
  return null;
}
