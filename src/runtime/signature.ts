import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

/** What a request is signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Where a signature is good, such as `eu-west-1` and `dynamodb`. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * Signs a POST to `/` by Signature Version 4, as AWS's clients do, at a third of their processor time: the client's own
 * signer was a sixth of what a new finding takes.
 * @param headers names in lower case, `host` among them; all are signed
 * @returns the headers to send
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signer({ region, service }: Scope) {
  // A key is good for a day, and for one secret.
  let latest: { readonly of: string; readonly key: KeyObject } | undefined;

  function keyFor(secret: string, day: string): KeyObject {
    const of = `${day} ${secret}`;
    if (latest?.of !== of) {
      let key = createSecretKey(`AWS4${secret}`, "utf8");
      for (const step of [day, region, service, "aws4_request"]) key = createSecretKey(hmac(key, step));
      latest = { of, key };
    }
    return latest.key;
  }

  return (
    headers: Readonly<Record<string, string>>,
    body: string,
    { accessKeyId, secretAccessKey, sessionToken }: Credentials,
    now: Date,
  ): Record<string, string> => {
    const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
    const day = time.slice(0, 8);
    const token = sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken };
    const digest = hash("sha256", body);
    const sent: Record<string, string> = { ...headers, "x-amz-content-sha256": digest, "x-amz-date": time, ...token };
    const names = Object.keys(sent).toSorted();
    const signedHeaders = names.join(";");
    const lines = names.map((name) => `${name}:${sent[name]}\n`).join("");
    const request = `POST\n/\n\n${lines}\n${signedHeaders}\n${digest}`;
    const scope = `${day}/${region}/${service}/aws4_request`;
    const text = `${ALGORITHM}\n${time}\n${scope}\n${hash("sha256", request)}`;
    const signature = hmac(keyFor(secretAccessKey, day), text).toString("hex");
    sent["authorization"] =
      `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return sent;
  };
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
