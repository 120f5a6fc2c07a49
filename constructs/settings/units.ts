import { z } from 'zod';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
const DURATION = /^([1-9]\d*)(s|m|h|d|w|y)$/;
const BYTES = /^[1-9]\d*(Ki|Mi|Gi|Ti)$/;
const CPU = /^([1-9]\d*m|\d+(\.\d+)?)$/;

/**
 * Text of a form that is named once, for the message of a mistake and for the documentation. Further conditions are
 * asked only about text of that form.
 */
export const text = (form: RegExp, error: string): z.ZodString =>
  z.string({ error }).regex(form, { error, abort: true }).meta({ allowed: error });

/** A Prometheus duration of one unit, such as `30s` or `15d`. */
export const duration = (): z.ZodString =>
  text(DURATION, 'a duration: a whole number and s, m, h, d, w or y, such as 30s or 15d');

/** A Kubernetes quantity of bytes, such as `512Mi`. */
export const bytes = (): z.ZodString =>
  text(BYTES, 'a size: a whole number and Ki, Mi, Gi or Ti, such as 8Gi');

/** A Kubernetes quantity of CPU, such as `50m` or `0.5`. */
export const cpu = (): z.ZodString =>
  text(CPU, 'an amount of CPU: millicores such as 50m, or cores such as 0.5');

/** A label of a DNS name, short enough to be part of an object's name. */
export const dnsLabel = (): z.ZodString =>
  text(
    /^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/,
    'a DNS label: lower-case letters, digits and hyphens, 32 at most, beginning with a letter',
  );

/** A URL that is reached over TLS. */
export const httpsUrl = (): z.ZodURL => {
  const error = 'an https:// URL';
  return z.url({ protocol: /^https$/, error }).meta({ allowed: error });
};

/** An IPv4 network in CIDR notation. */
export const cidr = (): z.ZodCIDRv4 => {
  const error = 'an IPv4 network such as 172.16.0.0/12';
  return z.cidrv4({ error }).meta({ allowed: error });
};

/**
 * Seconds of a duration that `duration()` accepted.
 *
 * @throws Error when it is not a duration.
 */
export function seconds(value: string): number {
  const match = DURATION.exec(value);
  if (!match) throw new Error(`not a duration: ${value}`);
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}
