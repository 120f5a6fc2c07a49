import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Levels that LOG_LEVEL accepts. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that may hold key material or credentials, wherever they stand. */
const SECRET_FIELDS = ['key', 'tls.key', 'ca.key', 'data', 'password', 'token', 'authorization'];

/** JSON lines on stdout, ISO time, level by name; fields that could hold a secret are blanked. */
export function createLogger(
  service: string,
  level: LogLevel = 'info',
  destination?: DestinationStream,
): Logger {
  const quoted = SECRET_FIELDS.map((field) => `["${field}"]`);
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: quoted.flatMap((field) => [field, `*${field}`]), censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
