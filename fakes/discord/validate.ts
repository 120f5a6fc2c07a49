import type {
  APIEmbed,
  RESTPostAPIWebhookWithTokenJSONBody as WebhookPayload,
} from 'discord-api-types/v10';
import { MESSAGE_LIMITS } from './limits';
import { type Path, Problems } from './problems';

type Members = Readonly<Record<string, unknown>>;

/** A text's length as the limits count it. */
const lengthOf = (text: unknown): number => (typeof text === 'string' ? text.trim().length : 0);
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a payload has nothing to show; Discord refuses it with code 50006. */
export function isEmpty({ content, embeds = [] }: WebhookPayload): boolean {
  return lengthOf(content) === 0 && !embeds.some(showsSomething);
}

/** Compares a payload with all that Discord demands of one. Lengths are inclusive. */
export function validate(payload: unknown): Problems {
  const problems = new Problems();
  if (!isMembers(payload)) {
    problems.add(['_misc'], 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType');
    return problems;
  }
  const check = new Checker(problems);
  check.text(['content'], payload.content, MESSAGE_LIMITS.content);
  check.username(payload.username);
  check.embeds(payload.embeds);
  check.allowedMentions(payload.allowed_mentions);
  return problems;
}

/** Characters that count towards the sum over all embeds. */
function sizeOf(embed: Members): number {
  const fields = Array.isArray(embed.fields) ? embed.fields.filter(isMembers) : [];
  const texts = [
    embed.title,
    embed.description,
    isMembers(embed.footer) ? embed.footer.text : undefined,
    isMembers(embed.author) ? embed.author.name : undefined,
    ...fields.flatMap(({ name, value }) => [name, value]),
  ];
  return texts.reduce<number>((sum, text) => sum + lengthOf(text), 0);
}

function showsSomething(embed: APIEmbed): boolean {
  return sizeOf({ ...embed }) > 0 || embed.image !== undefined || embed.thumbnail !== undefined;
}

class Checker {
  constructor(private readonly problems: Problems) {}

  text(path: Path, value: unknown, most: number): void {
    if (value === undefined || value === null) return;
    if (typeof value !== 'string') {
      this.problems.add(
        path,
        'STRING_TYPE_CONVERT',
        `Could not interpret "${typeof value}" as string.`,
      );
    } else if (lengthOf(value) > most) {
      this.problems.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`);
    }
  }

  username(value: unknown): void {
    this.text(['username'], value, MESSAGE_LIMITS.username);
    const forbidden = ['clyde', 'discord'].find((word) =>
      asText(value).toLowerCase().includes(word),
    );
    if (forbidden !== undefined) {
      const text = `Username cannot contain "${forbidden}"`;
      this.problems.add(['username'], 'USERNAME_INVALID_CONTAINS', text);
    }
  }

  embeds(value: unknown): void {
    const embeds = this.list(['embeds'], value, MESSAGE_LIMITS.embeds);
    embeds.forEach((embed, index) => this.embed(['embeds', index], embed));
    const total = embeds.filter(isMembers).reduce((sum, embed) => sum + sizeOf(embed), 0);
    if (total > MESSAGE_LIMITS.embedTotal) {
      const text = `Embed size exceeds maximum size of ${MESSAGE_LIMITS.embedTotal}`;
      this.problems.add(['embeds'], 'MAX_EMBED_SIZE_EXCEEDED', text);
    }
  }

  allowedMentions(value: unknown): void {
    if (!isMembers(value)) return;
    const path = ['allowed_mentions'];
    const parse = this.list([...path, 'parse'], value.parse, 3);
    for (const kind of parse) {
      if (['roles', 'users', 'everyone'].includes(String(kind))) continue;
      const text = "Value must be one of ('everyone', 'roles', 'users').";
      this.problems.add([...path, 'parse'], 'BASE_TYPE_CHOICES', text);
    }
    for (const kind of ['roles', 'users']) {
      const ids = this.list([...path, kind], value[kind], MESSAGE_LIMITS.mentionIds);
      if (ids.length === 0 || !parse.includes(kind)) continue;
      const text = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
      this.problems.add(path, 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', text);
    }
  }

  private embed(path: Path, embed: unknown): void {
    if (!isMembers(embed)) {
      this.problems.add(path, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType');
      return;
    }
    this.text([...path, 'title'], embed.title, MESSAGE_LIMITS.title);
    this.text([...path, 'description'], embed.description, MESSAGE_LIMITS.description);
    this.part([...path, 'footer', 'text'], embed.footer, MESSAGE_LIMITS.footer);
    this.part([...path, 'author', 'name'], embed.author, MESSAGE_LIMITS.author);
    this.url([...path, 'url'], embed.url);
    this.colour([...path, 'color'], embed.color);
    this.timestamp([...path, 'timestamp'], embed.timestamp);
    this.list([...path, 'fields'], embed.fields, MESSAGE_LIMITS.fields).forEach((field, index) =>
      this.field([...path, 'fields', index], field),
    );
  }

  /** The text of a footer or author, which is required where there is one. */
  private part(path: Path, owner: unknown, most: number): void {
    if (owner === undefined || owner === null) return;
    this.required(path, isMembers(owner) ? owner[path.at(-1) ?? ''] : undefined, most);
  }

  private field(path: Path, field: unknown): void {
    const { name, value } = isMembers(field) ? field : {};
    this.required([...path, 'name'], name, MESSAGE_LIMITS.fieldName);
    this.required([...path, 'value'], value, MESSAGE_LIMITS.fieldValue);
  }

  private required(path: Path, value: unknown, most: number): void {
    const isBlank =
      value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
    if (isBlank) this.problems.add(path, 'BASE_TYPE_REQUIRED', 'This field is required');
    else this.text(path, value, most);
  }

  private url(path: Path, value: unknown): void {
    if (value === undefined || value === null) return;
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined) {
      this.problems.add(path, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
    } else if (!['http:', 'https:'].includes(url.protocol)) {
      const text = `Scheme "${url.protocol.slice(0, -1)}" is not supported. Scheme must be one of ('http', 'https').`;
      this.problems.add(path, 'URL_TYPE_INVALID_SCHEME', text);
    }
  }

  private colour(path: Path, value: unknown): void {
    if (value === undefined || value === null) return;
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffff) return;
    this.problems.add(
      path,
      'NUMBER_TYPE_MAX',
      'int value should be less than or equal to 16777215.',
    );
  }

  private timestamp(path: Path, value: unknown): void {
    if (value === undefined || value === null) return;
    if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return;
    this.problems.add(
      path,
      'DATE_TIME_TYPE_PARSE',
      `Could not parse ${asText(value)}. Should be ISO8601.`,
    );
  }

  private list(path: Path, value: unknown, most: number): unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.problems.add(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
      return [];
    }
    if (value.length > most) {
      this.problems.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`);
    }
    return value;
  }
}
