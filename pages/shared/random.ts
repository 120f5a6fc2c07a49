/** At least 0, below 1. */
export type Random = () => number;

/** One of the items, each as likely as the others; undefined where there is none. */
export function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random() * items.length)];
}
