/** Shops. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';
import { HOST_NAME } from './tenant-host';

const shopify = defineProvider({
  id: 'shopify',
  name: 'Shopify (Admin API token)',
  category: 'commerce',
  docsUrl: 'https://shopify.dev/docs/api/admin-graphql',
  fields: {
    access_token: secretField('Admin API access token', `shpat_${'0'.repeat(32)}`, {
      pattern: /^shp(at|ca|pa)_[a-fA-F0-9]{32}$/,
    }),
    shop_domain: plainField('Shop domain', 'example.myshopify.com', {
      pattern: /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/,
    }),
  },
  hosts: [/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+shop_domain}/admin/oauth/access_scopes.json',
    auth: { scheme: 'header', name: 'x-shopify-access-token', value: '{access_token}' },
    rules: [accept({ status: 200, body: { access_scopes: { is: 'array' } } }), reject({ status: 401 })],
    details: { scopes: 'access_scopes[].handle' },
  }),
  rotation: 'manual',
  revocation: {
    meaning:
      'Revoking by API uninstalls the app from the shop; tokens of custom apps are replaced in the admin.',
    url: 'https://admin.shopify.com/settings/apps/development',
  },
});

const SHOP_HOST = HOST_NAME.source.slice(1, -1);

const woocommerce = defineProvider({
  id: 'woocommerce',
  name: 'WooCommerce',
  category: 'commerce',
  docsUrl: 'https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication',
  fields: {
    consumer_key: secretField('Consumer key', `ck_${'0'.repeat(40)}`, {
      hintable: false,
      patternHint: /^ck_[a-f0-9]{40}$/,
    }),
    consumer_secret: secretField('Consumer secret', `cs_${'0'.repeat(40)}`, {
      patternHint: /^cs_[a-f0-9]{40}$/,
    }),
    site_url: plainField('Site URL', 'https://shop.example.com', {
      pattern: new RegExp(`^https://${SHOP_HOST}(:8443)?(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`),
    }),
  },
  hosts: [new RegExp(`^${SHOP_HOST}(:8443)?$`)],
  // Not /wc/v3 itself: that index is public. Categories are no customer's data.
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+site}/wp-json/wc/v3/products/categories',
      query: { per_page: '1' },
      auth: { scheme: 'basic', username: '{consumer_key}', password: '{consumer_secret}' },
      rules: [
        accept({ status: 200, body: { $: { is: 'array' } } }),
        limit({
          status: 401,
          body: { code: 'woocommerce_rest_authentication_error', message: /read permissions/i },
        }),
        reject({
          status: 401,
          body: { code: ['woocommerce_rest_authentication_error', 'woocommerce_rest_cannot_view'] },
        }),
        limit({ status: 403, body: { code: 'woocommerce_rest_cannot_view' } }),
      ],
    },
    { site: { from: 'site_url', match: /^https:\/\/(.+?)\/?$/ } },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is revoked under WooCommerce, Settings, Advanced, REST API.',
    url: 'https://woocommerce.com/document/woocommerce-rest-api/',
  },
});

export const COMMERCE_PROVIDERS = [shopify, woocommerce];
