import { castRound } from '../../../../cli/lib/try/cast';
import { recording, steps } from '../../../../cli/lib/try/recording';
import { destinationNames } from '../../../../cli/lib/try/workspace';

test('every family occurs, and each channel has something to show, firing and over', () => {
  const categories = new Set(recording.map(({ category }) => category));
  expect([...categories].sort()).toEqual(
    ['apache', 'certificate', 'container', 'log', 'nginx', 'node', 'platform', 'traffic'].sort(),
  );
  const { channels } = destinationNames();
  for (const channel of channels.filter((name) => name !== 'general')) {
    const own = recording.filter(({ category }) => category === channel);
    expect(own.some(({ resolves }) => resolves !== undefined)).toBe(true);
  }
  expect(recording.length).toBeGreaterThanOrEqual(20);
});

test('it takes about a minute, and an alert ends after it began', () => {
  expect(steps.at(-1)?.at).toBeGreaterThan(45);
  expect(steps.at(-1)?.at).toBeLessThanOrEqual(60);
  for (const { fires, resolves = Infinity } of recording) expect(resolves).toBeGreaterThan(fires);
});

test('each alert of each round can be told from all others by what its labels say', () => {
  const rounds = [1, 2, 3].flatMap((round) => [...castRound(round).values()]);
  expect(new Set(rounds.map(({ token }) => token)).size).toBe(rounds.length);
  for (const { token, labels } of rounds) {
    expect(Object.values(labels).filter((value) => value.includes(token))).toHaveLength(1);
    expect(JSON.stringify(labels)).not.toContain('#');
  }
});
