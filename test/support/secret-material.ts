/** Long enough for a 256-bit key, and mixed as only chance mixes. */
const BASE64 = /[A-Za-z0-9+/_-]{43,}={0,2}/g;
const PEM = /-----BEGIN [A-Z ]+-----/;
/** `password: x`, `--token=x`, `"secret": "x"`: a name that says secret, followed by a literal. */
const ASSIGNMENT =
  /\b[\w-]*(password|passwd|secret|token|api[-_]?key|private[-_]?key)["']?[ \t]*[:=][ \t]*["']?([^\s"',}]+)/gi;
/** URLs that carry a login. */
const CREDENTIALS_IN_URL = /\w+:\/\/[^/\s:@]+:[^/\s@]+@/;

/** Everything in a text that is, or looks like, a secret; each shortened, so that a report repeats none. */
export function secretMaterial(text: string): string[] {
  return [
    ...found(PEM, text, 'PEM block'),
    ...found(CREDENTIALS_IN_URL, text, 'credentials in a URL'),
    ...[...text.matchAll(BASE64)]
      .filter(([match]) => isMixed(match))
      .map(([match]) => `key ${shortened(match)}`),
    ...[...text.matchAll(ASSIGNMENT)]
      .filter(([, , value = '']) => !isReference(value))
      .map(([match]) => `assignment ${shortened(match)}`),
  ];
}

const found = (pattern: RegExp, text: string, what: string): string[] =>
  pattern.test(text) ? [what] : [];

const shortened = (text: string): string => `${text.slice(0, 12)}…`;

/** Words, paths and hexadecimal checksums lack one of the three, or have few of them. */
const isMixed = (text: string): boolean =>
  [/[A-Z]/g, /[a-z]/g, /[0-9]/g].every((kind) => (text.match(kind) ?? []).length >= 4);

/** A path, a name of a Secret or a key, a number or a switch: what says where a secret is, and not what it is. */
const isReference = (value: string): boolean =>
  value.startsWith('/') ||
  /^([a-z]+(-[a-z]+)*-(tls|admin|ca|token|user)|password|token|true|false|none|\d+)$/.test(value);
