/** One value as one word of bash: the plain case of filling a command. */

/** Words that bash takes for its own where a command is expected. */
const RESERVED =
  /^(?:if|then|else|elif|fi|case|esac|for|select|while|until|do|done|in|function|time|coproc)$/;

/**
 * A value as one word of bash: as it is where no character means anything to the shell, else in
 * single quotes, in which none does.
 */
export function quoteArgument(value: string): string {
  if (/^[\w/.@:-]+$/.test(value) && !RESERVED.test(value)) return value;
  return `'${value.replaceAll("'", "'\\''")}'`;
}
