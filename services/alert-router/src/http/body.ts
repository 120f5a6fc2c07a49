import type { IncomingMessage } from 'node:http';

/** 40,000 alerts of 800 bytes: a body that is refused is lost, so it is large. */
const MAX_BODY_BYTES = 32 * 2 ** 20;
/** Of all requests together, from the first byte until they are answered. */
const MAX_TOTAL_BYTES = 40 * 2 ** 20;
/** What is parsed takes several times the memory of its text, so that of bodies above this there is one at a time. */
const LARGE_BODY_BYTES = 4 * 2 ** 20;

/** A body larger than we ever take. */
export class BodyTooLarge extends Error {}

/** Too much is being received at this moment: try again. */
export class Overloaded extends Error {}

/** What a request takes of the bounds. */
interface Share {
  size: number;
  isLarge: boolean;
}

/** Reads the bodies of requests, within bounds of memory. */
export class BodyReader {
  private total = 0;
  private hasLarge = false;

  /**
   * Reads the body and works with it; until the work ends, it counts. Reads to the end, also what is not kept: a client
   * that is answered earlier may not see the answer.
   *
   * @throws BodyTooLarge, Overloaded, the error of the connection, or what the work throws
   */
  async use<T>(request: IncomingMessage, work: (body: Buffer) => Promise<T> | T): Promise<T> {
    const share: Share = { size: 0, isLarge: false };
    try {
      return await work(await this.read(request, share));
    } finally {
      this.release(share);
    }
  }

  private async read(request: IncomingMessage, share: Share): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let refusal: Error | undefined;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (refusal) continue;
      chunks.push(chunk);
      refusal = this.take(share, chunk.length);
      if (!refusal) continue;
      // At once, so that requests that are over the bound together do not all refuse each other.
      this.release(share);
      chunks.length = 0;
    }
    if (refusal) throw refusal;
    return Buffer.concat(chunks, share.size);
  }

  /** @returns why there is no room for so many bytes more. */
  private take(share: Share, bytes: number): Error | undefined {
    share.size += bytes;
    this.total += bytes;
    if (share.size > MAX_BODY_BYTES) return new BodyTooLarge(`more than ${MAX_BODY_BYTES} bytes`);
    if (this.total > MAX_TOTAL_BYTES) return new Overloaded('too much is being received');
    if (share.isLarge || share.size <= LARGE_BODY_BYTES) return undefined;
    if (this.hasLarge) return new Overloaded('another large body is being worked on');
    share.isLarge = true;
    this.hasLarge = true;
    return undefined;
  }

  private release(share: Share): void {
    this.total -= share.size;
    share.size = 0;
    if (share.isLarge) this.hasLarge = false;
    share.isLarge = false;
  }
}
