/** Amounts of memory as `pipeline.yaml` writes them (`500MB`) → bytes. */

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** Bytes of an amount as `pipeline.yaml` writes it, `500MB`, `1.3GB`; the schema checks its form. */
export function readMemory(amount: string): number {
  return Math.round(Number(amount.slice(0, -2)) * (UNITS[amount.slice(-2)] ?? 0));
}
