// Written by scripts/ecs-values.ts from @elastic/ecs 9.4.0 (Apache-2.0). Do not edit.

/** A line of fields, then one of the values that ECS allows in them, or expects without ruling others out. */
export const ECS_VALUES = `
cloud.entity.type cloud.origin.entity.type cloud.target.entity.type entity.target.type entity.type host.entity.type host.target.entity.type orchestrator.entity.type service.entity.type service.origin.entity.type service.target.entity.type user.changes.entity.type user.effective.entity.type user.entity.type user.target.entity.type
allowed: bucket, database, container, function, queue, host, user, application, service, session, cloud, orchestrator
dns.header_flags
expected: AA, TC, RD, RA, AD, CD, DO
event.category
allowed: api, authentication, configuration, database, driver, email, file, host, iam, intrusion_detection, library, malware, network, package, process, registry, session, threat, vulnerability, web
event.kind
allowed: alert, asset, enrichment, event, metric, state, pipeline_error, signal
event.outcome
allowed: failure, success, unknown
event.type
allowed: access, admin, allowed, change, connection, creation, deletion, denied, device, end, error, group, indicator, info, installation, protocol, start, user
faas.trigger.type
expected: http, pubsub, datasource, timer, other
host.os.type host.target.os.type observer.os.type user_agent.os.type
expected: linux, macos, unix, windows, ios, android
network.direction
expected: ingress, egress, inbound, outbound, internal, external, unknown
threat.enrichments.indicator.confidence threat.indicator.confidence
expected: Not Specified, None, Low, Medium, High
threat.enrichments.indicator.marking.tlp threat.indicator.marking.tlp
expected: WHITE, CLEAR, GREEN, AMBER, AMBER+STRICT, RED
threat.enrichments.indicator.type threat.indicator.type
expected: autonomous-system, artifact, directory, domain-name, email-addr, file, ipv4-addr, ipv6-addr, mac-addr, mutex, port, process, software, url, user-account, windows-registry-key, x509-certificate
threat.software.platforms
expected: AWS, Azure, Azure AD, GCP, Linux, macOS, Network, Office 365, SaaS, Windows
threat.software.type
expected: Malware, Tool
`;
