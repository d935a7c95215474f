/** Binding an application to its address, and closing it without cutting anyone off. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { KeyturnError } from '../contract/errors';

export interface Listening {
  /** Base address, with the port that was really bound. */
  readonly url: string;
  /** No new connections; requests under way are answered. */
  close(): Promise<void>;
}

/** Thrown when the address cannot be bound: names HOST and PORT. */
export function listen(app: Express, address: { host: string; port: number }): Promise<Listening> {
  const { host, port } = address;
  const server = createServer(app);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'is taken; set PORT to a free one'
          : 'cannot be bound; check HOST and PORT';
      reject(new KeyturnError('configuration', `${host}:${port} ${why}`, { field: 'PORT' }));
    });
    server.listen(port, host, () => {
      const bound = (server.address() as AddressInfo).port;
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
        close: () => close(server),
      });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
