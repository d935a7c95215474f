/** Google APIs called with an API key: Gemini and Maps. */
import { either, header, query } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeText } from './fake-values';
import {
  blockedService,
  googleError,
  htmlNotFound,
  invalidKey,
  quotaExceeded,
  unavailable,
} from './google-replies';
import type { SimulatedReply } from './service';

/** https://ai.google.dev/api/models#method:-models.list */
export const googleGemini: ServiceDefinition = {
  id: 'google-gemini',
  hosts: ['generativelanguage.googleapis.com'],
  credentials: {
    ...publish('google-gemini', ['limited'], (tag) => ({ api_key: `AIzaSy${fakeText(tag, 33)}` })),
    /** A key of the newer kind, unknown: 401 instead of 400. */
    deadAuthKey: { api_key: `AQ.${fakeText('google-gemini deadAuthKey', 50)}` },
  },
  routes: [
    {
      method: 'GET',
      path: '/v1beta/models',
      place: either(header('x-goog-api-key', 'api_key'), query('key', 'api_key')),
      missing: googleError(
        403,
        'PERMISSION_DENIED',
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      ),
      replies: {
        good: { status: 200, body: { models: [{ name: 'models/gemini-simulated', version: '1' }] } },
        dead: invalidKey,
        deadAuthKey: googleError(
          401,
          'UNAUTHENTICATED',
          'Request had invalid authentication credentials.',
          'ACCESS_TOKEN_TYPE_UNSUPPORTED',
        ),
        limited: blockedService,
      },
    },
  ],
  notFound: htmlNotFound,
  rateLimited: quotaExceeded,
  outage: unavailable,
};

/** Always 200: `status` decides. */
const geocode = (status: string, message?: string): SimulatedReply => ({
  status: 200,
  body: { ...(message && { error_message: message }), results: [], status },
});

/** https://developers.google.com/maps/documentation/geocoding/requests-geocoding#StatusCodes */
export const googleMaps: ServiceDefinition = {
  id: 'google-maps',
  hosts: ['maps.googleapis.com', 'www.googleapis.com'],
  credentials: publish('google-maps', ['limited', 'restricted', 'exhausted'], (tag) => ({
    api_key: `AIza${fakeText(tag, 35)}`,
  })),
  routes: [
    {
      method: 'GET',
      host: 'maps.googleapis.com',
      path: '/maps/api/geocode/json',
      place: query('key', 'api_key'),
      missing: geocode(
        'REQUEST_DENIED',
        'You must use an API key to authenticate each request to Google Maps Platform APIs.',
      ),
      replies: {
        good: ({ request }) =>
          request.query.get('address')
            ? {
                status: 200,
                body: {
                  results: [{ formatted_address: 'Berlin, Germany', types: ['locality'] }],
                  status: 'OK',
                },
              }
            : geocode(
                'INVALID_REQUEST',
                "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter.",
              ),
        dead: geocode('REQUEST_DENIED', 'The provided API key is invalid. '),
        limited: geocode('REQUEST_DENIED', 'This API project is not authorized to use this API.'),
        restricted: geocode(
          'REQUEST_DENIED',
          'API keys with referer restrictions cannot be used with this API.',
        ),
        exhausted: geocode('OVER_QUERY_LIMIT', 'You have exceeded your daily request quota for this API.'),
      },
    },
    {
      method: 'GET',
      host: 'www.googleapis.com',
      path: '/identitytoolkit/v3/relyingparty/getProjectConfig',
      place: query('key', 'api_key'),
      missing: googleError(403, 'PERMISSION_DENIED', 'The request is missing a valid API key.'),
      replies: {
        good: {
          status: 200,
          body: { projectId: fakeDigits('google-maps project', 12), authorizedDomains: ['localhost'] },
        },
        dead: invalidKey,
        limited: blockedService,
        restricted: googleError(
          403,
          'PERMISSION_DENIED',
          'Requests from referer <empty> are blocked.',
          'API_KEY_HTTP_REFERRER_BLOCKED',
        ),
        exhausted: quotaExceeded,
      },
    },
  ],
  notFound: htmlNotFound,
  rateLimited: quotaExceeded,
  outage: unavailable,
};
