/** The fact of a machine on which no GPU is found. */

/** What the fact `adapter` says there, in a fingerprint and to a stage. */
export const NO_ADAPTER = 'none';
