/** A small part of JSON Schema: what the editor is given and what the files are read with are the same value. */
import { KolmoError } from '../core/error';
import { isWithin, rangeText, type Range } from './range';

export type Schema = { description?: string; default?: unknown } & (
  | TextSchema
  | NumberSchema
  | { type: 'boolean' }
  | { type: 'array'; items: Schema; minItems?: number }
  | ObjectSchema
  /** A value, or an array of such values. */
  | { anyOf: [Schema, Schema & { type: 'array' }] }
);

interface TextSchema {
  type: 'string';
  enum?: readonly string[];
  minLength?: number;
}

interface NumberSchema extends Omit<Range, 'integer'> {
  type: 'number' | 'integer';
}

/** One number or one word, which a flag can say as well as a file. */
export type WordSchema = { description: string; default: number | string } & (
  TextSchema | NumberSchema
);

export interface ObjectSchema {
  type: 'object';
  properties: Record<string, Schema>;
  required?: string[];
  additionalProperties?: false;
  /** Further properties that depend on the value of one of them. */
  allOf?: { if: Condition; then: ObjectSchema }[];
}

interface Condition {
  properties: Record<string, { const: string }>;
  required: string[];
}

/** The schema of an object that is described by its property `key`: one row for each value that it may have. */
export function casesOf(
  key: string,
  cases: Record<string, Record<string, Schema>>,
  description: string,
): Schema {
  return {
    type: 'object',
    description,
    properties: { [key]: { type: 'string', enum: Object.keys(cases) } },
    required: [key],
    allOf: Object.entries(cases).map(([value, properties]) => ({
      if: { properties: { [key]: { const: value } }, required: [key] },
      then: {
        type: 'object',
        properties: { [key]: { type: 'string' }, ...properties },
        additionalProperties: false,
      },
    })),
  };
}

/** `schema`, or a row of such values. */
export const oneOrMore = (schema: Schema): Schema => ({
  ...(schema.description !== undefined && { description: schema.description }),
  anyOf: [schema, { type: 'array', items: schema, minItems: 1 }],
});

/**
 * Reads a JSON file that must follow a schema.
 * @param file what errors call the file
 * @throws KolmoError that names the field, what it may be and what it is
 */
export function parseFile(text: string, schema: Schema, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Node quotes the text with its line ends.
    const reason = (error as Error).message.replace(/\s+/g, ' ');
    throw new KolmoError(`${file} is not JSON: ${reason}.`);
  }
  const problem = problemOf(value, schema, '');
  if (problem !== undefined) throw new KolmoError(`${file}: ${problem}`);
  return value;
}

/** The first thing that is wrong with a value, as a sentence. */
function problemOf(value: unknown, schema: Schema, at: string): string | undefined {
  if ('anyOf' in schema) {
    const [one, many] = schema.anyOf;
    return problemOf(value, Array.isArray(value) ? many : one, at);
  }
  const wrong = (expected: string): string =>
    `${at || 'the file'} must be ${expected}, not ${JSON.stringify(value)}.`;
  switch (schema.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'string': {
      if (schema.enum && !schema.enum.includes(value as string)) {
        return wrong(`one of ${schema.enum.join(', ')}`);
      }
      const long = typeof value === 'string' && value.length >= (schema.minLength ?? 0);
      return long ? undefined : wrong(schema.minLength ? 'a text that is not empty' : 'a text');
    }
    case 'number':
    case 'integer': {
      const range = { ...schema, integer: schema.type === 'integer' };
      const fits = typeof value === 'number' && isWithin(value, range);
      return fits ? undefined : wrong(rangeText(range));
    }
    case 'array': {
      if (!Array.isArray(value)) return wrong('an array');
      if (value.length < (schema.minItems ?? 0)) return wrong('an array that is not empty');
      return first(value, (item, i) => problemOf(item, schema.items, `${at}[${i}]`));
    }
    case 'object': {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? objectProblem(value as Fields, schema, at) : wrong('an object');
    }
    default:
      return schema satisfies never;
  }
}

type Fields = Record<string, unknown>;

function objectProblem(value: Fields, schema: ObjectSchema, at: string): string | undefined {
  const { properties, required = [], additionalProperties, allOf = [] } = schema;
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at || 'the file'} has no ${missing}, which it needs.`;
  const path = (name: string): string => (at === '' ? name : `${at}.${name}`);
  return (
    first(Object.entries(value), ([name, each]) => {
      if (Object.hasOwn(properties, name)) return problemOf(each, properties[name], path(name));
      if (additionalProperties !== false) return undefined;
      return `${path(name)} is not known here: choose among ${Object.keys(properties).join(', ')}.`;
    }) ??
    first(
      allOf.filter(({ if: { properties: wanted } }) =>
        Object.entries(wanted).every(([name, { const: constant }]) => value[name] === constant),
      ),
      ({ then }) => objectProblem(value, then, at),
    )
  );
}

function first<T>(
  items: T[],
  problem: (item: T, i: number) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = problem(item, i);
    if (found !== undefined) return found;
  }
  return undefined;
}
