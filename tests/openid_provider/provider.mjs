// An OpenID provider for tests: the certified library, on this machine, with people who need no password.
// It prints its issuer, then reads the address that its client is called back at.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const { clientId, clientSecret, people } = JSON.parse(process.argv[2]);
let handle;
const server = createServer((request, response) => handle(request, response));

function begin(issuer, redirectUri) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    cookies: { keys: ["of these tests"] },
    findAccount: (_context, id) =>
      people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
    pkce: { required: () => true },
  });
  handle = provider.callback();
}

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  createInterface({ input: process.stdin }).once("line", (redirectUri) => {
    begin(issuer, redirectUri);
    console.log("ready");
  });
  console.log(issuer);
});
