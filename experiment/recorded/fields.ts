/** Fields of records: each is declared once, and types and checks of whole records follow from that. */

import type { SchemaObject } from 'ajv';

/** A field of a record: how its value is checked and, for the type checker alone, what it is. */
export interface Field<T> {
  readonly schema: SchemaObject;
  readonly example?: T;
  /** Whether a record may be without it. */
  readonly optional?: true;
}

/** Fields by name, in the order in which a record lists them. */
type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The names of those fields that a record may be without. */
type OptionalName<F extends Fields> = {
  [Name in keyof F]: F[Name] extends { readonly optional: true } ? Name : never;
}[keyof F];

/** The record that has these fields. */
export type RecordOf<F extends Fields> = {
  readonly [Name in Exclude<keyof F, OptionalName<F>>]: ValueOf<F[Name]>;
} & { readonly [Name in OptionalName<F>]?: ValueOf<F[Name]> };

/** Declares a field by the JSON Schema of its values; whoever writes it vouches that it describes `T`. */
export function field<T>(schema: SchemaObject): Field<T> {
  return { schema };
}

/** The JSON Schema of each field. */
export function schemasOf(fields: Fields): Readonly<Record<string, SchemaObject>> {
  return Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));
}

/** The JSON Schema of a record that has at least these fields, but for optional ones. */
export function schemaOf(fields: Fields): SchemaObject {
  const required = Object.keys(fields).filter((name) => fields[name]?.optional !== true);
  return { type: 'object', properties: schemasOf(fields), required };
}
