import assert from "node:assert/strict";
import { test } from "node:test";
import { asn, mmdb } from "../support/mmdb-writer.ts";
import { ruleText } from "../support/rule-text.ts";
import { problems } from "./cloudformation.ts";
import { packaged } from "./package.ts";

const SOUND = mmdb([["198.51.100.0/24", asn(64496, "Example Hosting")]]);
const SETTINGS = "firehose: function\nsources:\n  asnDatabase: ./GeoLite2-ASN.mmdb\n";
const PACKAGED = "dist/asn-database.mmdb";
const RULE = ruleText('data_stream.dataset:"aws.cloudtrail" and source.as.number:64496')
  .replace('type = "new_terms"', 'type = "new_terms"\nindex = ["logs-aws.cloudtrail-*"]')
  .replace('"host.id"', '"user.name"');

const rules = { "networks.toml": RULE };
const [given, without] = await Promise.all([
  packaged(SETTINGS, { rules, others: { "GeoLite2-ASN.mmdb": SOUND, "dist/another.mmdb": SOUND } }),
  packaged("firehose: function", { rules }),
]);

const variableOf = ({ template }: typeof given, id: string) => {
  const { Environment } = (template.Resources[id]?.Properties ?? {}) as {
    readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
  };
  return Environment?.Variables?.["ASN_DATABASE"];
};

test("the functions that read events have the stage's database, and are told of it", () => {
  for (const name of ["kinesis", "firehose"]) {
    const databases = given.files[name]?.filter((file) => file.endsWith(".mmdb"));
    assert.deepEqual(databases, [PACKAGED], name);
    assert.equal(variableOf(given, `${name.slice(0, 1).toUpperCase()}${name.slice(1)}LambdaFunction`), PACKAGED);
  }
  for (const name of ["retry", "sweep"]) assert.equal(given.files[name]?.includes(PACKAGED), false, name);
  assert.deepEqual(problems(given.template), []);
});

test("a stage without one has neither it nor its reader", () => {
  for (const files of Object.values(without.files)) assert.ok(!files.some((name) => name.endsWith(".mmdb")));
  assert.equal(variableOf(without, "KinesisLambdaFunction"), "");
  const reader = (name: string) => name.includes("/asn-database-");
  for (const name of ["kinesis", "firehose"]) {
    assert.equal(given.files[name]?.filter(reader).length, 1, "a file of its own");
    assert.equal(without.files[name]?.filter(reader).length, 0);
  }
});

test("the build names the rules that cannot fire without one", () => {
  const note = /note: R: cannot fire on raw CloudTrail events: they have no source\.as\.number, .*sources\.asnDatabase/;
  assert.match(without.output, note);
  assert.doesNotMatch(given.output, /cannot fire/);
});

test("a database that cannot be used is refused, with its place in the settings", async () => {
  const city = mmdb([["198.51.100.0/24", { country: { iso_code: "XX" } }]], { type: "GeoLite2-City" });
  const place = 'config/dev.yml:3:16: sources.asnDatabase = "./GeoLite2-ASN.mmdb": ';
  const refused = async (settings: string, bytes: Buffer | undefined, ...said: readonly string[]) => {
    const others = bytes === undefined ? {} : { "GeoLite2-ASN.mmdb": bytes };
    await assert.rejects(packaged(settings, { others }), ({ message }: Error) => {
      for (const part of said) assert.ok(message.includes(part), message);
      return true;
    });
  };
  await Promise.all([
    refused(SETTINGS, undefined, place, "GeoLite2-ASN.mmdb: there is no such file"),
    refused(SETTINGS, SOUND.subarray(0, -100), place, "GeoLite2-ASN.mmdb: is a damaged MaxMind DB file"),
    refused(
      SETTINGS,
      city,
      place,
      'is a database of type "GeoLite2-City", whose records have no autonomous_system_number',
    ),
    refused("sources: { asnDatabase: config }", undefined, "config/dev.yml:1:25: ", "config: is no file"),
  ]);
});
