import { block, type Block } from './syntax';

/** What stands in a line where a secret was. */
export const REDACTED = '<redacted>';

/** A form in which secrets are written: each group of the expression is a secret. */
interface SecretForm {
  readonly name: string;
  /** RE2 (https://github.com/google/re2/wiki/Syntax). */
  readonly expression: string;
}

/** Keys whose value is a secret. The words also stand in prose, as in "wrong password: try again"; the terms do not. */
const WORD = '(?:password|passwd|passphrase|token)';
const TERM =
  '(?:api[_-]?key|private[_-]?key|secret[_-]?(?:access[_-]?)?key|(?:client|app|api|webhook|shared)[_-]?secret)';
/** However it begins; `max_tokens` and `tokenType` are none, nor is the name of a Secret. */
const SECRET_KEY = `(?:${WORD}|${TERM})`;

/** What is between double quotes. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)+)`;
/** The same where the quotes are escaped: JSON that is text in other JSON. */
const ESCAPED = String.raw`\\+"((?:[^"\\]|\\+[^"\\])+)`;

/**
 * What follows a key outside of JSON. A quote that is followed by a comma or the like ends a field of JSON in which a
 * stranger wrote `password=`; to take what comes after it would hide him from the alerts.
 */
const VALUE = String.raw`(?:"((?:[^"\\\s,:}\]]|\\.)(?:[^"\\]|\\.)*)|${ESCAPED}|'([^'"]+)|([^\s"'\\&;]+))`;

/** How a key is joined to its value outside of JSON. */
const JOINED = [
  `${SECRET_KEY}(?:=| = )`,
  // At the beginning, after a sign, as the end of a longer name, or a term: else it is prose, see below.
  String.raw`(?:(?:^|[{[,;"'-])\s*|[\w.-])${WORD}'?:\s*`,
  String.raw`${TERM}'?:\s*`,
  // A flag; the API server writes a command as a query.
  String.raw`(?:^|[\s"'=])--?[\w.-]*${SECRET_KEY}(?:\s+|(?:&|\\u0026)command=)`,
].join('|');

/** A character of a word after a colon, and what passwords have besides letters; an address or a name has dots. */
const CHARACTER = String.raw`[^\s"'\\,;:&.]`;
const NO_LETTER = '[0-9!#$%^*+]';

/**
 * Secrets by the name that stands before them. Text is only known by what stands around it: a password that is alone on
 * its line looks like any word.
 */
const namedSecrets: readonly SecretForm[] = [
  {
    name: 'a field of JSON',
    expression: String.raw`(?i)${SECRET_KEY}(?:"\s*:\s*\[?\s*${QUOTED}|\\+"\s*:\s*\[?\s*${ESCAPED})`,
  },
  {
    name: 'a pair of logfmt or YAML, a header, a flag of a command or a parameter of a query',
    expression: `(?i)(?:${JOINED})${VALUE}`,
  },
  {
    name: 'a flag in a list of arguments',
    expression: String.raw`(?i)"--?[\w.-]*${SECRET_KEY}"\s*,\s*${QUOTED}"\s*[,\]]`,
  },
  {
    // Of letters and others: "token: expired" and "password: 10.0.0.7" are sentences.
    name: 'a word after a colon in a text',
    expression: String.raw`(?i)${WORD}:\s*(${CHARACTER}*(?:[a-z]${CHARACTER}*${NO_LETTER}|${NO_LETTER}${CHARACTER}*[a-z])${CHARACTER}*)(?:[\s"'\\,;&]|$)`,
  },
];

/** Secrets by their own form. */
const markedSecrets: readonly SecretForm[] = [
  {
    name: 'a private key in one line, whose line breaks may be escaped',
    expression: '-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----([^"]+?)(?:-----END|"|$)',
  },
  {
    name: 'the Authorization header, also as a field of JSON',
    expression: String.raw`(?i)authorization\\*["']?\s*[:=]\s*\[?\\*["']?(?:bearer|basic|token|negotiate|apikey)\s+([^\s"'\\,;\]]+)`,
  },
  {
    // One character at least is no letter: "bearer authentication" is two words.
    name: 'a bearer token elsewhere',
    expression: String.raw`(?i)\bbearer\s+([a-z]*[0-9._~+/=-][\w.~+/=-]{7,})`,
  },
  {
    name: 'a password in a URL, such as smtps://user:password@host',
    expression: String.raw`(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@"']*:([^\s/@"']+)@`,
  },
  {
    name: 'the webhook of a Discord channel',
    expression: String.raw`/api(?:/v\d+)?/webhooks/\d+/([\w-]{20,})`,
  },
  {
    name: 'the webhook of a Slack channel',
    expression: String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]+)`,
  },
  { name: 'a JSON Web Token', expression: String.raw`\b(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)` },
  {
    name: 'a token that its issuer has marked: AWS, GitHub, GitLab, Slack',
    expression: String.raw`\b((?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,})\b`,
  },
];

/** What is in each line with a secret; most lines have none of it, and cost one search. */
const SUSPICIOUS =
  '(?i)passw|passphrase|token|key|secret|authorization|bearer|://|webhook|hooks\\.slack|eyJ|AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|xapp';

/**
 * A line of a private key over several lines, each of which comes alone: 64 characters of Base64 (PEM), 70 (OpenSSH), or
 * fewer at the end. It has capital and small letters and digits; hash sums have no capitals, words no digits, and a
 * shorter line that begins with a slash is a path.
 */
const KEY_LINE = String.raw`^\s*(?:[A-Za-z0-9+/]{64,}|[A-Za-z0-9+][A-Za-z0-9+/]{15,})={0,2}\s*$`;

/**
 * All but sshd. Whoever tries to log in chooses a name that it writes between its own words, such as `password:`, and
 * would be hidden from the alerts if the next word were taken for a secret.
 */
const WRITTEN_BY_US = '{job=~".+", identifier!~"sshd(-session)?"}';

const linesWith = (...expressions: readonly string[]): string =>
  [WRITTEN_BY_US, ...expressions.map((one) => `|~ ${JSON.stringify(one)}`)].join(' ');

const replace = ({ expression }: SecretForm): Block =>
  block('stage.replace', { expression, replace: REDACTED });

/** The stages of a pipeline that take secrets out of a line of any stream. */
export const redactionStages: readonly Block[] = [
  block('stage.match', { selector: linesWith(SUSPICIOUS) }, [
    ...markedSecrets.map(replace),
    // Dearer than all others, and most lines that are suspicious name a Secret or have a URL.
    block('stage.match', { selector: linesWith(`(?i)${SECRET_KEY}`) }, namedSecrets.map(replace)),
  ]),
  block('stage.match', { selector: linesWith(KEY_LINE, '[A-Z]', '[a-z]', '[0-9+]') }, [
    replace({ name: 'all of it', expression: '(.+)' }),
  ]),
];
