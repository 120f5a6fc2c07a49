import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A server that answers each POST as the test says. */
export class HttpReceiver {
  readonly calls: ReceivedCall[] = [];
  connections = 0;
  answer: (call: ReceivedCall) => Reply = () => ({ status: 200 });
  private readonly server = http.createServer((request, response) => {
    void text(request).then((body) => {
      const call = { headers: request.headers, body };
      this.calls.push(call);
      const reply = this.answer(call);
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.server.on('connection', () => this.connections++);
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
