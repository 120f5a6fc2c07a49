import { z } from 'zod';
import { duration, seconds, text } from './units';

const percent = (byDefault: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(1).max(99).default(byDefault);

const count = (byDefault: number): z.ZodDefault<z.ZodInt> => z.int().min(1).default(byDefault);

const userName = (): z.ZodString =>
  text(/^[^\s`"\\]+$/, 'the name of a user, without spaces, quotes and backslashes');

/** Lines arrive within seconds, and each rule on them reads all of its window every time. */
const isWindow = (value: string): boolean => seconds(value) >= 60 && seconds(value) <= 3600;

/** Bounds of the alerts, by domain. What is a fact of a system and no opinion, such as "is down", has none. */
export const thresholds = z
  .strictObject({
    longestFor: duration()
      .optional()
      .describe(
        'No alert waits longer than this before it fires (`for`): for drills and training. Default: as each alert says.',
      ),
    nodes: z
      .strictObject({
        cpuIdle: percent(35).describe('Idle CPU of a node, in percent: below it fires.'),
        memoryAvailable: percent(35).describe('Available memory of a node, in percent.'),
        diskWarning: percent(75).describe('Used space of a file system, in percent.'),
        diskCritical: percent(90).describe('The same, critical.'),
        diskFullWithin: duration().default('24h').describe('Time in which a disk would be full.'),
        inodes: percent(90).describe('Used inodes of a file system, in percent.'),
        clockSkew: duration().default('5s').describe("Difference to Prometheus' own clock."),
        networkErrors: percent(1).describe('Faulty packets of an interface, in percent.'),
        traffic: z
          .int()
          .min(1)
          .default(3_000_000)
          .describe('Bytes per second that a node receives or sends.'),
        trafficWindow: duration()
          .default('50s')
          .describe('Time over which traffic is averaged, but three scrapes at least.'),
        conntrack: percent(80).describe(
          'Used entries of the connection-tracking table, in percent.',
        ),
      })
      .prefault({}),
    containers: z
      .strictObject({
        stoppedFor: duration().default('1m').describe('Time for which a container is gone.'),
        cpu: percent(90).describe('Used CPU of the limit, in percent.'),
        throttled: percent(25).describe('Periods in which CPU was throttled, in percent.'),
        memory: percent(90).describe('Used memory of the limit, in percent.'),
        volume: percent(85).describe('Used space of a volume, in percent.'),
        podsPerNamespace: z.int().min(1).default(50).describe('Pods that one namespace may run.'),
      })
      .prefault({}),
    web: z
      .strictObject({
        busyWorkers: percent(80).describe('Busy workers of Apache, in percent.'),
        errors: percent(5).describe('Answers that are errors of the server, in percent.'),
      })
      .prefault({}),
    logs: z
      .strictObject({
        window: duration()
          .refine(isWindow, { error: 'a time of 1m to 1h' })
          .default('5m')
          .describe('Time that alerts from logs look back, and so how long they last; 1m to 1h.'),
        errors: count(10).describe('Error lines of an app within `window`: from so many on.'),
        failedLogins: count(20).describe(
          'Failed logins to an app, of one address or user, within 2 minutes.',
        ),
        failedSshLogins: count(10).describe(
          'Failed SSH logins to a node, of one address, within `window`.',
        ),
        failuresBeforeLogin: count(5).describe(
          'Failed logins within `window` after which one that succeeds is told.',
        ),
        sudoPasswords: count(3).describe('Wrong passwords of a user for sudo within `window`.'),
        missingPaths: count(20).describe(
          'Different paths that a client has not found within `window`.',
        ),
        probes: count(1).describe('Requests of a client within `window` that look like an attack.'),
        administrators: z
          .array(userName())
          .default(['kubernetes-admin', 'kubernetes-super-admin'])
          .describe(
            'Users of the API who may change rights, read Secrets and open tunnels unreported.',
          ),
      })
      .prefault({}),
  })
  .prefault({});
