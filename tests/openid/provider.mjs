// A provider of OpenID Connect for the tests: oidc-provider with one client, one synthetic official, a log-in that asks
// nothing, and a signing key of its own at each start. `node provider.mjs PORT` says "listening" when it does.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'jorei', client_secret: 'a secret of the tests', redirect_uris: ['http://127.0.0.1:1/session/openid'] }],
  jwks: { keys: [key] },
  cookies: { keys: [randomUUID()] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked whether this office may know who they are.
  async loadExistingGrant(context) {
    const grant = new provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer((request, response) => {
  if (request.url.startsWith('/interaction/')) {
    provider.interactionFinished(request, response, { login: { accountId: 'official-0001' } }).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  } else {
    answer(request, response);
  }
}).listen(port, '127.0.0.1', () => console.log('listening'));
