import assert from "node:assert/strict";
import { test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { signer } from "../../src/runtime/signature.ts";

const region = "eu-west-1";
const sign = signer({ region, service: "dynamodb" });

test("a request is signed as AWS's own signer does it, whatever it holds, across days and secrets", async () => {
  const body = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  const word = fc.stringMatching(/^[!-~]{1,60}$/);
  const credentials = fc.record({
    accessKeyId: word,
    secretAccessKey: word,
    sessionToken: fc.option(word, { nil: undefined }),
  });
  const when = fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });
  const property = fc.asyncProperty(body, credentials, when, word, async (text, keys, signingDate, target) => {
    const client = new DynamoDBClient({
      region,
      credentials: keys as { accessKeyId: string; secretAccessKey: string },
    });
    const own = await client.config.signer();
    const headers = {
      host: `dynamodb.${region}.amazonaws.com`,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": target,
    };
    const request = {
      method: "POST",
      protocol: "https:",
      hostname: headers.host,
      path: "/",
      query: {},
      headers,
      body: text,
    };
    const expected = await own.sign(request, { signingDate });
    assert.deepEqual(sign(headers, text, keys, signingDate), expected.headers);
  });
  await fc.assert(property, { numRuns: 300 });
});
