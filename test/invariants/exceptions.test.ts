import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exceptions } from './exceptions';

const tests = readdirSync(__dirname)
  .filter((file) => file.endsWith('.test.ts') && file !== 'exceptions.test.ts')
  .map((file) => readFileSync(join(__dirname, file), 'utf8'))
  .join('\n');

test.each(Object.keys(exceptions))('%s is an invariant that some test looks at', (invariant) => {
  expect(tests.replaceAll(/\s+/g, '')).toContain(
    `expectOnlyExceptions('${invariant}'`.replaceAll(/\s+/g, ''),
  );
});

test.each(Object.entries(exceptions).flatMap(([, entries]) => Object.entries(entries)))(
  '%s has a reason',
  (_, reason) => {
    expect(reason.length).toBeGreaterThan(5);
  },
);
