import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { settingsSchema } from './schema';

/** A mistake in the settings; the message is complete and meant for the person who made it. */
export class SettingsError extends Error {
  public override readonly name = 'SettingsError';
}

/** One line for each issue: path, what was found, what is allowed, and the nearest valid name. */
export function describeIssues(
  file: string,
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): string {
  return issues
    .flatMap((issue) => describe(issue, input))
    .map((line) => `${file}: ${line}`)
    .join('\n');
}

function describe(issue: z.core.$ZodIssue, input: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(issue.path);
    return issue.keys.map((key) => unknownName([...issue.path, key], 'setting', key, allowed));
  }
  if (issue.code === 'invalid_key') {
    const allowed = issue.issues.map(({ message }) => message).join(', ');
    return [
      `${pathOf(issue.path)}: found the name '${String(issue.path.at(-1))}', allowed: ${allowed}`,
    ];
  }
  return [
    `${pathOf(issue.path)}: found ${show(valueAt(input, issue.path))}, allowed: ${allowedBy(issue)}`,
  ];
}

function unknownName(
  path: readonly PropertyKey[],
  what: string,
  key: string,
  allowed: string[],
): string {
  const near = allowed.length > 0 ? closest(key, allowed) : undefined;
  const hint =
    near && distance(key, near) <= Math.max(3, key.length / 2) ? `did you mean '${near}'? ` : '';
  return `${pathOf(path)}: unknown ${what} '${key}'; ${hint}allowed: ${allowed.join(', ')}`;
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `${String(issue.minimum)}${issue.origin === 'array' ? ' entry' : ''} at least`;
    case 'too_big':
      return `${String(issue.maximum)} at most`;
    case 'invalid_type':
      // A message of the schema's own says more than the type does.
      return issue.message.startsWith('Invalid input') ? typeName(issue.expected) : issue.message;
    case 'invalid_value':
      return issue.values.map(String).join(', ');
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const typeName = (type: string): string => TYPE_NAMES[type] ?? `a ${type}`;

const pathOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? '(the whole file)'
    : path
        .map(String)
        .join('.')
        .replaceAll(/\.(\d+)/g, '[$1]');

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    input,
  );
}

/** Names that the schema knows at a path, of fields or of keys, unwrapping defaults and optionals on the way. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = settingsSchema;
  for (const key of path) schema = childOf(unwrap(schema), key);
  const node = unwrap(schema);
  return node?.shape ? Object.keys(node.shape) : (node?.keyType?.options ?? []).map(String);
}

interface SchemaNode {
  readonly shape?: Record<string, unknown>;
  readonly element?: unknown;
  readonly keyType?: { readonly options?: readonly unknown[] };
  readonly valueType?: unknown;
  readonly def?: { readonly innerType?: unknown };
}

function unwrap(schema: unknown): SchemaNode | undefined {
  let node = schema as SchemaNode | undefined;
  while (node?.def?.innerType) node = node.def.innerType;
  return node;
}

const childOf = (node: SchemaNode | undefined, key: PropertyKey): unknown =>
  node?.shape?.[String(key)] ?? node?.element ?? node?.valueType;
