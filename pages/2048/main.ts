import { byId } from '../shared/dom';
import { Board } from './board';
import { type Game, newGame, play, statusOf } from './game';
import { onKeys, onSwipe } from './input';
import { Memory } from './memory';
import type { Direction } from './rules';
import { describeEnd, describeStuck, describeTurn } from './sentences';

const memory = new Memory(() => localStorage);
const board = new Board();
const status = byId('status');
const end = byId('end');
const goOn = byId('go-on');
const kept = memory.load();
let best = kept.best;
let game = kept.game ?? newGame(Math.random);

function act(direction: Direction): void {
  if (statusOf(game) !== 'playing') return;
  const turn = play(game, direction, Math.random);
  if (!turn) {
    status.textContent = describeStuck(direction);
    return;
  }
  board.slide(turn);
  status.textContent = describeTurn(direction, turn);
  continueWith(turn.game);
}

function restart(): void {
  startWith(newGame(Math.random));
  status.textContent = 'New game.';
  byId('grid').focus();
}

function startWith(next: Game): void {
  board.show(next.cells);
  continueWith(next);
}

function continueWith(next: Game): void {
  game = next;
  best = Math.max(best, game.score);
  memory.save({ game, best });
  byId('score').textContent = String(game.score);
  byId('best').textContent = String(best);
  showEnd();
}

function showEnd(): void {
  const now = statusOf(game);
  end.hidden = now === 'playing';
  if (now === 'playing') return;
  const sentence = describeEnd(now, game);
  byId('end-title').textContent = sentence;
  status.textContent = sentence;
  goOn.hidden = now === 'over';
  (now === 'won' ? goOn : byId('again')).focus();
}

goOn.addEventListener('click', () => {
  status.textContent = 'The game goes on.';
  continueWith({ ...game, goesOn: true });
  byId('grid').focus();
});
byId('again').addEventListener('click', restart);
byId('new-game').addEventListener('click', restart);
onKeys(act);
onSwipe(byId('surface'), act);
startWith(game);
