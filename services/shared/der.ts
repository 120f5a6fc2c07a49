/** One DER element: its tag byte, its content, and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

export const DerTag = {
  OBJECT_IDENTIFIER: 0x06,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/**
 * Reads a buffer that is exactly one DER element.
 * @throws Error when the encoding is cut off, indefinite, or followed by other bytes
 */
export function readDer(buffer: Buffer): DerElement {
  const element = elementAt(buffer, 0);
  if (element.bytes.length !== buffer.length) throw new Error('trailing bytes after DER element');
  return element;
}

/**
 * The elements inside a constructed element.
 * @throws Error as `readDer`
 */
export function derChildren(parent: DerElement): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < parent.content.length;) {
    const child = elementAt(parent.content, offset);
    children.push(child);
    offset += child.bytes.length;
  }
  return children;
}

/** Dotted notation of an OBJECT IDENTIFIER element, e.g. `2.5.29.17`. */
export function derOid(element: DerElement): string {
  if (element.tag !== DerTag.OBJECT_IDENTIFIER) throw new Error('not an object identifier');
  const arcs: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

function elementAt(buffer: Buffer, start: number): DerElement {
  const tag = buffer[start];
  const first = buffer[start + 1];
  if (tag === undefined || first === undefined) throw new Error('DER element is cut off');
  if ((tag & 0x1f) === 0x1f) throw new Error('DER tags above 30 are not supported');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) throw new Error('DER length is not supported');
  const contentStart = start + 2 + lengthBytes;
  if (contentStart > buffer.length) throw new Error('DER element is cut off');
  const length = lengthBytes === 0 ? first : buffer.readUIntBE(start + 2, lengthBytes);
  const end = contentStart + length;
  if (end > buffer.length) throw new Error('DER element is cut off');
  return {
    tag,
    content: buffer.subarray(contentStart, end),
    bytes: buffer.subarray(start, end),
  };
}
