/**
 * Texts of alerts are written by whoever can name a pod, so nothing of them is trusted: each passes `clean` before it
 * goes into a message, and the escaping of that message's format after it.
 */

const BREAKS = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Format characters: bidirectional overrides, zero-width ones, tags. They are invisible and change what is seen. */
const INVISIBLE = /\p{Cf}/gu;

/** One line of well-formed text without controls, spaces collapsed. */
export function clean(text: string): string {
  return wellFormed(text).replace(INVISIBLE, '').replace(BREAKS, ' ').trim();
}

/** At most `max` UTF-16 units, the last of them an ellipsis when something was cut. Never cuts a surrogate pair. */
export function clip(text: string, max: number): string {
  return writeEscaped(text, max, (character) => character);
}

/**
 * The text with each character (code point) escaped, cut to `max` UTF-16 units of what comes out, so that neither an
 * escape nor a surrogate pair is ever cut in two.
 */
export function writeEscaped(
  text: string,
  max: number,
  escape: (character: string, index: number) => string,
): string {
  let written = '';
  let lastFit = '';
  let index = 0;
  for (const character of text) {
    written += escape(character, index++);
    if (written.length > max) return max > 0 ? `${lastFit}…` : '';
    if (written.length < max) lastFit = written;
  }
  return written;
}

/** A lone surrogate is no text, and JSON with one in it is refused. */
const wellFormed = (text: string): string => text.replace(LONE_SURROGATE, '\uFFFD');
const LONE_SURROGATE = /\p{Cs}/gu;
