/** Values that cannot stand where a command has them → words for the user. */

import type { Diagnostic, Location } from '../pipeline-file/diagnostic.ts';
import type { ValuePosition } from '../shell/value-position.ts';

/** The mistake of a variable where no value can stand. */
export function describePlace(
  place: ValuePosition,
  name: string,
  stage: string,
  location: Location,
): Diagnostic | null {
  if (place.kind === 'quotes') {
    return {
      code: 'template-error',
      message: `"{{ ${name} }}" stands between quotes in the command of stage "${stage}"`,
      location,
      expected: 'variables outside quotes: each value is quoted when it is put in',
      hint: `take {{ ${name} }} out of the quotes, as in --title="run "{{ ${name} }}`,
    };
  }
  if (place.kind !== 'unclear') return null;
  return {
    code: 'template-error',
    message: `"{{ ${name} }}" cannot be put into the command of stage "${stage}": ${place.because}`,
    location,
    expected: 'a word of a command, or the body of a heredoc',
    ...(place.hint === undefined ? {} : { hint: place.hint }),
  };
}

/** The mistake of a value that cannot stand where it would. @param fault why */
export function describeValue(
  fault: string,
  place: ValuePosition,
  name: string,
  stage: string,
  location: Location,
): Diagnostic {
  return {
    code: 'template-error',
    message: `"{{ ${name} }}" cannot be put into the command of stage "${stage}": ${fault}`,
    location,
    expected: 'a value that bash takes for what it is',
    hint:
      place.kind === 'number'
        ? `let a program compute, as in awk -v x={{ ${name} }} 'BEGIN { print x * 2 }'`
        : `give it to a variable first, and use that: ${name.replaceAll('.', '_')}={{ ${name} }}`,
  };
}
