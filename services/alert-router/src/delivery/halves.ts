import type { Delivery, Message } from '../model';

export type Half = readonly Delivery[];

/**
 * The deliveries of a message with two tellings or more, in two parts. What was coalesced goes with what tells it, so
 * that each part tells as the whole did.
 */
export function halves({
  delivered,
  coalesced,
}: Pick<Message, 'delivered' | 'coalesced'>): [Half, Half] {
  const middle = Math.ceil(delivered.length / 2);
  const first = delivered.slice(0, middle);
  const second = delivered.slice(middle);
  const toldSecond = new Set(second.map(({ alert }) => alert.fingerprint));
  const isSecond = ({ alert }: Delivery): boolean => toldSecond.has(alert.fingerprint);
  return [
    inOrder([...first, ...coalesced.filter((row) => !isSecond(row))]),
    inOrder([...second, ...coalesced.filter(isSecond)]),
  ];
}

const inOrder = (rows: readonly Delivery[]): Delivery[] => rows.toSorted((a, b) => a.id - b.id);
