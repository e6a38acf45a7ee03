/** Keys, tokens and passwords of the environment, before they are sent anywhere. */

import { TrackerFault } from '../trackers/tracker.ts';

/** What a header can carry as it is. */
const TOKEN = /^[\x21-\x7e]+$/;
/** What is encoded first may have letters of any script and blanks, but no line break. */
const WORDS = /^\P{Cc}+$/u;

/**
 * Reads a secret, without the blanks and line breaks that copying leaves around it.
 *
 * @param isEncoded it is not sent as it is
 * @returns null where there is none
 * @throws {TrackerFault} for one that cannot be sent, whose variable it names; the secret is in no message
 */
export function readSecret(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
  isEncoded = false,
): string | null {
  const secret = environment[variable]?.trim() ?? '';
  if (secret === '') return null;
  if ((isEncoded ? WORDS : TOKEN).test(secret)) return secret;
  const what = isEncoded
    ? 'a line break or another control character'
    : 'a blank, a line break or a letter beyond ASCII';
  throw new TrackerFault('refused', `${variable} has ${what} in it, and cannot be sent`, {
    isCertain: true,
  });
}
