// A certified authorization server that we did not write, and an API behind its tokens.
//
// Clients `basic` and `post` have a secret full of characters that need encoding, `plain` has none of them. A secret may be changed while everything
// runs, with two of them alive for a while: `POST /-/secrets {"client", "secrets"}`. What `expires_in` looks like is changed the same way:
// `POST /-/expires {"as": "int" | "string" | "missing" | "zero"}`. `GET /-/counts` says how many token requests and calls there were.

import { createRequire } from 'node:module';
import http from 'node:http';

const require = createRequire(process.env.HALLPASS_NODE_MODULES + '/');
const { Provider } = require('oidc-provider');
const jose = require('jose');

const ODD = 'a:b%c+d=e f/g?h&i"j~k';
const RESOURCE = 'urn:example:api';
const secrets = { basic: [ODD], post: [ODD], plain: ['plain-secret'] };
const counts = { token: 0, refused: 0, calls: 0, unauthorized: 0 };
let expires = 'int';

const { privateKey, publicKey } = await jose.generateKeyPair('RS256', { extractable: true });
const key = { ...(await jose.exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'play' };

const client = (id, method) => ({
  client_id: id,
  client_secret: secrets[id][0],
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: method,
  scope: 'read write',
});

const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(origin, {
  clients: [client('basic', 'client_secret_basic'), client('post', 'client_secret_post'), client('plain', 'client_secret_basic')],
  scopes: ['read', 'write'],
  jwks: { keys: [key] },
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'read write', audience: RESOURCE, accessTokenTTL: 600, accessTokenFormat: 'jwt' }),
    },
  },
});
provider.Client.prototype.compareClientSecret = function compare(given) {
  return secrets[this.clientId].includes(given);
};
provider.use(async (context, next) => {
  await next();
  if (context.path !== '/token') return;
  counts.token += 1;
  if (context.status !== 200) counts.refused += 1;
  else if (expires === 'string') context.body = { ...context.body, expires_in: String(context.body.expires_in) };
  else if (expires === 'zero') context.body = { ...context.body, expires_in: 0 };
  else if (expires === 'missing') {
    const { expires_in: gone, ...rest } = context.body;
    context.body = rest;
  }
});

async function holder(token) {
  if (token.split('.').length === 3) {
    const { payload } = await jose.jwtVerify(token, publicKey, { issuer: origin, audience: RESOURCE });
    return { client: payload.client_id, form: 'jwt', scope: payload.scope };
  }
  const found = await provider.ClientCredentials.find(token);
  return found && { client: found.clientId, form: 'opaque', scope: found.scope };
}

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

function say(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {}) });
  response.end(JSON.stringify(value));
}

const provided = provider.callback();
server.on('request', async (request, response) => {
  if (request.url === '/-/counts') return say(response, 200, counts);
  if (request.url === '/-/secrets') {
    const order = await body(request);
    secrets[order.client] = order.secrets;
    return say(response, 200, {});
  }
  if (request.url === '/-/expires') {
    expires = (await body(request)).as;
    return say(response, 200, {});
  }
  if (!request.url.startsWith('/api/')) return provided(request, response);
  counts.calls += 1;
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const found = await holder(token).catch(() => undefined);
  if (!found) counts.unauthorized += 1;
  return found ? say(response, 200, found) : say(response, 401, { error: 'invalid_token' });
});

console.log(JSON.stringify({ event: 'listening', url: origin, odd_secret: ODD }));
