/** What a visitor may ask of a web server; the pages are four small files. */
export const limits = {
  /** Bytes of a request line, and of a single header. */
  line: 4096,
  /** Bytes of a body. */
  body: 1024,
  /** Seconds for the handshake, for all headers, and for a body. */
  arrival: 10,
  /** Seconds in which an answer must move on. */
  answer: 10,
  /** Seconds that a connection may be idle between two requests. */
  idle: 30,
  /** Seconds for the requests under way when the server is told to end; Kubernetes waits 30. */
  ending: 20,
} as const;
