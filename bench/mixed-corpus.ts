import type { JsonObject } from "../src/ecs/json.ts";
import { connectionEvent, type Host, otherEvent, type Process, seeded } from "../src/local/sample-events.ts";

/** What an organisation's sources send, all of it invented: endpoints, Windows and Linux logs, clouds. */
export function mixedTexts(count: number): string[] {
  const random = seeded(11);
  const pick: Draw["pick"] = (values) => values[Math.floor(random() * values.length)] as (typeof values)[number];
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(pick(SOURCES)({ index, pick, number: (below) => Math.floor(random() * below) })),
  );
}

interface Draw {
  readonly index: number;
  readonly pick: <T>(values: readonly T[]) => T;
  readonly number: (below: number) => number;
}

const at = (index: number) => new Date(1_790_000_000_000 + index).toISOString();
const account = "000000000000";

const WINDOWS: readonly Process[] = [
  windowsProcess("svchost.exe", "C:\\Windows\\System32\\services.exe", "-k netsvcs -p -s Schedule"),
  windowsProcess("powershell.exe", "C:\\Windows\\explorer.exe", "-NoProfile -File C:\\scripts\\inventory.ps1"),
  windowsProcess("msedge.exe", "C:\\Windows\\explorer.exe", "--type=renderer --lang=en-GB"),
];
const UNIX: readonly Process[] = [
  unixProcess("/usr/sbin/nginx", "worker process"),
  unixProcess("/usr/bin/python3", "/opt/app/main.py --workers 4 --bind 10.20.0.14:8080"),
  unixProcess("/usr/bin/bash", "-c df -h | tail -1"),
];

function windowsProcess(name: string, parent: string, commandLine: string): Process {
  const executable = `C:\\Windows\\System32\\${name}`;
  const signature = { exists: true, status: "trusted", subject_name: "Microsoft Windows", trusted: true };
  return { name, executable, commandLine: `${executable} ${commandLine}`, user: "SYSTEM", parent, signature };
}

function unixProcess(executable: string, args: string): Process {
  const name = executable.split("/").at(-1) ?? "";
  return { name, executable, commandLine: `${name} ${args}`, user: "app", parent: "/usr/lib/systemd/systemd" };
}

function hostOf({ number }: Draw, os: Host["os"]): Host {
  const name = `${os}-${number(200)}.example`;
  return { id: `h-${name}`, name, os };
}

function endpoint(os: Host["os"]): Source {
  return (draw) => {
    const host = hostOf(draw, os);
    const process = draw.pick(os === "windows" ? WINDOWS : UNIX);
    const id = `e${draw.index}`;
    const kind = draw.pick(["network", "process", "process", "file", "registry", "library"] as const);
    if (kind === "network") {
      return connectionEvent({ host, process, address: "198.51.100.7", port: 443, id, at: at(draw.index) });
    }
    if (kind === "process" || kind === "file") return otherEvent(host, process, kind, id, at(draw.index));
    const event = otherEvent(host, process, "process", id, at(draw.index));
    const about =
      kind === "registry"
        ? { registry: { path: "HKLM\\SYSTEM\\ControlSet001\\Services\\bam\\State", data: { type: "REG_BINARY" } } }
        : { dll: { name: "ntdll.dll", path: "C:\\Windows\\System32\\ntdll.dll", hash: { sha256: "ab".repeat(32) } } };
    return {
      ...event,
      ...about,
      data_stream: { type: "logs", dataset: `endpoint.events.${kind}`, namespace: "default" },
      event: { action: "modification", category: [kind], id, kind: "event", type: ["change"] },
    };
  };
}

/** What every integration's event has. */
function base(draw: Draw, dataset: string, event: JsonObject): JsonObject {
  const [module = ""] = dataset.split(".");
  return {
    "@timestamp": at(draw.index),
    agent: { ephemeral_id: "5d1b0c1e", id: "8652330e", name: "collector-1", type: "filebeat", version: "9.2.1" },
    data_stream: { type: "logs", dataset, namespace: "default" },
    ecs: { version: "8.11.0" },
    elastic_agent: { id: "8652330e", snapshot: false, version: "9.2.1" },
    event: {
      agent_id_status: "verified",
      created: at(draw.index),
      dataset,
      id: `e${draw.index}`,
      ingested: at(draw.index + 5),
      kind: "event",
      module,
      ...event,
    },
    input: { type: "aws-s3" },
    tags: ["preserve_original_event", "forwarded", module],
  };
}

function windowsLog(dataset: string): Source {
  return (draw) => {
    const host = hostOf(draw, "windows");
    const { name, executable, commandLine = "", parent } = draw.pick(WINDOWS);
    const [code, action] = draw.pick<readonly [string, string]>([
      ["4688", "created-process"],
      ["4624", "logged-in"],
      ["5140", "network-share-object-accessed"],
    ]);
    const data = {
      SubjectUserSid: "S-1-5-18",
      SubjectUserName: `${host.name}$`,
      SubjectLogonId: "0x3e7",
      NewProcessName: executable,
      CommandLine: commandLine,
      LogonType: "3",
      IpAddress: "10.20.0.9",
    };
    return {
      ...base(draw, dataset, { action, category: ["process"], code, outcome: "success", type: ["start"] }),
      host: { hostname: host.name, id: host.id, name: host.name, os: { family: "windows", type: "windows" } },
      process: { executable, name, pid: 4242, command_line: commandLine, parent: { executable: parent } },
      user: { domain: "EXAMPLE", id: "S-1-5-18", name: `${host.name}$` },
      winlog: {
        channel: "Security",
        computer_name: host.name,
        event_data: data,
        event_id: code,
        record_id: draw.index,
      },
      message: `A new process has been created.\n\nSubject:\n\tSecurity ID:\tS-1-5-18\n\tProcess:\t${executable}`,
    };
  };
}

function linuxLog(dataset: string): Source {
  return (draw) => {
    const host = hostOf(draw, "linux");
    const { name, executable } = draw.pick(UNIX);
    return {
      ...base(draw, dataset, { action: "executed", category: ["process"], outcome: "success", type: ["start"] }),
      auditd: { message_type: "syscall", data: { syscall: "execve", exit: "0", tty: "pts0" }, session: "58" },
      host: { hostname: host.name, id: host.id, name: host.name, os: { family: "debian", type: "linux" } },
      process: { executable, name, pid: 3721, args: [executable, "-x"], parent: { pid: 1 } },
      user: { id: "1000", name: "app", effective: { id: "0", name: "root" } },
    };
  };
}

const cloudTrail: Source = (draw) => {
  const action = draw.pick(["DescribeInstances", "AssumeRole", "GetObject", "ListBuckets", "GetCallerIdentity"]);
  const user = `user-${draw.number(50)}`;
  const identity = {
    type: "AssumedRole",
    arn: `arn:aws:sts::${account}:assumed-role/${user}/session`,
    access_key_id: "ASIAEXAMPLE",
    session_context: { session_issuer: { arn: `arn:aws:iam::${account}:role/${user}`, type: "Role" } },
  };
  return {
    ...base(draw, "aws.cloudtrail", { action, category: ["iam"], outcome: "success", provider: "ec2.amazonaws.com" }),
    aws: {
      cloudtrail: {
        event_category: "Management",
        event_type: "AwsApiCall",
        event_version: "1.08",
        read_only: true,
        recipient_account_id: account,
        request_id: `r${draw.index}`,
        request_parameters: "{maxResults=50, filterSet={items=[{name=vpc-id}]}}",
        user_identity: identity,
      },
    },
    cloud: { account: { id: account }, provider: "aws", region: "eu-west-1" },
    related: { user: [user], ip: ["203.0.113.9"] },
    source: { address: "203.0.113.9", ip: "203.0.113.9", as: { number: 64500, organization: { name: "Example" } } },
    user: { name: user, id: `AROAEXAMPLE:${user}` },
    user_agent: { original: "aws-cli/2.15.0 Python/3.11.6", name: "aws-cli", version: "2.15.0" },
  };
};

function cloud(dataset: string, action: string): Source {
  return (draw) => {
    const [module = "", part = ""] = dataset.split(".");
    const user = `user-${draw.number(50)}@example.org`;
    return {
      ...base(draw, dataset, { action, category: ["web"], outcome: "success", type: ["access"] }),
      [module]: { [part]: { operation: action, properties: { status: "0", app: "Portal", detail: "x".repeat(200) } } },
      client: { ip: "203.0.113.9", user: { id: user } },
      source: { ip: "203.0.113.9", geo: { country_iso_code: "SE", city_name: "Lund" } },
      user: { email: user, id: user, name: user },
      user_agent: { original: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" },
    };
  };
}

type Source = (draw: Draw) => JsonObject;

/** A hundred: each source as often as its share. */
const SOURCES = (
  [
    [22, endpoint("windows")],
    [14, endpoint("linux")],
    [4, endpoint("macos")],
    [10, windowsLog("system.security")],
    [8, windowsLog("windows.sysmon_operational")],
    [2, windowsLog("windows.forwarded")],
    [8, linuxLog("auditd_manager.auditd")],
    [4, linuxLog("system.auth")],
    [14, cloudTrail],
    [3, cloud("o365.audit", "UserLoggedIn")],
    [3, cloud("azure.signinlogs", "Sign-in activity")],
    [2, cloud("azure.activitylogs", "MICROSOFT.COMPUTE/VIRTUALMACHINES/READ")],
    [2, cloud("github.audit", "git.clone")],
    [2, cloud("gcp.audit", "v1.compute.instances.list")],
    [2, cloud("kubernetes.audit_logs", "list")],
  ] satisfies [number, Source][]
).flatMap(([share, source]) => Array.from({ length: share }, () => source));
