/** Fields of records: each is declared once, and types and checks of whole records follow from that. */

import type { SchemaObject } from 'ajv';

/** A field of a record: how its value is checked and, for the type checker alone, what it is. */
export interface Field<T> {
  readonly schema: SchemaObject;
  readonly example?: T;
}

/** Fields by name, in the order in which a record lists them. */
type Fields = Readonly<Record<string, Field<unknown>>>;

/** The record that has these fields. */
export type RecordOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never;
};

/** Declares a field by the JSON Schema of its values; whoever writes it vouches that it describes `T`. */
export function field<T>(schema: SchemaObject): Field<T> {
  return { schema };
}

/** The JSON Schema of each field. */
export function schemasOf(fields: Fields): Readonly<Record<string, SchemaObject>> {
  return Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));
}

/** The JSON Schema of a record that has at least these fields. */
export function schemaOf(fields: Fields): SchemaObject {
  return { type: 'object', properties: schemasOf(fields), required: Object.keys(fields) };
}
