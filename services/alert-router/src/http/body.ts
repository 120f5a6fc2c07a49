import type { IncomingMessage } from 'node:http';

/** 40,000 alerts of 800 bytes: a body that is refused is lost, so it is large. */
const MAX_BODY_BYTES = 32 * 2 ** 20;
/** Of all requests together that are being read. */
const MAX_TOTAL_BYTES = 40 * 2 ** 20;

/** A body larger than we ever take. */
export class BodyTooLarge extends Error {}

/** Too much is being received at this moment: try again. */
export class Overloaded extends Error {}

/** Reads the bodies of requests, within bounds of memory. */
export class BodyReader {
  private total = 0;

  /**
   * Reads to the end, also what is not kept: a client that is answered earlier may not see the answer.
   *
   * @throws BodyTooLarge, Overloaded, or the error of the connection
   */
  async read(request: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    let refusal: Error | undefined;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        if (refusal) continue;
        size += chunk.length;
        this.total += chunk.length;
        chunks.push(chunk);
        refusal = this.refusalOf(size);
        if (!refusal) continue;
        // At once, so that requests that are over the bound together do not all refuse each other.
        this.total -= size;
        size = 0;
        chunks.length = 0;
      }
    } finally {
      this.total -= size;
    }
    if (refusal) throw refusal;
    return Buffer.concat(chunks, size);
  }

  private refusalOf(size: number): Error | undefined {
    if (size > MAX_BODY_BYTES) return new BodyTooLarge(`more than ${MAX_BODY_BYTES} bytes`);
    if (this.total > MAX_TOTAL_BYTES) return new Overloaded('too much is being received');
    return undefined;
  }
}
