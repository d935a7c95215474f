/** The OpenAPI 3.1 document, made from the schemas that validate. */
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { templateOf, type ResponseDoc, type Route } from './route';
import { problem } from './schemas';

/** The document of a table of routes. */
export function openApiDocument(routes: readonly Route[], basePath: string): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    const path = templateOf(route);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Keyturn',
      version: '0.1.0',
      description: `Stores, validates, rotates and revokes the provider keys of a platform's tenants. Base path ${basePath}.`,
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    paths: paths as ZodOpenApiPathsObject,
  });
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const responses = Object.entries(route.responses).map(([status, doc]) => [status, responseOf(doc)]);
  const errors = {
    description: 'a problem document',
    content: { 'application/problem+json': { schema: problem } },
  };
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: accessOf(route),
    tags: [route.tag],
    ...(route.access.open === true ? {} : { security: [{ bearer: [] }] }),
    ...(route.query === undefined && route.params === undefined
      ? {}
      : {
          requestParams: {
            ...(route.query && { query: route.query }),
            ...(route.params && { path: route.params }),
          },
        }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: route.body } } } }),
    responses: { ...Object.fromEntries(responses), default: errors },
  };
}

function responseOf(doc: ResponseDoc) {
  if (doc.schema === undefined) return { description: doc.description };
  const { description, schema, contentType = 'application/json', alsoAs = {} } = doc;
  const forms = Object.entries({ [contentType]: schema, ...alsoAs });
  return { description, content: Object.fromEntries(forms.map(([type, form]) => [type, { schema: form }])) };
}

function accessOf(route: Route): string {
  if (route.access.open === true) return 'Open to all.';
  const whose =
    route.access.tenant === 'none' ? '' : ' Tenant and service tokens reach their own tenant only.';
  return `Roles: ${route.access.roles.join(', ')}.${whose}`;
}
