/** The facade on one screen: the order of the middleware, then the table of routes. */
import express, { type Express } from 'express';
import helmet from 'helmet';
import { KeyturnError } from '../contract/errors';
import { mountRoute } from './mount-route';
import { openApiDocument } from './openapi';
import type { HttpPorts } from './ports';
import { notFoundHandler, problemHandler } from './problem';
import { readJson } from './read-json';
import { serveDocs } from './serve-docs';
import { BASE_PATH, pathOf, type Route } from './route';

/** The application of one or several roles: those whose routes are given. */
export function createApp(ports: HttpPorts, routes: readonly Route[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { 'script-src': ["'self'"], 'upgrade-insecure-requests': null } },
    }),
  );
  for (const route of routes) {
    // They read their bodies themselves.
    if ('relay' in route) app[route.method](pathOf(route), mountRoute(ports, route));
  }
  app.use(...readJson());
  for (const route of routes) {
    if (!('relay' in route)) app[route.method](pathOf(route), mountRoute(ports, route));
  }
  serveDocs(app, openApiDocument(routes, BASE_PATH));
  app.use(methodGuard(routes));
  app.use(notFoundHandler);
  app.use(problemHandler(ports.logError));
  return app;
}

/** A known path with another method is 405, not 404. */
function methodGuard(routes: readonly Route[]): express.RequestHandler {
  const router = express.Router({ caseSensitive: true });
  for (const path of new Set(routes.map(pathOf))) {
    const allowed = routes
      .filter((route) => pathOf(route) === path)
      .flatMap((route) => (route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()]));
    router.all(path, (_request, response) => {
      response.setHeader('Allow', allowed.join(', '));
      throw new KeyturnError('method_not_allowed', `allowed here: ${allowed.join(', ')}`);
    });
  }
  return router;
}
