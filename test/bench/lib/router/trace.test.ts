import { answersOf, stepsOf } from '../../../../bench/lib/router/trace';

/** As strace 6 writes it; 41000 is the port. */
const CONNECTION = '25<TCP:[127.0.0.1:41000->127.0.0.1:57102]>';
const LOG = '22</tmp/data/router.db-wal>';
const write = `13 1.1 pwrite64(${LOG}, "\\0\\0\\0\\2"..., 24, 8272) = 24`;
const page = `13 1.2 pwrite64(${LOG}, "> = 0"..., 4096, 8296) = 4096`;
const sync = `13 1.3 fsync(${LOG})            = 0`;
const reply = `13 1.4 write(${CONNECTION}, "\\27\\3\\3"..., 200) = 200`;

const judge = (...lines: readonly string[]): boolean[] =>
  answersOf(stepsOf(lines.join('\n'), 41_000), 10).map(({ durable }) => durable);

describe('the order before an answer', () => {
  test('is written, synced, answered', () => {
    const [answer] = answersOf(stepsOf([write, page, sync, reply].join('\n'), 41_000), 1);
    expect(answer).toEqual({ calls: ['pwrite64', 'fsync', 'write'], durable: true });
  });

  test('is not kept when there is no sync, or one before the last write only', () => {
    expect(judge(write, page, reply)).toEqual([false]);
    expect(judge(write, sync, page, reply)).toEqual([false]);
    expect(judge(sync, reply)).toEqual([false]);
  });

  test('is not kept by an answer that takes the sync of the one before for its own', () => {
    expect(judge(write, sync, reply, reply)).toEqual([true, false]);
  });

  test('counts a call of several threads where it ended', () => {
    const begun = `13 1.3 fsync(${LOG} <unfinished ...>`;
    const other = `14 1.3 write(1<pipe:[99]>, "log"..., 100) = 100`;
    const resumed = '13 1.4 <... fsync resumed>)              = 0';
    expect(judge(write, begun, other, resumed, reply)).toEqual([true]);
    expect(judge(write, begun, reply, resumed)).toEqual([false]);
  });

  test('looks at answers of the port only, and not at the end of a connection', () => {
    const elsewhere = reply.replace('41000', '41001');
    const closing = `13 1.5 write(${CONNECTION}, "\\27\\3\\3"..., 24) = 24`;
    expect(judge(write, sync, elsewhere, closing)).toEqual([]);
  });

  test('a sync that failed is none', () => {
    expect(judge(write, `13 1.3 fsync(${LOG}) = -1 EIO (Input/output error)`, reply)).toEqual([
      false,
    ]);
  });
});
