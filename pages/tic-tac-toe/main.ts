import { byId } from '../shared/dom';
import { BoardView } from './board';
import { isOpen, type Match, type Opponent, playCell, startMatch, startRound } from './match';
import { boardOf } from './rules';
import { describeMatch, nameOf } from './sentences';

const board = new BoardView((cell) => continueWith(playCell(match, cell, Math.random)));
const opponents = [...document.querySelectorAll<HTMLInputElement>('[name="opponent"]')];
const newRound = byId('new-round');
let match = startMatch(chosenOpponent());

function continueWith(next: Match): void {
  const hasEnded = isOpen(match) && !isOpen(next);
  match = next;
  show();
  if (hasEnded) newRound.focus();
}

function show(): void {
  const { opponent, round, score } = match;
  board.show(boardOf(round));
  byId('status').textContent = describeMatch(match);
  byId('name-x').textContent = nameOf('X', opponent);
  byId('name-o').textContent = nameOf('O', opponent);
  byId('score-x').textContent = String(score.X);
  byId('score-o').textContent = String(score.O);
  byId('score-draw').textContent = String(score.draw);
}

function chosenOpponent(): Opponent {
  return (opponents.find(({ checked }) => checked)?.value ?? 'person') as Opponent;
}

for (const input of opponents) {
  input.addEventListener('change', () => continueWith(startMatch(chosenOpponent())));
}
newRound.addEventListener('click', () => {
  continueWith(startRound(match, Math.random));
  board.focus();
});
show();
