/**
 * A value as one word of bash: as it is where no character means anything to the shell, else in
 * single quotes, in which none does.
 */
export function quoteArgument(value: string): string {
  if (/^[\w/.@:-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", "'\\''")}'`;
}
