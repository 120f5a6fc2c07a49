import type { Delivery, Destination, Parked } from '../model';
import { testAlert } from '../status/test-alert';
import { type Finding, troubleOf } from './check';

/**
 * Sends one test message to each of these, once and without a queue.
 *
 * @param now milliseconds since the Unix epoch
 */
export function sendTests(
  destinations: readonly (Destination | Parked)[],
  now: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  return Promise.all(destinations.map((one) => sendTest(one, now, signal)));
}

async function sendTest(
  one: Destination | Parked,
  now: number,
  signal: AbortSignal,
): Promise<Finding> {
  const { name } = one;
  if ('parked' in one) return { name, ok: false, text: `not sent, it is parked: ${one.parked}` };
  const outcome = await one.compose([testDelivery(name, now)]).send(signal);
  return outcome.kind === 'delivered'
    ? { name, ok: true, text: 'delivered' }
    : { name, ok: false, text: `not delivered, ${troubleOf(outcome)}` };
}

function testDelivery(destination: string, now: number): Delivery {
  const alert = testAlert({}, now);
  return {
    // The time, so that no two tests are taken for one by who compares ids.
    id: now,
    destination,
    groupKey: `router/${alert.fingerprint}`,
    kind: 'test',
    alert,
    acceptedAt: now,
    attempts: 0,
    reconciled: false,
  };
}
