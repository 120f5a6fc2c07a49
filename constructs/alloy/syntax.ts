/**
 * A writer of Alloy's configuration language: blocks, attributes and values, in the layout of `alloy fmt`
 * (https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/).
 */

/** A reference or a call, written as it is. */
export class Expression {
  public constructor(public readonly text: string) {}
}

export const expression = (text: string): Expression => new Expression(text);

/** An environment variable of the process. */
export const environment = (name: string): Expression => expression(`sys.env(${quoted(name)})`);

export type Value =
  string | number | boolean | Expression | readonly Value[] | { readonly [key: string]: Value };

export interface Block {
  /** Such as `loki.process`. */
  readonly name: string;
  readonly label?: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly blocks: readonly Block[];
}

/** A block without a label. */
export const block = (
  name: string,
  attributes: Block['attributes'] = {},
  blocks: readonly Block[] = [],
): Block => ({ name, attributes, blocks });

/** A block at the top, with the label by which others refer to it. */
export const component = (
  name: string,
  label: string,
  attributes: Block['attributes'] = {},
  blocks: readonly Block[] = [],
): Block => ({ name, label, attributes, blocks });

/** What a component exports, such as the receiver of `loki.write "loki"`. */
export const exportOf = ({ name, label }: Block, what: string): Expression =>
  expression([name, label, what].join('.'));

/** The text of a configuration file. */
export const toAlloy = (blocks: readonly Block[]): string =>
  blocks.map((one) => `${blockLines(one).join('\n')}\n`).join('\n');

function blockLines({ name, label, attributes, blocks }: Block): string[] {
  const head = label === undefined ? name : `${name} ${quoted(label)}`;
  const body = [
    ...pairLines(Object.entries(attributes), ''),
    ...blocks.flatMap((one, index) => [
      ...(index > 0 || Object.keys(attributes).length > 0 ? [''] : []),
      ...blockLines(one),
    ]),
  ];
  return body.length === 0 ? [`${head} { }`] : [`${head} {`, ...body.map(indented), '}'];
}

/**
 * `key = value` on lines of their own. The signs of equality stand below each other, anew after a value of several
 * lines.
 */
function pairLines(pairs: readonly (readonly [string, Value])[], end: string): string[] {
  const written = pairs.map(([key, value]) => ({ key, lines: valueLines(value) }));
  const sections: (typeof written)[] = [[]];
  for (const pair of written) {
    sections.at(-1)?.push(pair);
    if (pair.lines.length > 1) sections.push([]);
  }
  return sections.flatMap((section) => {
    const width = Math.max(...section.map(({ key }) => key.length));
    return section.flatMap(({ key, lines: [first, ...rest] }) => {
      const lines = [`${key.padEnd(width)} = ${first}`, ...rest];
      return [...lines.slice(0, -1), `${lines.at(-1)}${end}`];
    });
  });
}

function valueLines(value: Value): string[] {
  if (value instanceof Expression) return [value.text];
  if (typeof value === 'string') return [quoted(value)];
  if (isArray(value))
    return `[${value.map((one) => valueLines(one).join('\n')).join(', ')}]`.split('\n');
  if (typeof value !== 'object') return [String(value)];
  const pairs = Object.entries(value).map(([key, one]) => [quoted(key), one] as const);
  if (pairs.length === 0) return ['{}'];
  return ['{', ...pairLines(pairs, ',').map(indented), '}'];
}

/** Array.isArray does not know a read-only array. */
const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);

/** A raw string where that spares escapes; escapes are those of JSON, which are among Alloy's. */
function quoted(text: string): string {
  return /["\\]/.test(text) && !/[`\n\r]/.test(text) ? `\`${text}\`` : JSON.stringify(text);
}

const indented = (line: string): string => (line === '' ? line : `\t${line}`);
