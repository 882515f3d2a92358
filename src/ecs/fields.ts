// Written by scripts/field-types.ts from @elastic/ecs 9.4.0 (Apache-2.0). Do not edit.

/**
 * One name part a line, one blank a level, then the type and `:ignore_above`. A leaf without a type is `keyword`,
 * an inner name without one is an object; `keyword` without a number is cut at 1024.
 */
export const ECS_FIELDS = `
@timestamp date
agent
 build
  original
 ephemeral_id
 id
 name
 type
 version
client
 address
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 domain
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 ip ip
 mac
 nat
  ip ip
  port long
 packets long
 port long
 registered_domain
 subdomain
 top_level_domain
 user
  domain
  email
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  roles
cloud
 account
  id
  name
 availability_zone
 entity
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 instance
  id
  name
 machine
  type
 origin
  account
   id
   name
  availability_zone
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  instance
   id
   name
  machine
   type
  project
   id
   name
  provider
  region
  service
   name
 project
  id
  name
 provider
 region
 service
  name
 target
  account
   id
   name
  availability_zone
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  instance
   id
   name
  machine
   type
  project
   id
   name
  provider
  region
  service
   name
container
 cpu
  usage scaled_float
 disk
  read
   bytes long
  write
   bytes long
 id
 image
  hash
   all
  name
  tag
 labels object
 memory
  usage scaled_float
 name
 network
  egress
   bytes long
  ingress
   bytes long
 runtime
 security_context
  privileged boolean
data_stream
 dataset constant_keyword
 namespace constant_keyword
 type constant_keyword
destination
 address
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 domain
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 ip ip
 mac
 nat
  ip ip
  port long
 packets long
 port long
 registered_domain
 subdomain
 top_level_domain
 user
  domain
  email
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  roles
device
 id
 manufacturer
 model
  identifier
  name
 product
  id
  name
 serial_number
 type
 vendor
  id
  name
dll
 code_signature
  digest_algorithm
  exists boolean
  flags
  signing_id
  status
  subject_name
  team_id
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 hash
  cdhash
  md5
  sha1
  sha256
  sha384
  sha512
  ssdeep
  tlsh
 name
 origin_referrer_url keyword:8192
 origin_url keyword:8192
 path
 pe
  architecture
  company
  description
  file_version
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imphash
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  original_file_name
  pehash
  product
  sections nested
   entropy long
   name
   physical_size long
   var_entropy long
   virtual_size long
dns
 answers object
  class
  data
  name
  ttl long
  type
 header_flags
 id
 op_code
 question
  class
  name
  registered_domain
  subdomain
  top_level_domain
  type
 resolved_ip ip
 response_code
 type
ecs
 version
email
 attachments nested
  file
   extension
   hash
    cdhash
    md5
    sha1
    sha256
    sha384
    sha512
    ssdeep
    tlsh
   mime_type
   name
   size long
 bcc
  address
 cc
  address
 content_type
 delivery_timestamp date
 direction
 from
  address
 local_id
 message_id wildcard
 origination_timestamp date
 reply_to
  address
 sender
  address
 subject keyword
  text match_only_text
 to
  address
 x_mailer
entity
 attributes
  known_redirects
  managed boolean
  mfa_enabled boolean
  oauth_consent_restriction
  permissions
  storage_class
 behavior object
 display_name keyword
  text match_only_text
 id
 last_seen_timestamp date
 lifecycle
  last_activity date
 metrics object
 name keyword
  text match_only_text
 raw object
 reference
 relationships
  administers
   entity
    id
   host
    id
    name
   service
    id
    name
   user
    domain
    email
    id
    name
  depends_on
   entity
    id
   host
    id
    name
   service
    id
    name
   user
    domain
    email
    id
    name
  owns
   entity
    id
   host
    id
    name
   service
    id
    name
   user
    domain
    email
    id
    name
  supervises
   entity
    id
   host
    id
    name
   service
    id
    name
   user
    domain
    email
    id
    name
 source
 sub_type
 target
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 type
error
 code
 id
 message match_only_text
 stack_trace wildcard
  text match_only_text
 type
event
 action
 agent_id_status
 category
 code
 created date
 dataset
 duration long
 end date
 hash
 id
 ingested date
 kind
 module
 original unindexed
 outcome
 provider
 reason
 reference
 risk_score float
 risk_score_norm float
 sequence long
 severity long
 start date
 timezone
 type
 url keyword:2083
faas
 coldstart boolean
 execution
 id
 name
 trigger
  request_id
  type
 version
file
 accessed date
 attributes
 code_signature
  digest_algorithm
  exists boolean
  flags
  signing_id
  status
  subject_name
  team_id
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 created date
 ctime date
 device
 directory
 drive_letter keyword:1
 elf
  architecture
  byte_order
  cpu_type
  creation_date date
  exports flattened
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  header
   abi_version
   class
   data
   entrypoint long
   object_version
   os_abi
   type
   version
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   chi2 long
   entropy long
   flags
   name
   physical_offset
   physical_size long
   type
   var_entropy long
   virtual_address long
   virtual_size long
  segments nested
   sections
   type
  shared_libraries
  telfhash
 extension
 fork_name
 gid
 group
 hash
  cdhash
  md5
  sha1
  sha256
  sha384
  sha512
  ssdeep
  tlsh
 inode
 macho
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   entropy long
   name
   physical_size long
   var_entropy long
   virtual_size long
  symhash
 mime_type
 mode
 mtime date
 name
 origin_referrer_url keyword:8192
 origin_url keyword:8192
 owner
 path keyword
  text match_only_text
 pe
  architecture
  company
  description
  file_version
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imphash
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  original_file_name
  pehash
  product
  sections nested
   entropy long
   name
   physical_size long
   var_entropy long
   virtual_size long
 size long
 target_path keyword
  text match_only_text
 type
 uid
 x509
  alternative_names
  issuer
   common_name
   country
   distinguished_name
   locality
   organization
   organizational_unit
   state_or_province
  not_after date
  not_before date
  public_key_algorithm
  public_key_curve
  public_key_exponent unindexed
  public_key_size long
  serial_number
  signature_algorithm
  subject
   common_name
   country
   distinguished_name
   locality
   organization
   organizational_unit
   state_or_province
  version_number
gen_ai
 agent
  description unindexed
  id
  name
 operation
  name
 output
  type
 request
  choice
   count integer
  encoding_formats nested
  frequency_penalty double
  max_tokens integer
  model
  presence_penalty double
  seed integer
  stop_sequences nested
  temperature double
  top_k double
  top_p double
 response
  finish_reasons nested
  id
  model
 system
 token
  type
 tool
  call
   id
  name
  type
 usage
  input_tokens integer
  output_tokens integer
group
 domain
 id
 name
host
 architecture
 boot
  id
 cpu
  usage scaled_float
 disk
  read
   bytes long
  write
   bytes long
 domain
 entity
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 hostname
 id
 ip ip
 mac
 name
 network
  egress
   bytes long
   packets long
  ingress
   bytes long
   packets long
 os
  family
  full keyword
   text match_only_text
  kernel
  name keyword
   text match_only_text
  platform
  type
  version
 pid_ns_ino
 risk
  calculated_level
  calculated_score float
  calculated_score_norm float
  static_level
  static_score float
  static_score_norm float
 target
  architecture
  boot
   id
  cpu
   usage scaled_float
  disk
   read
    bytes long
   write
    bytes long
  domain
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  geo
   city_name
   continent_code
   continent_name
   country_iso_code
   country_name
   location geo_point
   name
   postal_code
   region_iso_code
   region_name
   timezone
  hostname
  id
  ip ip
  mac
  name
  network
   egress
    bytes long
    packets long
   ingress
    bytes long
    packets long
  os
   family
   full keyword
    text match_only_text
   kernel
   name keyword
    text match_only_text
   platform
   type
   version
  pid_ns_ino
  risk
   calculated_level
   calculated_score float
   calculated_score_norm float
   static_level
   static_score float
   static_score_norm float
  type
  uptime long
 type
 uptime long
http
 request
  body
   bytes long
   content wildcard
    text match_only_text
  bytes long
  id
  method
  mime_type
  referrer
 response
  body
   bytes long
   content wildcard
    text match_only_text
  bytes long
  mime_type
  status_code long
 version
labels object
log
 file
  path
 level
 logger
 origin
  file
   line long
   name
  function
 syslog object
  appname
  facility
   code long
   name
  hostname
  msgid
  priority long
  procid
  severity
   code long
   name
  structured_data flattened
  version
message match_only_text
network
 application
 bytes long
 community_id
 direction
 forwarded_ip ip
 iana_number
 inner object
  vlan
   id
   name
 name
 packets long
 protocol
 transport
 type
 vlan
  id
  name
observer
 egress object
  interface
   alias
   id
   name
  vlan
   id
   name
  zone
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 hostname
 ingress object
  interface
   alias
   id
   name
  vlan
   id
   name
  zone
 ip ip
 mac
 name
 os
  family
  full keyword
   text match_only_text
  kernel
  name keyword
   text match_only_text
  platform
  type
  version
 product
 serial_number
 type
 vendor
 version
orchestrator
 api_version
 cluster
  id
  name
  url
  version
 entity
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 namespace
 organization
 resource
  annotation
  id
  ip ip
  label
  name
  parent
   type
  type
 type
organization
 id
 name keyword
  text match_only_text
package
 architecture
 build_version
 checksum
 description
 install_scope
 installed date
 license
 name
 path
 reference
 size long
 type
 version
process
 args
 args_count long
 code_signature
  digest_algorithm
  exists boolean
  flags
  signing_id
  status
  subject_name
  team_id
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 command_line wildcard
  text match_only_text
 elf
  architecture
  byte_order
  cpu_type
  creation_date date
  exports flattened
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  header
   abi_version
   class
   data
   entrypoint long
   object_version
   os_abi
   type
   version
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   chi2 long
   entropy long
   flags
   name
   physical_offset
   physical_size long
   type
   var_entropy long
   virtual_address long
   virtual_size long
  segments nested
   sections
   type
  shared_libraries
  telfhash
 end date
 entity_id
 entry_leader
  args
  args_count long
  attested_groups
   name
  attested_user
   id
   name keyword
    text match_only_text
  command_line wildcard
   text match_only_text
  entity_id
  entry_meta
   source
    ip ip
   type
  executable keyword
   text match_only_text
  group
   id
   name
  interactive boolean
  name keyword
   text match_only_text
  parent
   entity_id
   pid long
   session_leader
    entity_id
    pid long
    start date
    vpid long
   start date
   vpid long
  pid long
  real_group
   id
   name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id
   name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id
   name
  tty object
   char_device
    major long
    minor long
  user
   id
   name keyword
    text match_only_text
  vpid long
  working_directory keyword
   text match_only_text
 env_vars
 executable keyword
  text match_only_text
 exit_code long
 group
  id
  name
 group_leader
  args
  args_count long
  command_line wildcard
   text match_only_text
  entity_id
  executable keyword
   text match_only_text
  group
   id
   name
  interactive boolean
  name keyword
   text match_only_text
  pid long
  real_group
   id
   name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id
   name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id
   name
  tty object
   char_device
    major long
    minor long
  user
   id
   name keyword
    text match_only_text
  vpid long
  working_directory keyword
   text match_only_text
 hash
  cdhash
  md5
  sha1
  sha256
  sha384
  sha512
  ssdeep
  tlsh
 interactive boolean
 io object
  bytes_skipped object
   length long
   offset long
  max_bytes_per_process_exceeded boolean
  text wildcard
  total_bytes_captured long
  total_bytes_skipped long
  type
 macho
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   entropy long
   name
   physical_size long
   var_entropy long
   virtual_size long
  symhash
 name keyword
  text match_only_text
 parent
  args
  args_count long
  code_signature
   digest_algorithm
   exists boolean
   flags
   signing_id
   status
   subject_name
   team_id
   thumbprint_sha256 keyword:64
   timestamp date
   trusted boolean
   valid boolean
  command_line wildcard
   text match_only_text
  elf
   architecture
   byte_order
   cpu_type
   creation_date date
   exports flattened
   go_import_hash
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   header
    abi_version
    class
    data
    entrypoint long
    object_version
    os_abi
    type
    version
   import_hash
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   sections nested
    chi2 long
    entropy long
    flags
    name
    physical_offset
    physical_size long
    type
    var_entropy long
    virtual_address long
    virtual_size long
   segments nested
    sections
    type
   shared_libraries
   telfhash
  end date
  entity_id
  executable keyword
   text match_only_text
  exit_code long
  group
   id
   name
  group_leader
   entity_id
   pid long
   start date
   vpid long
  hash
   cdhash
   md5
   sha1
   sha256
   sha384
   sha512
   ssdeep
   tlsh
  interactive boolean
  macho
   go_import_hash
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   import_hash
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   sections nested
    entropy long
    name
    physical_size long
    var_entropy long
    virtual_size long
   symhash
  name keyword
   text match_only_text
  pe
   architecture
   company
   description
   file_version
   go_import_hash
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   imphash
   import_hash
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   original_file_name
   pehash
   product
   sections nested
    entropy long
    name
    physical_size long
    var_entropy long
    virtual_size long
  pid long
  real_group
   id
   name
  real_user
   id
   name keyword
    text match_only_text
  saved_group
   id
   name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id
   name
  thread
   capabilities
    effective
    permitted
   id long
   name
  title keyword
   text match_only_text
  tty object
   char_device
    major long
    minor long
  uptime long
  user
   id
   name keyword
    text match_only_text
  vpid long
  working_directory keyword
   text match_only_text
 pe
  architecture
  company
  description
  file_version
  go_import_hash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imphash
  import_hash
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  original_file_name
  pehash
  product
  sections nested
   entropy long
   name
   physical_size long
   var_entropy long
   virtual_size long
 pid long
 previous
  args
  args_count long
  executable keyword
   text match_only_text
 real_group
  id
  name
 real_user
  id
  name keyword
   text match_only_text
 saved_group
  id
  name
 saved_user
  id
  name keyword
   text match_only_text
 session_leader
  args
  args_count long
  command_line wildcard
   text match_only_text
  entity_id
  executable keyword
   text match_only_text
  group
   id
   name
  interactive boolean
  name keyword
   text match_only_text
  parent
   entity_id
   pid long
   session_leader
    entity_id
    pid long
    start date
    vpid long
   start date
   vpid long
  pid long
  real_group
   id
   name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id
   name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id
   name
  tty object
   char_device
    major long
    minor long
  user
   id
   name keyword
    text match_only_text
  vpid long
  working_directory keyword
   text match_only_text
 start date
 supplemental_groups
  id
  name
 thread
  capabilities
   effective
   permitted
  id long
  name
 title keyword
  text match_only_text
 tty object
  char_device
   major long
   minor long
  columns long
  rows long
 uptime long
 user
  id
  name keyword
   text match_only_text
 vpid long
 working_directory keyword
  text match_only_text
registry
 data
  bytes
  strings wildcard
  type
 hive
 key
 path
 value
related
 hash
 hosts
 ip ip
 user
rule
 author
 category
 description
 id
 license
 name
 reference
 ruleset
 uuid
 version
server
 address
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 domain
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 ip ip
 mac
 nat
  ip ip
  port long
 packets long
 port long
 registered_domain
 subdomain
 top_level_domain
 user
  domain
  email
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  roles
service
 address
 entity
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 environment
 ephemeral_id
 id
 name
 node
  name
  role
  roles
 origin
  address
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  environment
  ephemeral_id
  id
  name
  node
   name
   role
   roles
  state
  type
  version
 state
 target
  address
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  environment
  ephemeral_id
  id
  name
  node
   name
   role
   roles
  state
  type
  version
 type
 version
source
 address
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 domain
 geo
  city_name
  continent_code
  continent_name
  country_iso_code
  country_name
  location geo_point
  name
  postal_code
  region_iso_code
  region_name
  timezone
 ip ip
 mac
 nat
  ip ip
  port long
 packets long
 port long
 registered_domain
 subdomain
 top_level_domain
 user
  domain
  email
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  roles
span
 id
tags
threat
 enrichments nested
  indicator object
   as
    number long
    organization
     name keyword
      text match_only_text
   confidence
   description
   email
    address
   file
    accessed date
    attributes
    code_signature
     digest_algorithm
     exists boolean
     flags
     signing_id
     status
     subject_name
     team_id
     thumbprint_sha256 keyword:64
     timestamp date
     trusted boolean
     valid boolean
    created date
    ctime date
    device
    directory
    drive_letter keyword:1
    elf
     architecture
     byte_order
     cpu_type
     creation_date date
     exports flattened
     go_import_hash
     go_imports flattened
     go_imports_names_entropy long
     go_imports_names_var_entropy long
     go_stripped boolean
     header
      abi_version
      class
      data
      entrypoint long
      object_version
      os_abi
      type
      version
     import_hash
     imports flattened
     imports_names_entropy long
     imports_names_var_entropy long
     sections nested
      chi2 long
      entropy long
      flags
      name
      physical_offset
      physical_size long
      type
      var_entropy long
      virtual_address long
      virtual_size long
     segments nested
      sections
      type
     shared_libraries
     telfhash
    extension
    fork_name
    gid
    group
    hash
     cdhash
     md5
     sha1
     sha256
     sha384
     sha512
     ssdeep
     tlsh
    inode
    mime_type
    mode
    mtime date
    name
    origin_referrer_url keyword:8192
    origin_url keyword:8192
    owner
    path keyword
     text match_only_text
    pe
     architecture
     company
     description
     file_version
     go_import_hash
     go_imports flattened
     go_imports_names_entropy long
     go_imports_names_var_entropy long
     go_stripped boolean
     imphash
     import_hash
     imports flattened
     imports_names_entropy long
     imports_names_var_entropy long
     original_file_name
     pehash
     product
     sections nested
      entropy long
      name
      physical_size long
      var_entropy long
      virtual_size long
    size long
    target_path keyword
     text match_only_text
    type
    uid
    x509
     alternative_names
     issuer
      common_name
      country
      distinguished_name
      locality
      organization
      organizational_unit
      state_or_province
     not_after date
     not_before date
     public_key_algorithm
     public_key_curve
     public_key_exponent unindexed
     public_key_size long
     serial_number
     signature_algorithm
     subject
      common_name
      country
      distinguished_name
      locality
      organization
      organizational_unit
      state_or_province
     version_number
   first_seen date
   geo
    city_name
    continent_code
    continent_name
    country_iso_code
    country_name
    location geo_point
    name
    postal_code
    region_iso_code
    region_name
    timezone
   ip ip
   last_seen date
   marking
    tlp
    tlp_version
   modified_at date
   name
   port long
   provider
   reference
   registry
    data
     bytes
     strings wildcard
     type
    hive
    key
    path
    value
   scanner_stats long
   sightings long
   type
   url
    domain
    extension
    fragment
    full wildcard
     text match_only_text
    original wildcard
     text match_only_text
    password
    path wildcard
    port long
    query keyword:2083
    registered_domain
    scheme
    subdomain
    top_level_domain
    username
   x509
    alternative_names
    issuer
     common_name
     country
     distinguished_name
     locality
     organization
     organizational_unit
     state_or_province
    not_after date
    not_before date
    public_key_algorithm
    public_key_curve
    public_key_exponent unindexed
    public_key_size long
    serial_number
    signature_algorithm
    subject
     common_name
     country
     distinguished_name
     locality
     organization
     organizational_unit
     state_or_province
    version_number
  matched
   atomic
   field
   id
   index
   occurred date
   type
 feed
  dashboard_id
  description
  name
  reference
 framework
 group
  alias
  id
  name
  reference
 indicator
  as
   number long
   organization
    name keyword
     text match_only_text
  confidence
  description
  email
   address
  file
   accessed date
   attributes
   code_signature
    digest_algorithm
    exists boolean
    flags
    signing_id
    status
    subject_name
    team_id
    thumbprint_sha256 keyword:64
    timestamp date
    trusted boolean
    valid boolean
   created date
   ctime date
   device
   directory
   drive_letter keyword:1
   elf
    architecture
    byte_order
    cpu_type
    creation_date date
    exports flattened
    go_import_hash
    go_imports flattened
    go_imports_names_entropy long
    go_imports_names_var_entropy long
    go_stripped boolean
    header
     abi_version
     class
     data
     entrypoint long
     object_version
     os_abi
     type
     version
    import_hash
    imports flattened
    imports_names_entropy long
    imports_names_var_entropy long
    sections nested
     chi2 long
     entropy long
     flags
     name
     physical_offset
     physical_size long
     type
     var_entropy long
     virtual_address long
     virtual_size long
    segments nested
     sections
     type
    shared_libraries
    telfhash
   extension
   fork_name
   gid
   group
   hash
    cdhash
    md5
    sha1
    sha256
    sha384
    sha512
    ssdeep
    tlsh
   inode
   mime_type
   mode
   mtime date
   name
   origin_referrer_url keyword:8192
   origin_url keyword:8192
   owner
   path keyword
    text match_only_text
   pe
    architecture
    company
    description
    file_version
    go_import_hash
    go_imports flattened
    go_imports_names_entropy long
    go_imports_names_var_entropy long
    go_stripped boolean
    imphash
    import_hash
    imports flattened
    imports_names_entropy long
    imports_names_var_entropy long
    original_file_name
    pehash
    product
    sections nested
     entropy long
     name
     physical_size long
     var_entropy long
     virtual_size long
   size long
   target_path keyword
    text match_only_text
   type
   uid
   x509
    alternative_names
    issuer
     common_name
     country
     distinguished_name
     locality
     organization
     organizational_unit
     state_or_province
    not_after date
    not_before date
    public_key_algorithm
    public_key_curve
    public_key_exponent unindexed
    public_key_size long
    serial_number
    signature_algorithm
    subject
     common_name
     country
     distinguished_name
     locality
     organization
     organizational_unit
     state_or_province
    version_number
  first_seen date
  geo
   city_name
   continent_code
   continent_name
   country_iso_code
   country_name
   location geo_point
   name
   postal_code
   region_iso_code
   region_name
   timezone
  id
  ip ip
  last_seen date
  marking
   tlp
   tlp_version
  modified_at date
  name
  port long
  provider
  reference
  registry
   data
    bytes
    strings wildcard
    type
   hive
   key
   path
   value
  scanner_stats long
  sightings long
  type
  url
   domain
   extension
   fragment
   full wildcard
    text match_only_text
   original wildcard
    text match_only_text
   password
   path wildcard
   port long
   query keyword:2083
   registered_domain
   scheme
   subdomain
   top_level_domain
   username
  x509
   alternative_names
   issuer
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   not_after date
   not_before date
   public_key_algorithm
   public_key_curve
   public_key_exponent unindexed
   public_key_size long
   serial_number
   signature_algorithm
   subject
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   version_number
 software
  alias
  id
  name
  platforms
  reference
  type
 tactic
  id
  name
  reference
 technique
  id
  name keyword
   text match_only_text
  reference
  subtechnique
   id
   name keyword
    text match_only_text
   reference
tls
 cipher
 client
  certificate
  certificate_chain
  hash
   md5
   sha1
   sha256
  issuer
  ja3
  not_after date
  not_before date
  server_name
  subject
  supported_ciphers
  x509
   alternative_names
   issuer
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   not_after date
   not_before date
   public_key_algorithm
   public_key_curve
   public_key_exponent unindexed
   public_key_size long
   serial_number
   signature_algorithm
   subject
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   version_number
 curve
 established boolean
 next_protocol
 resumed boolean
 server
  certificate
  certificate_chain
  hash
   md5
   sha1
   sha256
  issuer
  ja3s
  not_after date
  not_before date
  subject
  x509
   alternative_names
   issuer
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   not_after date
   not_before date
   public_key_algorithm
   public_key_curve
   public_key_exponent unindexed
   public_key_size long
   serial_number
   signature_algorithm
   subject
    common_name
    country
    distinguished_name
    locality
    organization
    organizational_unit
    state_or_province
   version_number
 version
 version_protocol
trace
 id
transaction
 id
url
 domain
 extension
 fragment
 full wildcard
  text match_only_text
 original wildcard
  text match_only_text
 password
 path wildcard
 port long
 query keyword:2083
 registered_domain
 scheme
 subdomain
 top_level_domain
 username
user
 changes
  domain
  email
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  risk
   calculated_level
   calculated_score float
   calculated_score_norm float
   static_level
   static_score float
   static_score_norm float
  roles
 domain
 effective
  domain
  email
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  risk
   calculated_level
   calculated_score float
   calculated_score_norm float
   static_level
   static_score float
   static_score_norm float
  roles
 email
 entity
  attributes
   known_redirects
   managed boolean
   mfa_enabled boolean
   oauth_consent_restriction
   permissions
   storage_class
  behavior object
  display_name keyword
   text match_only_text
  id
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  reference
  relationships
   administers
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   depends_on
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   owns
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
   supervises
    entity
     id
    host
     id
     name
    service
     id
     name
    user
     domain
     email
     id
     name
  source
  sub_type
  type
 full_name keyword
  text match_only_text
 group
  domain
  id
  name
 hash
 id
 name keyword
  text match_only_text
 risk
  calculated_level
  calculated_score float
  calculated_score_norm float
  static_level
  static_score float
  static_score_norm float
 roles
 target
  domain
  email
  entity
   attributes
    known_redirects
    managed boolean
    mfa_enabled boolean
    oauth_consent_restriction
    permissions
    storage_class
   behavior object
   display_name keyword
    text match_only_text
   id
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   reference
   relationships
    administers
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    depends_on
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    owns
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
    supervises
     entity
      id
     host
      id
      name
     service
      id
      name
     user
      domain
      email
      id
      name
   source
   sub_type
   type
  full_name keyword
   text match_only_text
  group
   domain
   id
   name
  hash
  id
  name keyword
   text match_only_text
  risk
   calculated_level
   calculated_score float
   calculated_score_norm float
   static_level
   static_score float
   static_score_norm float
  roles
user_agent
 device
  name
 name
 original keyword
  text match_only_text
 os
  family
  full keyword
   text match_only_text
  kernel
  name keyword
   text match_only_text
  platform
  type
  version
 version
volume
 bus_type
 default_access
 device_name
 device_type
 dos_name
 file_system_type
 mount_name
 nt_name
 product_id
 product_name
 removable boolean
 serial_number
 size long
 vendor_id
 vendor_name
 writable boolean
vulnerability
 category
 classification
 description keyword
  text match_only_text
 enumeration
 id
 reference
 report_id
 scanner
  vendor
 score
  base float
  environmental float
  temporal float
  version
 severity
`;
