/** Shops: Shopify and WooCommerce. */
import { basic, header } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeHex } from './fake-values';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });
const shopifyError = (status: number, errors: string): SimulatedReply => ({ status, body: { errors } });
const shopifyDead = shopifyError(
  401,
  '[API] Invalid API key or access token (unrecognized login or wrong password)',
);

/** https://shopify.dev/docs/api/admin-rest/latest/resources/accessscope */
export const shopify: ServiceDefinition = {
  id: 'shopify',
  hosts: [/^(?<shop_domain>[a-z0-9][a-z0-9-]*\.myshopify\.com)$/],
  credentials: publish('shopify', ['revoked', 'frozen', 'locked'], (tag) => ({
    access_token: `shpat_${fakeHex(tag, 32)}`,
    shop_domain: 'simulated.myshopify.com',
  })),
  routes: [
    {
      method: 'GET',
      path: '/admin/oauth/access_scopes.json',
      // The name of any shop resolves: an unknown one is a 404.
      requires: ({ host }) => (host.startsWith('simulated') ? null : shopifyError(404, 'Not Found')),
      place: header('x-shopify-access-token', 'access_token'),
      replies: {
        dead: shopifyDead,
        revoked: shopifyError(403, 'This action requires merchant approval for read_products scope.'),
        frozen: shopifyError(402, 'Unavailable Shop'),
        locked: shopifyError(423, 'Locked'),
        good: ok({ access_scopes: [{ handle: 'read_products' }, { handle: 'read_orders' }] }),
      },
    },
    {
      // GraphQL: a bad token can be a 200 with errors.
      method: 'POST',
      path: '/admin/api/{*version}/graphql.json',
      place: header('x-shopify-access-token', 'access_token'),
      replies: {
        dead: ok({
          errors: [
            { message: '[API] Invalid API key or access token', extensions: { code: 'ACCESS_DENIED' } },
          ],
        }),
        good: ({ fields }) =>
          ok({ data: { shop: { name: 'Simulated', myshopifyDomain: fields['shop_domain'] } } }),
      },
    },
  ],
  notFound: shopifyError(404, 'Not Found'),
  wrongMethod: shopifyError(406, 'Not Acceptable'),
  rateLimited: shopifyError(
    429,
    'Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.',
  ),
};

const wooError = (status: number, code: string, message: string): SimulatedReply => ({
  status,
  body: { code, message, data: { status } },
});
const wooAnonymous = wooError(401, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.');

/** https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication */
export const woocommerce: ServiceDefinition = {
  id: 'woocommerce',
  hosts: ['shop.example.com'],
  credentials: publish('woocommerce', ['wrongSecret', 'writeOnly', 'forbidden'], (tag) => ({
    consumer_key: `ck_${fakeHex(tag, 40)}`,
    consumer_secret: `cs_${fakeHex(`${tag} secret`, 40)}`,
    site_url: 'https://shop.example.com',
  })),
  routes: [
    {
      method: 'GET',
      path: '/wp-json/wc/v3/products/categories',
      place: basic('consumer_key', 'consumer_secret'),
      missing: wooAnonymous,
      replies: {
        // An unknown key is treated as an anonymous visitor.
        dead: wooAnonymous,
        wrongSecret: wooError(401, 'woocommerce_rest_authentication_error', 'Consumer secret is invalid.'),
        writeOnly: wooError(
          401,
          'woocommerce_rest_authentication_error',
          'The API key provided does not have read permissions.',
        ),
        forbidden: wooError(403, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.'),
        good: ok([{ id: 15, name: 'Simulated', slug: 'simulated' }]),
      },
    },
    // The index is public: it proves nothing.
    {
      method: 'GET',
      path: '/wp-json/wc/v3',
      place: null,
      replies: { good: ok({ namespace: 'wc/v3', routes: {} }), dead: wooAnonymous },
    },
  ],
  notFound: wooError(404, 'rest_no_route', 'No route was found matching the URL and request method.'),
};
