import { z } from 'zod';
import { defaultResources, settingsSchema, upstreamImages } from '../constructs/settings';

/** A field of `vigil.config.ts`, as the schema describes it. */
export interface SettingsField {
  /** Such as `prometheus.remoteWrite[].url` or `images.<name>`. */
  readonly path: string;
  readonly description: string;
  /** Unit and form of the value. */
  readonly allowed: string;
  /** As it would be written in the file, or in words where the program finds it by itself. */
  readonly fallback: string;
  /** Whether the schema itself holds the default, so that `vigil.config.ts` can show it. */
  readonly hasDefault: boolean;
}

/** The part of a JSON Schema that the settings use. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly allowed?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly propertyNames?: { readonly enum?: readonly string[] } & JsonSchema;
  readonly additionalProperties?: JsonSchema | false;
}

/** Every field that holds a value, in the order of the schema. */
export function settingsFields(): SettingsField[] {
  return fieldsOf('', z.toJSONSchema(settingsSchema, { io: 'input' }) as JsonSchema, true);
}

function fieldsOf(path: string, schema: JsonSchema, required: boolean): SettingsField[] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, child]) =>
      fieldsOf(path ? `${path}.${name}` : name, child, schema.required?.includes(name) ?? false),
    );
  }
  const below = [
    ...(schema.items?.properties ? fieldsOf(`${path}[]`, schema.items, true) : []),
    ...(schema.additionalProperties && schema.additionalProperties.properties
      ? fieldsOf(`${path}.<name>`, schema.additionalProperties, true)
      : []),
  ];
  return [fieldOf(path, schema, required), ...below];
}

function fieldOf(path: string, schema: JsonSchema, required: boolean): SettingsField {
  const [description = '', inWords] = (schema.description ?? '').split(' Default: ');
  const hasDefault = schema.default !== undefined;
  return {
    path,
    description,
    allowed: allowedBy(schema),
    fallback: hasDefault
      ? written(schema.default)
      : (inWords?.replace(/\.$/, '') ?? (required ? 'required' : 'none')),
    hasDefault,
  };
}

function written(value: unknown): string {
  const text = JSON.stringify(value).replaceAll('"', "'");
  return text === '{}' || text === '[]' ? 'none' : `\`${text.replaceAll(',', ', ')}\``;
}

function allowedBy(schema: JsonSchema): string {
  const { type, allowed, minimum, maximum, items, additionalProperties } = schema;
  if (allowed) return allowed;
  if (type === 'array')
    return items?.properties ? 'a list' : `a list of: ${allowedBy(items ?? {})}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'integer') return `a whole number, ${minimum} to ${maximum}`;
  if (type === 'object' && additionalProperties) return namesAndValues(schema);
  return 'text';
}

function namesAndValues({ propertyNames, additionalProperties }: JsonSchema): string {
  const names = propertyNames?.enum
    ? propertyNames.enum.map((name) => `\`${name}\``).join(', ')
    : (propertyNames?.allowed ?? 'any');
  const values = additionalProperties && !additionalProperties.properties;
  return `names: ${names}${values ? `; values: ${allowedBy(additionalProperties)}` : ''}`;
}

/** The page of all settings, in Markdown. */
export function settingsPage(): string {
  const rows = settingsFields().map(
    ({ path, description, allowed, fallback }) =>
      `| \`${path}\` | ${description} | ${allowed} | ${fallback} |`,
  );
  return `<!-- Written by \`npm run docs\` from constructs/settings/schema.ts. -->

# Settings

\`vigil.config.ts\` is the one file to edit. A mistake in it is refused with its path, what was found and what is allowed;
the exit code is 2 then, and \`dist/\` stays as it was. \`VIGIL_CONFIG\` names another file.

| setting | meaning | allowed | default |
|---|---|---|---|
${rows.join('\n')}

## Images

Our own services are built from \`services/\` and tagged with a hash of their sources.

| name | default |
|---|---|
${Object.entries(upstreamImages)
  .map(([name, image]) => `| \`${name}\` | \`${image}\` |`)
  .join('\n')}

## Resources

| name | cpu | memory | memoryLimit |
|---|---|---|---|
${Object.entries(defaultResources)
  .map(
    ([name, { cpu, memory, memoryLimit }]) =>
      `| \`${name}\` | ${cpu} | ${memory} | ${memoryLimit} |`,
  )
  .join('\n')}
`;
}
