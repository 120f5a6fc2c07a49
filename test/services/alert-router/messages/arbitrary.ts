import fc from 'fast-check';
import type { Delivery, DeliveryKind } from '../../../../services/alert-router/src/model';
import { delivery, NOW } from './deliveries';

/** What labels hold when someone means harm: markdown, mentions, controls, halves of surrogate pairs, and a lot of it. */
const hostile = fc.oneof(
  fc.constantFrom(
    '@everyone',
    '@here <@123> <@&1> <#2> <t:1:f>',
    '```\n# heading\n> quote',
    '[click](https://evil.example/)',
    '\u202Egnp.exe\u202C \u200B\u2066',
    '\uD83D',
    '\uDE00 tail',
    '<script>alert(1)</script>"\'&',
    'line\r\nBcc: all@example.com',
    '',
    ' ',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .constantFrom('😀', '*', '\\', '`', '_', 'a ', '👩‍👩‍👧')
    .chain((unit) => fc.integer({ min: 0, max: 3_000 }).map((count) => unit.repeat(count))),
);

const labels = fc.dictionary(
  fc.constantFrom(
    'alertname',
    'severity',
    'service',
    'category',
    'namespace',
    'pod',
    'container',
    'node',
    'instance',
    'device',
    'mountpoint',
    'persistentvolumeclaim',
    'extra',
    '__proto__',
  ),
  hostile,
  { noNullPrototype: false },
);
const annotations = fc.dictionary(
  fc.constantFrom('summary', 'description', 'runbook_url', 'dashboard_url', 'impact', 'action'),
  fc.oneof(hostile, fc.webUrl({ withFragments: true, withQueryParameters: true })),
);
const kinds = fc.constantFrom<DeliveryKind>('firing', 'resolved', 'reminder', 'test', 'notice');
const times = fc.oneof(fc.integer(), fc.integer({ min: NOW - 1e7, max: NOW }), fc.constant(NaN));

/** A queue of deliveries with ascending ids, some of them of the same alerts. */
export const pendingQueue = (maxLength: number, minLength = 1): fc.Arbitrary<Delivery[]> =>
  fc
    .array(
      fc.record({
        kind: kinds,
        fingerprint: fc.integer({ min: 1, max: maxLength }).map((n) => `f${n}`),
        groupKey: fc.constantFrom('a', 'b', 'c'),
        labels,
        annotations,
        reconciled: fc.boolean(),
        startsAt: times,
        endsAt: times,
        acceptedAt: fc.integer({ min: NOW - 1e7, max: NOW }),
      }),
      { minLength, maxLength, size: 'max' },
    )
    .map((many) => many.map((options, index) => delivery({ ...options, id: index + 1 })));
