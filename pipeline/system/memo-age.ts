/** The disk: how long memos keep what nothing asks for. */

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_DAYS = 30;

/** A day as memos note it: whole days since the epoch. @param now milliseconds since the epoch */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

/** Whether a row that was last asked for on a day is to be forgotten. */
export function isForgotten(usedOn: number, today: number): boolean {
  return usedOn <= today - KEPT_DAYS;
}

/** Whether a row is to be noted as used today: one that is used all the time is not written each day. */
export function isToBeRenewed(usedOn: number, today: number): boolean {
  return usedOn <= today - KEPT_DAYS / 4;
}
