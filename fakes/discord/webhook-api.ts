import type { RESTPostAPIWebhookWithTokenJSONBody as WebhookPayload } from 'discord-api-types/v10';
import { type Answer, parseJson } from '../http';
import { answers } from './answers';
import type { Channel, RecordedMessage } from './channel';
import { isEmpty, validate } from './validate';

/** Where the messages are kept. */
export interface MessageStore {
  add(channel: Channel, payload: WebhookPayload): RecordedMessage;
  find(channel: Channel, id: string): RecordedMessage | undefined;
  edit(message: RecordedMessage, payload: WebhookPayload): RecordedMessage;
}

/** One call, with its path taken apart. */
export interface WebhookCall {
  readonly method: string;
  /** Of the API, as the path names it. */
  readonly version?: number;
  readonly webhookId: string;
  readonly token: string;
  readonly messageId?: string;
  readonly wait: boolean;
  readonly contentType: string;
  readonly body: string;
}

const PATH =
  /^\/api(?:\/v(?<version>\d+))?\/webhooks\/(?<webhook>\d+)\/(?<token>[\w-]+)(?:\/messages\/(?<message>\d+))?\/?$/;

/** What a request asks of a webhook; undefined when its path is none of a webhook's. */
export function parseCall(
  {
    method = '',
    url = '',
    headers,
  }: { method?: string; url?: string; headers: { 'content-type'?: string } },
  body: string,
): WebhookCall | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const { version, webhook, token, message } = PATH.exec(pathname)?.groups ?? {};
  if (webhook === undefined || token === undefined) return undefined;
  return {
    method,
    version: version === undefined ? undefined : Number(version),
    webhookId: webhook,
    token,
    messageId: message,
    wait: searchParams.get('wait') === 'true',
    contentType: headers['content-type'] ?? '',
    body,
  };
}

/** Does what the call asks for: the part of Discord that has nothing to do with limits. */
export function perform(call: WebhookCall, channel: Channel, store: MessageStore): Answer {
  if (call.method === 'GET' && call.messageId === undefined) {
    return { status: 200, body: channel.describe() };
  }
  const isPost = call.method === 'POST' && call.messageId === undefined;
  const isEdit = call.method === 'PATCH' && call.messageId !== undefined;
  if (!isPost && !isEdit) return answers.methodNotAllowed;
  const read = readPayload(call);
  if ('status' in read) return read;
  return isPost
    ? post(call, channel, store, read.payload)
    : edit(call, channel, store, read.payload);
}

function readPayload(call: WebhookCall): { readonly payload: WebhookPayload } | Answer {
  if (!/^application\/json\b/i.test(call.contentType)) return answers.wrongContentType;
  const parsed = parseJson(call.body);
  if (parsed === undefined) return answers.invalidJson;
  const problems = validate(parsed);
  if (!problems.none) return { status: 400, body: problems.body(call.version) };
  return { payload: parsed as WebhookPayload };
}

function post(
  call: WebhookCall,
  channel: Channel,
  store: MessageStore,
  payload: WebhookPayload,
): Answer {
  if (isEmpty(payload)) return answers.emptyMessage;
  const message = store.add(channel, payload);
  return call.wait ? { status: 200, body: channel.render(message) } : { status: 204 };
}

function edit(
  call: WebhookCall,
  channel: Channel,
  store: MessageStore,
  payload: WebhookPayload,
): Answer {
  const message = store.find(channel, call.messageId ?? '');
  if (message === undefined) return answers.unknownMessage;
  // Members that an edit leaves out stay as they are.
  const merged = { ...message.payload, ...payload };
  if (isEmpty(merged)) return answers.emptyMessage;
  return { status: 200, body: channel.render(store.edit(message, merged)) };
}
