const PLAIN: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Go's escapes of an interpreted string (https://go.dev/ref/spec#Rune_literals). */
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;

/**
 * The text that Alertmanager makes of the inside of a double-quoted value: what Go makes of it or, where Go refuses an
 * escape such as `\.`, what its classic notation does, to which it falls back (its pkg/labels/parse.go): `\"`, `\n`
 * and `\\` are escapes, and every other backslash is one.
 */
export const textOf = (inside: string): string =>
  unquote(inside) ??
  inside.replace(/\\(["n\\])/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter));

/**
 * The text that Go makes of the inside of a double-quoted string; undefined when Go refuses it, or when it would be
 * bytes that are no text.
 */
function unquote(inside: string): string | undefined {
  if (inside.includes('\n')) return undefined;
  let valid = true;
  const text = inside.replace(ESCAPE, (_all, ...groups: (string | undefined)[]) => {
    const [hex, short, long, octal, letter] = groups;
    const character = letter === undefined ? undefined : PLAIN[letter];
    if (character !== undefined) return character;
    const code = codeOf(hex ?? octal, hex === undefined ? 8 : 16, 0x7f) ?? codeOf(short ?? long);
    if (code === undefined) valid = false;
    return String.fromCodePoint(code ?? 0);
  });
  return valid ? text : undefined;
}

function codeOf(digits: string | undefined, radix = 16, most = 0x10ffff): number | undefined {
  if (digits === undefined) return undefined;
  const code = Number.parseInt(digits, radix);
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return code <= most && !surrogate ? code : undefined;
}
