/**
 * Fields of Elastic's integrations that its `new_terms` rules name, beside ECS: under each source, a field a line, then
 * its type and `:ignore_above`. Without a type it is `keyword`, cut at 1024 as Fleet does by default; `dynamic` is named
 * by no mapping of the source, and typed by the first value that comes.
 */
export const INTEGRATION_FIELDS = `
# detection-rules beats_schemas v9.5.0 auditbeat/module/auditd
auditd.data.a2
# elastic/package-storage auditd_manager-1.3.0/auditd
auditd.data.grantors
auditd.data.syscall
# elastic/integrations aws cloudtrail@0b97ab02df
aws.cloudtrail.console_login.additional_eventdata.mfa_used boolean
aws.cloudtrail.error_code
aws.cloudtrail.flattened.request_parameters flattened
aws.cloudtrail.flattened.response_elements flattened
aws.cloudtrail.request_parameters keyword:8191
aws.cloudtrail.request_parameters.text text
aws.cloudtrail.resources.account_id
aws.cloudtrail.resources.arn
aws.cloudtrail.session_credential_from_console
aws.cloudtrail.user_identity.access_key_id
aws.cloudtrail.user_identity.arn
aws.cloudtrail.user_identity.invoked_by
aws.cloudtrail.user_identity.session_context.session_issuer.arn
aws.cloudtrail.user_identity.type
entity.target.id
related.entity
# elastic/integrations azure aadgraphactivitylogs@499e2287cf
azure.aadgraphactivitylogs.properties.actor_type
azure.aadgraphactivitylogs.properties.app_id
# elastic/integrations azure activitylogs@01087ab468
azure.activitylogs.identity.authorization.evidence.principal_id
azure.activitylogs.identity.authorization.evidence.principal_type
azure.activitylogs.identity.authorization.evidence.role
azure.activitylogs.identity.claims.appid
azure.activitylogs.identity.claims_initiated_by_user.name
azure.activitylogs.operation_name
azure.activitylogs.properties flattened
# elastic/integrations azure auditlogs@0b97ab02df
azure.auditlogs.operation_name
azure.auditlogs.properties.additional_details.value
azure.auditlogs.properties.initiated_by.user.id
azure.auditlogs.properties.initiated_by.user.userPrincipalName
azure.auditlogs.properties.target_resources.0.display_name
# elastic/integrations azure graphactivitylogs@087f6f59f9
azure.graphactivitylogs.properties.app_id
azure.graphactivitylogs.properties.c_idtyp dynamic
azure.graphactivitylogs.properties.client_auth_method integer
azure.graphactivitylogs.properties.user_principal_object_id dynamic
azure.graphactivitylogs.result_signature
# elastic/integrations azure platformlogs@01087ab468
azure.platformlogs.identity.claim.upn dynamic
azure.platformlogs.identity.type dynamic
azure.platformlogs.properties flattened
azure.platformlogs.statusCode dynamic
# elastic/package-storage azure-1.5.2/activitylogs
azure.resource.group
azure.resource.name
# elastic/integrations azure signinlogs@1060c0dc04
azure.signinlogs.category
azure.signinlogs.properties.app_display_name
azure.signinlogs.properties.app_id
azure.signinlogs.properties.app_owner_tenant_id dynamic
azure.signinlogs.properties.applied_conditional_access_policies flattened
azure.signinlogs.properties.authentication_details flattened
azure.signinlogs.properties.authentication_processing_details flattened
azure.signinlogs.properties.authentication_protocol
azure.signinlogs.properties.authentication_requirement
azure.signinlogs.properties.client_app_used
azure.signinlogs.properties.client_credential_type
azure.signinlogs.properties.conditional_access_status
azure.signinlogs.properties.device_detail.browser
azure.signinlogs.properties.device_detail.device_id
azure.signinlogs.properties.device_detail.is_managed boolean
azure.signinlogs.properties.device_detail.operating_system
azure.signinlogs.properties.device_detail.trust_type
azure.signinlogs.properties.incoming_token_type
azure.signinlogs.properties.is_interactive boolean
azure.signinlogs.properties.original_transfer_method
azure.signinlogs.properties.resource_display_name
azure.signinlogs.properties.resource_id
azure.signinlogs.properties.service_principal_id
azure.signinlogs.properties.status.error_code long
azure.signinlogs.properties.tenant_id
azure.signinlogs.properties.token_issuer_type
azure.signinlogs.properties.token_protection_status_details.sign_in_session_status
azure.signinlogs.properties.user_principal_name
azure.signinlogs.properties.user_type
azure.signinlogs.result_signature
# elastic/package-storage fortinet_fortigate-1.2.5/log
fortinet.firewall.action
fortinet.firewall.cfgpath
fortinet.firewall.ui
# elastic/integrations gcp audit@039e5b7c6d
gcp.audit.resource_name
gcp.audit.service_data.policy_delta.binding_deltas nested
gcp.audit.service_data.policy_delta.binding_deltas.action
gcp.audit.service_data.policy_delta.binding_deltas.role
# elastic/integrations github audit@0b97ab02df
github.actor_ip ip
github.hashed_token
github.org_id
github.programmatic_access_type
github.repo
github.repository_public boolean
github.user_agent
# elastic/integrations google_workspace device@0b97ab02df
google_workspace.device.account_state
google_workspace.device.type
# elastic/integrations google_workspace token@20ecb2c14f
google_workspace.token.client.id
google_workspace.token.scope.value
# elastic/integrations network_traffic icmp@3010f134dd
icmp.request.type long
network_traffic.icmp.request.type long
# Kibana alerts-as-data mapping (.alerts-security.*)
kibana.alert.rule.rule_id
# elastic/integrations kubernetes audit_logs@0a35e489fc
kubernetes.audit.annotations.authorization_k8s_io/decision
kubernetes.audit.impersonatedUser.username
kubernetes.audit.objectRef.resource
kubernetes.audit.requestObject.spec.containers.image text
kubernetes.audit.requestURI
kubernetes.audit.stage
kubernetes.audit.user.groups text
kubernetes.audit.user.username
kubernetes.audit.verb
# elastic/integrations network_traffic memcached@8f42a37c4a
network_traffic.memcached.request.command
network_traffic.memcached.request.noreply boolean
network_traffic.memcached.response.status_code long
network_traffic.memcached.response.type
# elastic/integrations network_traffic mongodb@8f42a37c4a
network_traffic.mongodb.method
network_traffic.mongodb.query
# elastic/integrations network_traffic nfs@8f42a37c4a
network_traffic.nfs.rpc.auth_flavor
network_traffic.nfs.rpc.cred.uid long
# elastic/integrations network_traffic thrift@1070180a86
network_traffic.thrift.method dynamic
# elastic/integrations o365 audit@07d7ad521d
o365.audit.Actor.Type
o365.audit.ApplicationId
o365.audit.ClientAppId
o365.audit.DeviceProperties.Value dynamic
o365.audit.ErrorNumber
o365.audit.ExtendedProperties.RequestType
o365.audit.LogonType
o365.audit.ObjectId
o365.audit.OperationProperties.Value dynamic
o365.audit.Parameters.AccessRights
o365.audit.Parameters.BodyContainsWords
o365.audit.Parameters.DeleteMessage
o365.audit.Parameters.GrantSendOnBehalfTo
o365.audit.Parameters.MoveToFolder
o365.audit.Parameters.SubjectContainsWords
o365.audit.Parameters.WithinSizeRangeMinimum
o365.audit.Target.ID
o365.audit.Target.Type
o365.audit.UserId
o365.audit.UserType
# elastic/integrations okta system@01e2fd9d6e
okta.actor.display_name
okta.actor.id
okta.actor.type
okta.authentication_context.issuer.id
okta.client.device
okta.client.user_agent.raw_user_agent
okta.debug_context.debug_data.flattened flattened
okta.event_type
okta.outcome.reason
okta.outcome.result
okta.security_context.is_proxy boolean
# elastic/package-storage system-1.20.4/auth
system.auth.ssh.method
system.auth.ssh.signature
# elastic/integrations system security@03413fc735
winlog.event_data.AccessMask
winlog.event_data.AccessMaskDescription
winlog.event_data.AttributeLDAPDisplayName
winlog.event_data.CallerProcessName
winlog.event_data.LogonProcessName
winlog.event_data.ObjectClass
winlog.event_data.ObjectName
winlog.event_data.ObjectType
winlog.event_data.ProcessName
winlog.event_data.Properties
winlog.event_data.ServiceName
winlog.event_data.Status
winlog.event_data.SubjectUserName
winlog.event_data.SubjectUserSid
winlog.event_data.TargetSid
winlog.event_data.TargetUserName
winlog.event_data.TaskName
winlog.event_data.TicketEncryptionType
# elastic/package-storage system-1.20.4/security
winlog.logon.type
`;
