/** Values that JSON has, as parameters, summaries and events are. */

/** A JSON value, as parameters are. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };
