/** `/openapi.json` and a page that shows it, served from this process alone. */
import { join } from 'node:path';
import express, { type Express } from 'express';

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Keyturn API</title><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;
const START = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });\n`;

/** Adds the document and the page. */
export function serveDocs(app: Express, document: object): void {
  const assets = join(require.resolve('swagger-ui-dist/package.json'), '..');
  app.get('/openapi.json', (_request, response) => void response.json(document));
  app.get('/docs', (_request, response) => void response.type('html').send(PAGE));
  app.get('/docs/start.js', (_request, response) => void response.type('js').send(START));
  app.use('/docs/assets', express.static(assets, { index: false, maxAge: '1d' }));
}
