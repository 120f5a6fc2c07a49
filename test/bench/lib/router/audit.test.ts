import { Audit, type Kept } from '../../../../bench/lib/router/audit';
import type { Told } from '../../../../bench/lib/router/told';

const began = (token: string): Told => ({ token, status: 'firing' });
const ended = (token: string): Told => ({ token, status: 'resolved' });

function message(at: number, told: readonly Told[], more: Partial<Kept> = {}): Kept {
  return { destination: 'general', at, told, unanswered: false, ...more };
}

describe('the audit', () => {
  test('finds nothing wrong where everything was told once', () => {
    const audit = new Audit();
    audit.accept('a', 'firing', ['general', 'mail']);
    audit.accept('a', 'resolved', ['general', 'mail']);
    for (const destination of ['general', 'mail']) {
      audit.keep(message(1, [began('a')], { destination }));
      audit.keep(message(2, [ended('a')], { destination }));
    }
    expect(audit.verdict([])).toEqual({
      accepted: 4,
      lost: [],
      disordered: 0,
      retold: { killed: 0, unanswered: 0, needless: 0 },
      inFlight: 0,
      unanswered: 0,
    });
  });

  test('misses what a destination never received, although another one did', () => {
    const audit = new Audit();
    audit.accept('a', 'firing', ['general', 'mail']);
    audit.keep(message(1, [began('a')]));
    expect(audit.verdict([]).lost).toEqual(['mail a firing']);
  });

  test('takes the end of an alert for its beginning, but not the other way round', () => {
    const audit = new Audit();
    audit.accept('a', 'firing', ['general']);
    audit.accept('a', 'resolved', ['general']);
    audit.accept('b', 'firing', ['general']);
    audit.accept('b', 'resolved', ['general']);
    audit.keep(message(1, [ended('a'), began('b')]));
    expect(audit.verdict([]).lost).toEqual(['general b resolved']);
  });

  test('counts what is accepted twice once, as Alertmanager repeats what it got no answer to', () => {
    const audit = new Audit();
    audit.accept('a', 'firing', ['general']);
    audit.accept('a', 'firing', ['general']);
    expect(audit.verdict([]).accepted).toBe(1);
  });

  test('sees an end that was told before the beginning', () => {
    const audit = new Audit();
    audit.accept('a', 'firing', ['general']);
    audit.accept('a', 'resolved', ['general']);
    audit.keep(message(1, [ended('a')]));
    audit.keep(message(2, [began('a')]));
    expect(audit.verdict([]).disordered).toBe(1);
  });

  test('says why messages were told again, once for each message however it was divided later', () => {
    const audit = new Audit();
    audit.keep(message(100, [began('a'), began('b')]));
    audit.keep(message(200, [began('c')], { unanswered: true }));
    audit.keep(message(300, [began('d')]));
    audit.keep(message(400, [began('a')]));
    audit.keep(message(410, [began('b'), began('c')]));
    audit.keep(message(420, [began('d')]));
    const { retold, inFlight, unanswered } = audit.verdict([{ from: 90, to: 110 }]);
    expect(retold).toEqual({ killed: 1, unanswered: 1, needless: 1 });
    expect({ inFlight, unanswered }).toEqual({ inFlight: 1, unanswered: 1 });
  });
});
