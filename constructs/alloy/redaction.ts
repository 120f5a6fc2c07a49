import { block, type Block } from './syntax';

/** What stands in a line where a secret was. */
export const REDACTED = '<redacted>';

/** A form in which secrets are written: each group of the expression is a secret. */
interface SecretForm {
  readonly name: string;
  /** RE2 (https://github.com/google/re2/wiki/Syntax). */
  readonly expression: string;
}

/** Keys whose value is a secret, however they begin; `max_tokens` and `tokenType` are none, nor is the name of a Secret. */
const SECRET_KEY =
  '(?:password|passwd|passphrase|token|api[_-]?key|private[_-]?key|secret[_-]?(?:access[_-]?)?key|(?:client|app|api|webhook|shared)[_-]?secret)';

/** What is between double quotes. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)+)`;
/** The same where the quotes are escaped: JSON that is text in other JSON. */
const ESCAPED = String.raw`\\+"((?:[^"\\]|\\+[^"\\])+)`;

/**
 * The forms of secrets, from the certain to the likely. Text is only known by what stands around it: a password that is
 * alone on its line looks like any word.
 */
export const secretForms: readonly SecretForm[] = [
  {
    name: 'a private key in one line, whose line breaks may be escaped',
    expression: '-----BEGIN [A-Z ]*PRIVATE KEY-----(.+?)(?:-----END|$)',
  },
  {
    name: 'a line of a private key over several lines, which is 64 characters of Base64 alone',
    expression: '^([A-Za-z0-9+/]{64})$',
  },
  {
    name: 'the Authorization header, also as a field of JSON',
    expression: String.raw`(?i)authorization\\*["']?\s*[:=]\s*\[?\\*["']?(?:bearer|basic|token|negotiate)\s+([^\s"'\\,;\]]+)`,
  },
  {
    // One character at least is no letter: "bearer authentication" is two words.
    name: 'a bearer token elsewhere',
    expression: String.raw`(?i)\bbearer\s+([a-z]*[0-9._~+/=-][\w.~+/=-]{7,})`,
  },
  {
    name: 'a field of JSON',
    expression: String.raw`(?i)${SECRET_KEY}(?:"\s*:\s*${QUOTED}|\\+"\s*:\s*${ESCAPED})`,
  },
  {
    name: 'a pair of logfmt, a flag of a command or a parameter of a query',
    expression: String.raw`(?i)${SECRET_KEY}=(?:${QUOTED}|${ESCAPED}|'([^']+)|([^\s"'\\&;]+))`,
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
const SUSPICIOUS = String.raw`(?i)passw|passphrase|token|key|secret|authorization|bearer|://|webhook|hooks\.slack|eyJ|AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|xapp|^[A-Za-z0-9+/]{64}$`;

/** The stages of a pipeline that take secrets out of a line of any stream. */
export const redactionStages: readonly Block[] = [
  block('stage.match', { selector: `{job=~".+"} |~ ${JSON.stringify(SUSPICIOUS)}` }, [
    ...secretForms.map((form) =>
      block('stage.replace', { expression: form.expression, replace: REDACTED }),
    ),
  ]),
];
