import { newGame } from '../../../pages/2048/game';
import { type Kept, Memory } from '../../../pages/2048/memory';

describe('the memory', () => {
  const storeWith = (text: string | null): Map<string, string> =>
    new Map(text === null ? [] : [['vigil-2048', text]]);
  const memoryOf = (store: Map<string, string>): Memory =>
    new Memory(() => ({
      getItem: (key) => store.get(key) ?? null,
      setItem: (key, value) => store.set(key, value),
    }));
  const nothing: Kept = { game: undefined, best: 0 };

  test('gives back what was kept', () => {
    const store = storeWith(null);
    expect(memoryOf(store).load()).toEqual(nothing);
    const kept = { game: newGame(() => 0), best: 40 };
    memoryOf(store).save(kept);
    expect(memoryOf(store).load()).toEqual(kept);
  });

  test.each(['', '{', 'null', '7', '[]', '{"best":"40","game":{}}', '{"best":-4}'])(
    'of %j is empty',
    (text) => {
      expect(memoryOf(storeWith(text)).load()).toEqual(nothing);
    },
  );

  test('may be forbidden', () => {
    const memory = new Memory(() => {
      throw new Error('SecurityError');
    });
    memory.save({ game: undefined, best: 4 });
    expect(memory.load()).toEqual(nothing);
  });
});
