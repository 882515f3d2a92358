/** What event.category and event.type say of an API call. */
interface ActionKind {
  readonly category?: readonly string[];
  readonly type?: readonly string[];
}

/** Category, types (`none`: there is no such field) and the names of API calls, whoever provides them, as Elastic's pipeline has them. */
const KINDS = `
iam group,change AddUserToGroup AttachGroupPolicy DeleteGroupPolicy DetachGroupPolicy PutGroupPolicy RemoveUserFromGroup UpdateGroup
iam user,change AttachUserPolicy ChangePassword CreateAccessKey CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey
iam user,change DeleteSSHPublicKey DeleteUserPermissionsBoundary DeleteUserPolicy DeleteVirtualMFADevice DetachUserPolicy
iam user,change EnableMFADevice PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey UpdateLoginProfile
iam user,change UpdateSSHPublicKey UpdateUser
iam group,creation CreateGroup
iam group,deletion DeleteGroup
iam user,creation CreateUser
iam user,deletion DeleteUser
iam group,info GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies ListGroups
iam user,info GetUser GetUserPolicy ListAttachedUserPolicies ListGroupsForUser ListUserPolicies ListUserTags ListUsers
iam admin,creation CreateKeyPair
iam admin,change SetDefaultPolicyVersion SetSecurityTokenServicePreferences UpdateAccountPasswordPolicy UpdateRole
iam change AttachRolePolicy
iam creation CreatePolicy
iam info GetPolicy ListAttachedRolePolicies ListRoles
authentication info AssumeRole ConsoleLogin GetCallerIdentity
file creation CreateBucket CreateDocument
file deletion DeleteBucket
file change PutObject
file delete DeleteObject
file info GetObject HeadObject ListBuckets ListObjects
session start CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel StartSession
session end TerminateSession
configuration creation CreateTopic
configuration deletion DeleteTrail
configuration change Subscribe
configuration info DescribeTrails
network access AuthorizeSecurityGroupIngress
network info DescribeLoadBalancers DescribeNetworkAcls DescribeNetworkInterfaces DescribeSecurityGroups DescribeVpcs
host info DescribeInstances DescribeVolumes ListInstanceAssociations
database info DescribeDBInstances ListTables
package info ListFunctions
api info DescribeRegions
api none Converse Publish
process none SendCommand
`;

const BY_ACTION: ReadonlyMap<string, ActionKind> = new Map(
  KINDS.trim()
    .split("\n")
    .flatMap((line) => {
      const [category = "", types = "", ...actions] = line.split(" ");
      const kind: ActionKind = { category: [category], ...(types === "none" ? {} : { type: types.split(",") }) };
      return actions.map((action) => [action, kind] as const);
    }),
);

const OTHER: ActionKind = { type: ["info"] };

/** @param action the name of an API call; an insight has none */
export function kindOf(action: string | undefined): ActionKind {
  return (action === undefined ? undefined : BY_ACTION.get(action)) ?? OTHER;
}
