// Written by scripts/field-types.ts from @elastic/ecs 9.4.0 (Apache-2.0). Do not edit.

/**
 * One name part a line, one blank a level, then the type and `:ignore_above`. Leaves without a type are `keyword`, and
 * stand on one line with commas; an inner name without one is an object. `keyword` without a number is cut at 1024.
 */
export const ECS_FIELDS = `
tags
@timestamp date
agent
 ephemeral_id,id,name,type,version
 build
  original
client
 address,domain,mac,registered_domain,subdomain,top_level_domain
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ip ip
 nat
  ip ip
  port long
 packets long
 port long
 user
  domain,email,hash,id,roles
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
cloud
 availability_zone,provider,region
 account
  id,name
 entity
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
 instance
  id,name
 machine
  type
 origin
  availability_zone,provider,region
  account
   id,name
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  instance
   id,name
  machine
   type
  project
   id,name
  service
   name
 project
  id,name
 service
  name
 target
  availability_zone,provider,region
  account
   id,name
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  instance
   id,name
  machine
   type
  project
   id,name
  service
   name
container
 id,name,runtime
 cpu
  usage scaled_float
 disk
  read
   bytes long
  write
   bytes long
 image
  name,tag
  hash
   all
 labels object
 memory
  usage scaled_float
 network
  egress
   bytes long
  ingress
   bytes long
 security_context
  privileged boolean
data_stream
 dataset constant_keyword
 namespace constant_keyword
 type constant_keyword
destination
 address,domain,mac,registered_domain,subdomain,top_level_domain
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ip ip
 nat
  ip ip
  port long
 packets long
 port long
 user
  domain,email,hash,id,roles
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
device
 id,manufacturer,serial_number,type
 model
  identifier,name
 product
  id,name
 vendor
  id,name
dll
 name,path
 code_signature
  digest_algorithm,flags,signing_id,status,subject_name,team_id
  exists boolean
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 hash
  cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
 origin_referrer_url keyword:8192
 origin_url keyword:8192
 pe
  architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   name
   entropy long
   physical_size long
   var_entropy long
   virtual_size long
dns
 header_flags,id,op_code,response_code,type
 answers object
  class,data,name,type
  ttl long
 question
  class,name,registered_domain,subdomain,top_level_domain,type
 resolved_ip ip
ecs
 version
email
 content_type,direction,local_id,x_mailer
 attachments nested
  file
   extension,mime_type,name
   hash
    cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
   size long
 bcc
  address
 cc
  address
 delivery_timestamp date
 from
  address
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
entity
 id,reference,source,sub_type,type
 attributes
  known_redirects,oauth_consent_restriction,permissions,storage_class
  managed boolean
  mfa_enabled boolean
 behavior object
 display_name keyword
  text match_only_text
 last_seen_timestamp date
 lifecycle
  last_activity date
 metrics object
 name keyword
  text match_only_text
 raw object
 relationships
  administers
   entity
    id
   host
    id,name
   service
    id,name
   user
    domain,email,id,name
  depends_on
   entity
    id
   host
    id,name
   service
    id,name
   user
    domain,email,id,name
  owns
   entity
    id
   host
    id,name
   service
    id,name
   user
    domain,email,id,name
  supervises
   entity
    id
   host
    id,name
   service
    id,name
   user
    domain,email,id,name
 target
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
error
 code,id,type
 message match_only_text
 stack_trace wildcard
  text match_only_text
event
 action,agent_id_status,category,code,dataset,hash,id,kind,module,outcome,provider,reason,reference,timezone,type
 created date
 duration long
 end date
 ingested date
 original unindexed
 risk_score float
 risk_score_norm float
 sequence long
 severity long
 start date
 url keyword:2083
faas
 execution,id,name,version
 coldstart boolean
 trigger
  request_id,type
file
 attributes,device,directory,extension,fork_name,gid,group,inode,mime_type,mode,name,owner,type,uid
 accessed date
 code_signature
  digest_algorithm,flags,signing_id,status,subject_name,team_id
  exists boolean
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 created date
 ctime date
 drive_letter keyword:1
 elf
  architecture,byte_order,cpu_type,go_import_hash,import_hash,shared_libraries,telfhash
  creation_date date
  exports flattened
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  header
   abi_version,class,data,object_version,os_abi,type,version
   entrypoint long
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   flags,name,physical_offset,type
   chi2 long
   entropy long
   physical_size long
   var_entropy long
   virtual_address long
   virtual_size long
  segments nested
   sections,type
 hash
  cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
 macho
  go_import_hash,import_hash,symhash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   name
   entropy long
   physical_size long
   var_entropy long
   virtual_size long
 mtime date
 origin_referrer_url keyword:8192
 origin_url keyword:8192
 path keyword
  text match_only_text
 pe
  architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   name
   entropy long
   physical_size long
   var_entropy long
   virtual_size long
 size long
 target_path keyword
  text match_only_text
 x509
  alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
  issuer
   common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
  not_after date
  not_before date
  public_key_exponent unindexed
  public_key_size long
  subject
   common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
gen_ai
 system
 agent
  id,name
  description unindexed
 operation
  name
 output
  type
 request
  model
  choice
   count integer
  encoding_formats nested
  frequency_penalty double
  max_tokens integer
  presence_penalty double
  seed integer
  stop_sequences nested
  temperature double
  top_k double
  top_p double
 response
  id,model
  finish_reasons nested
 token
  type
 tool
  name,type
  call
   id
 usage
  input_tokens integer
  output_tokens integer
group
 domain,id,name
host
 architecture,domain,hostname,id,mac,name,pid_ns_ino,type
 boot
  id
 cpu
  usage scaled_float
 disk
  read
   bytes long
  write
   bytes long
 entity
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ip ip
 network
  egress
   bytes long
   packets long
  ingress
   bytes long
   packets long
 os
  family,kernel,platform,type,version
  full keyword
   text match_only_text
  name keyword
   text match_only_text
 risk
  calculated_level,static_level
  calculated_score float
  calculated_score_norm float
  static_score float
  static_score_norm float
 target
  architecture,domain,hostname,id,mac,name,pid_ns_ino,type
  boot
   id
  cpu
   usage scaled_float
  disk
   read
    bytes long
   write
    bytes long
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  geo
   city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
   location geo_point
  ip ip
  network
   egress
    bytes long
    packets long
   ingress
    bytes long
    packets long
  os
   family,kernel,platform,type,version
   full keyword
    text match_only_text
   name keyword
    text match_only_text
  risk
   calculated_level,static_level
   calculated_score float
   calculated_score_norm float
   static_score float
   static_score_norm float
  uptime long
 uptime long
http
 version
 request
  id,method,mime_type,referrer
  body
   bytes long
   content wildcard
    text match_only_text
  bytes long
 response
  mime_type
  body
   bytes long
   content wildcard
    text match_only_text
  bytes long
  status_code long
labels object
log
 level,logger
 file
  path
 origin
  function
  file
   name
   line long
 syslog object
  appname,hostname,msgid,procid,version
  facility
   name
   code long
  priority long
  severity
   name
   code long
  structured_data flattened
message match_only_text
network
 application,community_id,direction,iana_number,name,protocol,transport,type
 bytes long
 forwarded_ip ip
 inner object
  vlan
   id,name
 packets long
 vlan
  id,name
observer
 hostname,mac,name,product,serial_number,type,vendor,version
 egress object
  zone
  interface
   alias,id,name
  vlan
   id,name
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ingress object
  zone
  interface
   alias,id,name
  vlan
   id,name
 ip ip
 os
  family,kernel,platform,type,version
  full keyword
   text match_only_text
  name keyword
   text match_only_text
orchestrator
 api_version,namespace,organization,type
 cluster
  id,name,url,version
 entity
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
 resource
  annotation,id,label,name,type
  ip ip
  parent
   type
organization
 id
 name keyword
  text match_only_text
package
 architecture,build_version,checksum,description,install_scope,license,name,path,reference,type,version
 installed date
 size long
process
 args,entity_id,env_vars
 args_count long
 code_signature
  digest_algorithm,flags,signing_id,status,subject_name,team_id
  exists boolean
  thumbprint_sha256 keyword:64
  timestamp date
  trusted boolean
  valid boolean
 command_line wildcard
  text match_only_text
 elf
  architecture,byte_order,cpu_type,go_import_hash,import_hash,shared_libraries,telfhash
  creation_date date
  exports flattened
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  header
   abi_version,class,data,object_version,os_abi,type,version
   entrypoint long
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   flags,name,physical_offset,type
   chi2 long
   entropy long
   physical_size long
   var_entropy long
   virtual_address long
   virtual_size long
  segments nested
   sections,type
 end date
 entry_leader
  args,entity_id
  args_count long
  attested_groups
   name
  attested_user
   id
   name keyword
    text match_only_text
  command_line wildcard
   text match_only_text
  entry_meta
   type
   source
    ip ip
  executable keyword
   text match_only_text
  group
   id,name
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
   id,name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id,name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id,name
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
 executable keyword
  text match_only_text
 exit_code long
 group
  id,name
 group_leader
  args,entity_id
  args_count long
  command_line wildcard
   text match_only_text
  executable keyword
   text match_only_text
  group
   id,name
  interactive boolean
  name keyword
   text match_only_text
  pid long
  real_group
   id,name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id,name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id,name
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
  cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
 interactive boolean
 io object
  type
  bytes_skipped object
   length long
   offset long
  max_bytes_per_process_exceeded boolean
  text wildcard
  total_bytes_captured long
  total_bytes_skipped long
 macho
  go_import_hash,import_hash,symhash
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   name
   entropy long
   physical_size long
   var_entropy long
   virtual_size long
 name keyword
  text match_only_text
 parent
  args,entity_id
  args_count long
  code_signature
   digest_algorithm,flags,signing_id,status,subject_name,team_id
   exists boolean
   thumbprint_sha256 keyword:64
   timestamp date
   trusted boolean
   valid boolean
  command_line wildcard
   text match_only_text
  elf
   architecture,byte_order,cpu_type,go_import_hash,import_hash,shared_libraries,telfhash
   creation_date date
   exports flattened
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   header
    abi_version,class,data,object_version,os_abi,type,version
    entrypoint long
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   sections nested
    flags,name,physical_offset,type
    chi2 long
    entropy long
    physical_size long
    var_entropy long
    virtual_address long
    virtual_size long
   segments nested
    sections,type
  end date
  executable keyword
   text match_only_text
  exit_code long
  group
   id,name
  group_leader
   entity_id
   pid long
   start date
   vpid long
  hash
   cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
  interactive boolean
  macho
   go_import_hash,import_hash,symhash
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   sections nested
    name
    entropy long
    physical_size long
    var_entropy long
    virtual_size long
  name keyword
   text match_only_text
  pe
   architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
   go_imports flattened
   go_imports_names_entropy long
   go_imports_names_var_entropy long
   go_stripped boolean
   imports flattened
   imports_names_entropy long
   imports_names_var_entropy long
   sections nested
    name
    entropy long
    physical_size long
    var_entropy long
    virtual_size long
  pid long
  real_group
   id,name
  real_user
   id
   name keyword
    text match_only_text
  saved_group
   id,name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id,name
  thread
   name
   capabilities
    effective,permitted
   id long
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
  architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
  go_imports flattened
  go_imports_names_entropy long
  go_imports_names_var_entropy long
  go_stripped boolean
  imports flattened
  imports_names_entropy long
  imports_names_var_entropy long
  sections nested
   name
   entropy long
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
  id,name
 real_user
  id
  name keyword
   text match_only_text
 saved_group
  id,name
 saved_user
  id
  name keyword
   text match_only_text
 session_leader
  args,entity_id
  args_count long
  command_line wildcard
   text match_only_text
  executable keyword
   text match_only_text
  group
   id,name
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
   id,name
  real_user
   id
   name keyword
    text match_only_text
  same_as_process boolean
  saved_group
   id,name
  saved_user
   id
   name keyword
    text match_only_text
  start date
  supplemental_groups
   id,name
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
  id,name
 thread
  name
  capabilities
   effective,permitted
  id long
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
 hive,key,path,value
 data
  bytes,type
  strings wildcard
related
 hash,hosts,user
 ip ip
rule
 author,category,description,id,license,name,reference,ruleset,uuid,version
server
 address,domain,mac,registered_domain,subdomain,top_level_domain
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ip ip
 nat
  ip ip
  port long
 packets long
 port long
 user
  domain,email,hash,id,roles
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
service
 address,environment,ephemeral_id,id,name,state,type,version
 entity
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
 node
  name,role,roles
 origin
  address,environment,ephemeral_id,id,name,state,type,version
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  node
   name,role,roles
 target
  address,environment,ephemeral_id,id,name,state,type,version
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  node
   name,role,roles
source
 address,domain,mac,registered_domain,subdomain,top_level_domain
 as
  number long
  organization
   name keyword
    text match_only_text
 bytes long
 geo
  city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
  location geo_point
 ip ip
 nat
  ip ip
  port long
 packets long
 port long
 user
  domain,email,hash,id,roles
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
span
 id
threat
 framework
 enrichments nested
  indicator object
   confidence,description,name,provider,reference,type
   as
    number long
    organization
     name keyword
      text match_only_text
   email
    address
   file
    attributes,device,directory,extension,fork_name,gid,group,inode,mime_type,mode,name,owner,type,uid
    accessed date
    code_signature
     digest_algorithm,flags,signing_id,status,subject_name,team_id
     exists boolean
     thumbprint_sha256 keyword:64
     timestamp date
     trusted boolean
     valid boolean
    created date
    ctime date
    drive_letter keyword:1
    elf
     architecture,byte_order,cpu_type,go_import_hash,import_hash,shared_libraries,telfhash
     creation_date date
     exports flattened
     go_imports flattened
     go_imports_names_entropy long
     go_imports_names_var_entropy long
     go_stripped boolean
     header
      abi_version,class,data,object_version,os_abi,type,version
      entrypoint long
     imports flattened
     imports_names_entropy long
     imports_names_var_entropy long
     sections nested
      flags,name,physical_offset,type
      chi2 long
      entropy long
      physical_size long
      var_entropy long
      virtual_address long
      virtual_size long
     segments nested
      sections,type
    hash
     cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
    mtime date
    origin_referrer_url keyword:8192
    origin_url keyword:8192
    path keyword
     text match_only_text
    pe
     architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
     go_imports flattened
     go_imports_names_entropy long
     go_imports_names_var_entropy long
     go_stripped boolean
     imports flattened
     imports_names_entropy long
     imports_names_var_entropy long
     sections nested
      name
      entropy long
      physical_size long
      var_entropy long
      virtual_size long
    size long
    target_path keyword
     text match_only_text
    x509
     alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
     issuer
      common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
     not_after date
     not_before date
     public_key_exponent unindexed
     public_key_size long
     subject
      common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
   first_seen date
   geo
    city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
    location geo_point
   ip ip
   last_seen date
   marking
    tlp,tlp_version
   modified_at date
   port long
   registry
    hive,key,path,value
    data
     bytes,type
     strings wildcard
   scanner_stats long
   sightings long
   url
    domain,extension,fragment,password,registered_domain,scheme,subdomain,top_level_domain,username
    full wildcard
     text match_only_text
    original wildcard
     text match_only_text
    path wildcard
    port long
    query keyword:2083
   x509
    alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
    issuer
     common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
    not_after date
    not_before date
    public_key_exponent unindexed
    public_key_size long
    subject
     common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
  matched
   atomic,field,id,index,type
   occurred date
 feed
  dashboard_id,description,name,reference
 group
  alias,id,name,reference
 indicator
  confidence,description,id,name,provider,reference,type
  as
   number long
   organization
    name keyword
     text match_only_text
  email
   address
  file
   attributes,device,directory,extension,fork_name,gid,group,inode,mime_type,mode,name,owner,type,uid
   accessed date
   code_signature
    digest_algorithm,flags,signing_id,status,subject_name,team_id
    exists boolean
    thumbprint_sha256 keyword:64
    timestamp date
    trusted boolean
    valid boolean
   created date
   ctime date
   drive_letter keyword:1
   elf
    architecture,byte_order,cpu_type,go_import_hash,import_hash,shared_libraries,telfhash
    creation_date date
    exports flattened
    go_imports flattened
    go_imports_names_entropy long
    go_imports_names_var_entropy long
    go_stripped boolean
    header
     abi_version,class,data,object_version,os_abi,type,version
     entrypoint long
    imports flattened
    imports_names_entropy long
    imports_names_var_entropy long
    sections nested
     flags,name,physical_offset,type
     chi2 long
     entropy long
     physical_size long
     var_entropy long
     virtual_address long
     virtual_size long
    segments nested
     sections,type
   hash
    cdhash,md5,sha1,sha256,sha384,sha512,ssdeep,tlsh
   mtime date
   origin_referrer_url keyword:8192
   origin_url keyword:8192
   path keyword
    text match_only_text
   pe
    architecture,company,description,file_version,go_import_hash,imphash,import_hash,original_file_name,pehash,product
    go_imports flattened
    go_imports_names_entropy long
    go_imports_names_var_entropy long
    go_stripped boolean
    imports flattened
    imports_names_entropy long
    imports_names_var_entropy long
    sections nested
     name
     entropy long
     physical_size long
     var_entropy long
     virtual_size long
   size long
   target_path keyword
    text match_only_text
   x509
    alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
    issuer
     common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
    not_after date
    not_before date
    public_key_exponent unindexed
    public_key_size long
    subject
     common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
  first_seen date
  geo
   city_name,continent_code,continent_name,country_iso_code,country_name,name,postal_code,region_iso_code,region_name,timezone
   location geo_point
  ip ip
  last_seen date
  marking
   tlp,tlp_version
  modified_at date
  port long
  registry
   hive,key,path,value
   data
    bytes,type
    strings wildcard
  scanner_stats long
  sightings long
  url
   domain,extension,fragment,password,registered_domain,scheme,subdomain,top_level_domain,username
   full wildcard
    text match_only_text
   original wildcard
    text match_only_text
   path wildcard
   port long
   query keyword:2083
  x509
   alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
   issuer
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
   not_after date
   not_before date
   public_key_exponent unindexed
   public_key_size long
   subject
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
 software
  alias,id,name,platforms,reference,type
 tactic
  id,name,reference
 technique
  id,reference
  name keyword
   text match_only_text
  subtechnique
   id,reference
   name keyword
    text match_only_text
tls
 cipher,curve,next_protocol,version,version_protocol
 client
  certificate,certificate_chain,issuer,ja3,server_name,subject,supported_ciphers
  hash
   md5,sha1,sha256
  not_after date
  not_before date
  x509
   alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
   issuer
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
   not_after date
   not_before date
   public_key_exponent unindexed
   public_key_size long
   subject
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
 established boolean
 resumed boolean
 server
  certificate,certificate_chain,issuer,ja3s,subject
  hash
   md5,sha1,sha256
  not_after date
  not_before date
  x509
   alternative_names,public_key_algorithm,public_key_curve,serial_number,signature_algorithm,version_number
   issuer
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
   not_after date
   not_before date
   public_key_exponent unindexed
   public_key_size long
   subject
    common_name,country,distinguished_name,locality,organization,organizational_unit,state_or_province
trace
 id
transaction
 id
url
 domain,extension,fragment,password,registered_domain,scheme,subdomain,top_level_domain,username
 full wildcard
  text match_only_text
 original wildcard
  text match_only_text
 path wildcard
 port long
 query keyword:2083
user
 domain,email,hash,id,roles
 changes
  domain,email,hash,id,roles
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
  risk
   calculated_level,static_level
   calculated_score float
   calculated_score_norm float
   static_score float
   static_score_norm float
 effective
  domain,email,hash,id,roles
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
  risk
   calculated_level,static_level
   calculated_score float
   calculated_score_norm float
   static_score float
   static_score_norm float
 entity
  id,reference,source,sub_type,type
  attributes
   known_redirects,oauth_consent_restriction,permissions,storage_class
   managed boolean
   mfa_enabled boolean
  behavior object
  display_name keyword
   text match_only_text
  last_seen_timestamp date
  lifecycle
   last_activity date
  metrics object
  name keyword
   text match_only_text
  raw object
  relationships
   administers
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   depends_on
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   owns
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
   supervises
    entity
     id
    host
     id,name
    service
     id,name
    user
     domain,email,id,name
 full_name keyword
  text match_only_text
 group
  domain,id,name
 name keyword
  text match_only_text
 risk
  calculated_level,static_level
  calculated_score float
  calculated_score_norm float
  static_score float
  static_score_norm float
 target
  domain,email,hash,id,roles
  entity
   id,reference,source,sub_type,type
   attributes
    known_redirects,oauth_consent_restriction,permissions,storage_class
    managed boolean
    mfa_enabled boolean
   behavior object
   display_name keyword
    text match_only_text
   last_seen_timestamp date
   lifecycle
    last_activity date
   metrics object
   name keyword
    text match_only_text
   raw object
   relationships
    administers
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    depends_on
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    owns
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
    supervises
     entity
      id
     host
      id,name
     service
      id,name
     user
      domain,email,id,name
  full_name keyword
   text match_only_text
  group
   domain,id,name
  name keyword
   text match_only_text
  risk
   calculated_level,static_level
   calculated_score float
   calculated_score_norm float
   static_score float
   static_score_norm float
user_agent
 name,version
 device
  name
 original keyword
  text match_only_text
 os
  family,kernel,platform,type,version
  full keyword
   text match_only_text
  name keyword
   text match_only_text
volume
 bus_type,default_access,device_name,device_type,dos_name,file_system_type,mount_name,nt_name,product_id,product_name,serial_number,vendor_id,vendor_name
 removable boolean
 size long
 writable boolean
vulnerability
 category,classification,enumeration,id,reference,report_id,severity
 description keyword
  text match_only_text
 scanner
  vendor
 score
  version
  base float
  environmental float
  temporal float
`;
