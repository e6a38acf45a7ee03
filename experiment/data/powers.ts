/** Numbers by powers of ten, as people write them: 9.7 × 10⁻¹⁰. */

const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A positive number in two digits: `9.7 × 10⁻¹⁰`, and `0.99` where it is from a thousandth up to a hundred.
 * A zero is `0`.
 */
export function wordPower(value: number): string {
  if (value === 0) return '0';
  if (value >= 0.001 && value < 99.5) return value.toPrecision(2);
  const [digits = '', exponent = ''] = value.toExponential(1).split('e');
  return `${digits} × ${raiseTen(Number(exponent))}`;
}

/** `10⁻⁵`. */
function raiseTen(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => DIGITS[Number(digit)]);
  return `10${exponent < 0 ? '⁻' : ''}${digits.join('')}`;
}

/** Labels of a logarithmic axis with ticks at powers of ten, as an expression of Vega's. */
export const POWER_LABELS = (() => {
  const exponent = 'round(log(datum.value) / LN10)';
  const digit = (number: string) => `substring('${DIGITS}', ${number}, ${number} + 1)`;
  const tens = `(abs(${exponent}) > 9 ? ${digit(`floor(abs(${exponent}) / 10)`)} : '')`;
  const sign = `(${exponent} < 0 ? '⁻' : '')`;
  return `datum.value === 1 ? '1' : '10' + ${sign} + ${tens} + ${digit(`abs(${exponent}) % 10`)}`;
})();
