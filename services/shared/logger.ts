import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Levels that LOG_LEVEL accepts. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that may hold key material or credentials, wherever they stand. */
const SECRET_FIELDS = ['key', 'tls.key', 'ca.key', 'data', 'password', 'token', 'authorization'];

/** A level as log rules and viewers outside Node.js spell it: INFO, WARNING, ERROR. */
export const upperCaseLevel = (label: string): string =>
  label === 'warn' ? 'WARNING' : label.toUpperCase();

/**
 * JSON lines on stdout, ISO time, level by name; fields that could hold a secret are blanked.
 * @param levelName how a level is spelt in a line; default: as in `LOG_LEVELS`
 */
export function createLogger(
  service: string,
  level: LogLevel = 'info',
  destination?: DestinationStream,
  levelName = (label: string): string => label,
): Logger {
  const quoted = SECRET_FIELDS.map((field) => `["${field}"]`);
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: levelName(label) }) },
    redact: { paths: quoted.flatMap((field) => [field, `*${field}`]), censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
