import type { Action, PageEvent } from '../protocol';
import { renderMail, renderMessage } from './messages';
import { Panel } from './panel';
import { MAILBOX, Places } from './places';

const places = new Places();
const panel = new Panel((action) => void act(action));
const events = new EventSource('/events');

events.addEventListener('message', ({ data }: MessageEvent<string>) => {
  show(JSON.parse(data) as PageEvent);
});
events.addEventListener('error', () =>
  panel.say('vigil try has ended, or cannot be reached.', 'bad'),
);

function show(event: PageEvent): void {
  switch (event.type) {
    case 'reset':
      places.reset(event.channels);
      return;
    case 'message':
      places.add(event.message.channel, renderMessage(event.message));
      return;
    case 'mail':
      places.add(MAILBOX, renderMail(event.mail));
      return;
    case 'state':
      panel.show(event.state);
  }
}

async function act(action: Action): Promise<void> {
  await fetch('/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action }),
  });
}
