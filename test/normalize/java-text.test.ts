import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonValue, parseExact } from "../../src/ecs/json.ts";
import { seeded } from "../../src/local/sample-events.ts";
import { emptyInCloudTrail } from "../../src/normalize/empties.ts";
import { javaLength, javaText } from "../../src/normalize/java-text.ts";

const CASES: readonly (readonly [json: string, text: string | undefined])[] = [
  [
    '{"roleArn":"r","roleSessionName":"s","durationSeconds":900}',
    "{durationSeconds=900, roleArn=r, roleSessionName=s}",
  ],
  ['{"a":[1,"x, y=z",true,{"b":null}]}', "{a=[1, x, y=z, true]}"],
  ['{"a":"","b":"-","c":"none","d":{},"e":[null]}', undefined],
  ['{"a":"None","b":"--"}', "{a=None, b=--}"],
  [
    "[2.0,0.5,1e7,12345678.5,0.00001,-0.0,1E-3,100,9223372036854775808]",
    "[2.0, 0.5, 1.0E7, 1.23456785E7, 1.0E-5, -0.0, 0.001, 100, 9223372036854775808]",
  ],
  // Two keys of one hash stand as they came.
  ['{"BB":1,"Aa":2}', "{BB=1, Aa=2}"],
  ['{"Aa":2,"BB":1}', "{Aa=2, BB=1}"],
  // Thirteen keys make the map twice as large: also where most of them are empty.
  ['{"q":1,"a":2}', "{q=1, a=2}"],
  ['{"q":1,"a":2,"0":"","1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":"","10":""}', "{a=2, q=1}"],
];
for (const [json, text] of CASES) {
  test(`${json} is ${text}`, () => assert.equal(javaText(parseExact(json), emptyInCloudTrail), text));
}

test("the length is that of the text", () => {
  const random = seeded(1);
  const value = (depth: number): JsonValue => {
    const kind = Math.floor(random() * (depth === 0 ? 4 : 6));
    if (kind === 4) return Array.from({ length: Math.floor(random() * 5) }, () => value(depth - 1));
    if (kind === 5) {
      const keys = Array.from({ length: Math.floor(random() * 20) }, () => `k${Math.floor(random() * 50)}`);
      return Object.fromEntries(keys.map((key) => [key, value(depth - 1)]));
    }
    return ["text", 12, "-", null][kind] ?? null;
  };
  for (let count = 0; count < 500; count++) {
    const one = value(4);
    assert.equal(
      javaLength(one, emptyInCloudTrail),
      (javaText(one, emptyInCloudTrail) ?? "").length,
      JSON.stringify(one),
    );
  }
});
