import { CliError } from '../../../cli/lib/errors';
import { Station } from '../../../cli/lib/station';

interface Api {
  readonly number: number;
  close(): void;
}

let opened: number;
let closed: number[];

const station = (): Station<Api> =>
  new Station(() => {
    const number = ++opened;
    return Promise.resolve({ number, close: () => closed.push(number) });
  });

beforeEach(() => {
  opened = 0;
  closed = [];
});

const numberOf = ({ number }: Api): Promise<number> => Promise.resolve(number);
const fail = (): Promise<never> => Promise.reject(new CliError('away'));

test('a station is opened at the first question, once', async () => {
  const one = station();

  expect(opened).toBe(0);
  expect(await Promise.all([one.ask(numberOf), one.ask(numberOf)])).toEqual([1, 1]);
});

test('after a failure it is opened anew, and the old way to it is let go', async () => {
  const one = station();

  await one.ask(numberOf);
  await expect(one.ask(fail)).rejects.toThrow('away');
  expect(await one.ask(numberOf)).toBe(2);
  expect(closed).toEqual([1]);
});

test('a failure of the old way does not close the new one', async () => {
  const one = station();
  let failLate = (): void => undefined;
  const late = one.ask(
    () => new Promise((_, reject) => (failLate = () => reject(new Error('late')))),
  );

  await expect(one.ask(fail)).rejects.toThrow('away');
  await one.ask(numberOf);
  failLate();
  await expect(late).rejects.toThrow('late');

  expect(await one.ask(numberOf)).toBe(2);
});

test('one that cannot be opened is tried again', async () => {
  let attempts = 0;
  const one = new Station<Api>(() =>
    ++attempts === 1
      ? Promise.reject(new CliError('no certificate yet'))
      : Promise.resolve({ number: attempts, close: () => undefined }),
  );

  await expect(one.ask(numberOf)).rejects.toThrow('no certificate yet');
  expect(await one.ask(numberOf)).toBe(2);
});
