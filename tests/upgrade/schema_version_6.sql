BEGIN TRANSACTION;
CREATE TABLE administrator_links (
    secret_hash VARCHAR(64) NOT NULL,
    expiration_time INTEGER NOT NULL,
    PRIMARY KEY (secret_hash)
)
 WITHOUT ROWID;
CREATE TABLE attempts (
    attempt_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run_key INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    kept_step INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    UNIQUE (run_key, attempt),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
);
CREATE TABLE audit_chain (
    chain_key INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain_key)
);
INSERT INTO "audit_chain" VALUES(1,13,'4fd44bd3251ae3f3b20b27d719a1e88e2b21e0ccf46f39d25ff69719ae268446');
CREATE TABLE audit_events (
    sequence INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    actor VARCHAR(255),
    token_id VARCHAR(16),
    address VARCHAR(64),
    action VARCHAR(64) NOT NULL,
    resource_type VARCHAR(32),
    resource_id VARCHAR(500),
    result VARCHAR(8) NOT NULL,
    details TEXT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (sequence)
);
INSERT INTO "audit_events" VALUES(1,1795841400000,NULL,NULL,NULL,'administrator_link.create',NULL,NULL,'success','{}','12af665cca262ffcda9e52c121ec5c2f645a4ecf28ac2b6862a3dcdc9b59c24a');
INSERT INTO "audit_events" VALUES(2,1795841400000,NULL,NULL,'192.0.2.1','administrator_link.redeem','user','ada','success','{}','4d1020eec3201e98b2bf02d3dff847d83dcfddd4e81380221c042e212c6642f3');
INSERT INTO "audit_events" VALUES(3,1795841400000,'ada',NULL,'192.0.2.1','user.create','user','robot','success','{"is_admin":"false","kind":"service"}','2b6a7872ec8f4929e91ee1dcf04dd706c1edc40bca55226609bd365d69b44621');
INSERT INTO "audit_events" VALUES(4,1795841400000,'ada',NULL,'192.0.2.1','group.create','group','team','success','{}','d0b61828c3d24c9ed8360ff8a631495e377ebbaa89a3538b5f357dbf2b15e65b');
INSERT INTO "audit_events" VALUES(5,1795841400000,'ada',NULL,'192.0.2.1','group.add_member','group','team','success','{"username":"robot"}','486cc7bc899d3d2a5d0a8b146c19a9418397c4d2b60d14c233835bd1f71423e8');
INSERT INTO "audit_events" VALUES(6,1795841400000,'ada',NULL,'192.0.2.1','permission.grant','experiment','1','success','{"group":"team","permission":"EDIT"}','6bc3a472c0e7bfe1feb9b9a272d794fd186c776ad88d8b017b98329b300901fc');
INSERT INTO "audit_events" VALUES(7,1795841400000,'ada',NULL,'192.0.2.1','role.create','role','4','success','{"name":"readers"}','f9ad42d94ca668bff121ec23f03a6e0bb948265f03d333b6b2be29c2b5b3413f');
INSERT INTO "audit_events" VALUES(8,1795841400000,'ada',NULL,'192.0.2.1','role.add_permission','role','4','success','{"permission":"READ","resource_pattern":"forecast","resource_type":"registered_model"}','ff80db05eaa2a61efdcc33eb190cca2889f85dbfca70e91cd20a8082e107362d');
INSERT INTO "audit_events" VALUES(9,1795841400000,'ada',NULL,'192.0.2.1','role.assign','role','4','success','{"user":"robot"}','a9a070369f350c23ea64c65c83200201774f13fb4ee9a153820742ab0bf2bc61');
INSERT INTO "audit_events" VALUES(10,1795841400000,'ada',NULL,'192.0.2.1','token.create','user','robot','success','{"scope":"write","token_id":"282a9f181ffb40e7"}','9e6ad69a2b930132a93b13fa83b0ecaaae04967bd6c7ad2a382fdb662561e8ad');
INSERT INTO "audit_events" VALUES(11,1795841400000,'ada',NULL,'192.0.2.1','session.create','user','ada','success','{}','083776dfe78148e9ac8c99aae69214776c84eed7a043f4709ea5f99b8bafa9d5');
INSERT INTO "audit_events" VALUES(12,1795841400000,NULL,NULL,'192.0.2.7','user.sign_in','user','ada','failure','{}','819729645cf89de3dc5e8becbb6d4ded0f0acffe9ea5f6e1c11c116c29e5de36');
INSERT INTO "audit_events" VALUES(13,1795876379548,'ada',NULL,NULL,'workspace.create','workspace','red-team','success','{}','4fd44bd3251ae3f3b20b27d719a1e88e2b21e0ccf46f39d25ff69719ae268446');
CREATE TABLE console_lines (
    run_key INTEGER NOT NULL,
    position INTEGER NOT NULL,
    process_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    stream SMALLINT NOT NULL,
    timestamp INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_key, position),
    UNIQUE (process_key, number)
)
 WITHOUT ROWID

;
INSERT INTO "console_lines" VALUES(1,0,1,1,0,0,0,'naïve line');
CREATE TABLE console_processes (
    process_key INTEGER NOT NULL,
    run_key INTEGER NOT NULL,
    process VARCHAR(100) NOT NULL,
    process_rank INTEGER NOT NULL,
    PRIMARY KEY (process_key),
    UNIQUE (run_key, process),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
);
INSERT INTO "console_processes" VALUES(1,1,'worker',0);
CREATE TABLE dataset_input_tags (
    run_key INTEGER NOT NULL,
    dataset_key INTEGER NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    value VARCHAR(500) NOT NULL,
    PRIMARY KEY (run_key, dataset_key, "key"),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "dataset_input_tags" VALUES(1,1,'mlflow.data.context','train');
CREATE TABLE dataset_inputs (
    run_key INTEGER NOT NULL,
    dataset_key INTEGER NOT NULL,
    PRIMARY KEY (run_key, dataset_key),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    FOREIGN KEY(dataset_key) REFERENCES datasets (dataset_key)
)
 WITHOUT ROWID;
INSERT INTO "dataset_inputs" VALUES(1,1);
CREATE TABLE datasets (
    dataset_key INTEGER NOT NULL,
    experiment_key INTEGER NOT NULL,
    name VARCHAR(500) NOT NULL,
    digest VARCHAR(36) NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    PRIMARY KEY (dataset_key),
    UNIQUE (experiment_key, name, digest),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
);
INSERT INTO "datasets" VALUES(1,1,'data','d1','local','{}',NULL,NULL);
CREATE TABLE experiment_tags (
    experiment_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment_key, "key"),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
)
 WITHOUT ROWID;
INSERT INTO "experiment_tags" VALUES(1,'team','red');
CREATE TABLE experiments (
    experiment_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(500) NOT NULL,
    artifact_location TEXT,
    lifecycle_stage VARCHAR(10) NOT NULL,
    creation_time INTEGER,
    last_update_time INTEGER,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    UNIQUE (workspace, name)
);
INSERT INTO "experiments" VALUES(0,'Default','./0','active',1795402115758,1795402115758,'default');
INSERT INTO "experiments" VALUES(1,'diabetes','./1','active',1795402115830,1795402115830,'default');
INSERT INTO "experiments" VALUES(2,'gone','./2','deleted',1795402115888,1795402115892,'default');
INSERT INTO "experiments" VALUES(3,'diabetes','./workspaces/red-team/3','active',1795876379584,1795876379584,'red-team');
CREATE TABLE gates (
    registered_model_key INTEGER NOT NULL,
    gate VARCHAR(64) NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (registered_model_key, gate),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)
 WITHOUT ROWID;
CREATE TABLE grants (
    grant_key INTEGER NOT NULL,
    role_key INTEGER NOT NULL,
    resource_type VARCHAR(32) NOT NULL,
    resource_key INTEGER NOT NULL,
    permission SMALLINT NOT NULL,
    PRIMARY KEY (grant_key),
    UNIQUE (role_key, resource_type, resource_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key)
);
INSERT INTO "grants" VALUES(1,3,'experiment',1,3);
INSERT INTO "grants" VALUES(2,4,'registered_model',1,1);
CREATE TABLE group_members (
    group_key INTEGER NOT NULL,
    user_key INTEGER NOT NULL,
    PRIMARY KEY (group_key, user_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID;
INSERT INTO "group_members" VALUES(1,2);
CREATE TABLE keys (
    key_id INTEGER NOT NULL,
    name VARCHAR(250) NOT NULL,
    PRIMARY KEY (key_id),
    UNIQUE (name)
);
INSERT INTO "keys" VALUES(1,'mlflow.source.name');
INSERT INTO "keys" VALUES(2,'mlflow.runName');
INSERT INTO "keys" VALUES(3,'alpha');
INSERT INTO "keys" VALUES(4,'text');
INSERT INTO "keys" VALUES(5,'loss');
INSERT INTO "keys" VALUES(6,'odd');
INSERT INTO "keys" VALUES(7,'auc');
CREATE TABLE latest_metrics (
    run_key INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    experiment_key INTEGER NOT NULL,
    step INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    min_value DOUBLE,
    min_step INTEGER,
    max_value DOUBLE,
    max_step INTEGER,
    in_order SMALLINT NOT NULL,
    late_step INTEGER,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "latest_metrics" VALUES(1,5,1,4,1700000000004,0.2,0,0.2,4,1.0,0,1,NULL);
INSERT INTO "latest_metrics" VALUES(1,6,1,2,1,-1.79769313486231562234e+308,-1,-1.79769313486231562234e+308,2,1.79769313486231562234e+308,1,1,NULL);
INSERT INTO "latest_metrics" VALUES(1,7,1,1,5,0.75,0,0.75,1,0.75,1,1,NULL);
CREATE TABLE logged_model_metrics (
    model_key INTEGER NOT NULL,
    run_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    step INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    dataset_name VARCHAR(500) NOT NULL,
    dataset_digest VARCHAR(36) NOT NULL,
    PRIMARY KEY (model_key, run_key, "key", dataset_digest, step, timestamp, value, special),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "logged_model_metrics" VALUES(1,1,'auc',1,5,0.75,0,'data','d1');
CREATE TABLE logged_model_params (
    model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    number DOUBLE,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)
 WITHOUT ROWID;
INSERT INTO "logged_model_params" VALUES(1,'alpha','0.5',0.5);
CREATE TABLE logged_model_tags (
    model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)
 WITHOUT ROWID;
INSERT INTO "logged_model_tags" VALUES(1,'stage','draft');
CREATE TABLE logged_models (
    model_key INTEGER NOT NULL,
    model_id VARCHAR(64) NOT NULL,
    experiment_key INTEGER NOT NULL,
    name VARCHAR(500) NOT NULL,
    artifact_location TEXT NOT NULL,
    creation_timestamp_ms INTEGER NOT NULL,
    last_updated_timestamp_ms INTEGER NOT NULL,
    status VARCHAR(32) NOT NULL,
    lifecycle_stage VARCHAR(10) NOT NULL,
    model_type TEXT,
    source_run_id VARCHAR(256),
    status_message TEXT,
    PRIMARY KEY (model_key),
    UNIQUE (model_id),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
);
INSERT INTO "logged_models" VALUES(1,'m-594a09c1a39344bb9d213cfc31ecfc0c',1,'ridge','./1/models/m-594a09c1a39344bb9d213cfc31ecfc0c/artifacts',1795402115847,1795402115847,'LOGGED_MODEL_PENDING','active',NULL,NULL,NULL);
CREATE TABLE metric_blocks (
    run_key INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    points INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    first_timestamp INTEGER NOT NULL,
    first_value DOUBLE NOT NULL,
    first_special SMALLINT NOT NULL,
    last_step INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    last_value DOUBLE NOT NULL,
    last_special SMALLINT NOT NULL,
    least_step INTEGER,
    least_timestamp INTEGER,
    least_value DOUBLE,
    least_special SMALLINT,
    greatest_step INTEGER,
    greatest_timestamp INTEGER,
    greatest_value DOUBLE,
    greatest_special SMALLINT,
    PRIMARY KEY (run_key, key_id, last_step)
)
 WITHOUT ROWID;
CREATE TABLE metrics (
    run_key INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    step INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    PRIMARY KEY (run_key, key_id, step, timestamp, value, special)
)
 WITHOUT ROWID;
INSERT INTO "metrics" VALUES(1,5,0,1700000000000,1.0,0);
INSERT INTO "metrics" VALUES(1,5,1,1700000000001,0.5,0);
INSERT INTO "metrics" VALUES(1,5,2,1700000000002,3.33333333333333314829e-01,0);
INSERT INTO "metrics" VALUES(1,5,3,1700000000003,0.25,0);
INSERT INTO "metrics" VALUES(1,5,4,1700000000004,0.2,0);
INSERT INTO "metrics" VALUES(1,6,0,1,0.0,2);
INSERT INTO "metrics" VALUES(1,6,1,1,1.79769313486231562234e+308,1);
INSERT INTO "metrics" VALUES(1,6,2,1,-1.79769313486231562234e+308,-1);
INSERT INTO "metrics" VALUES(1,7,1,5,0.75,0);
CREATE TABLE millstream_migrations (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT millstream_migrations_pkc PRIMARY KEY (version_num)
);
INSERT INTO "millstream_migrations" VALUES('0006');
CREATE TABLE millstream_schema (
    version INTEGER NOT NULL
);
INSERT INTO "millstream_schema" VALUES(6);
CREATE TABLE model_links (
    run_key INTEGER NOT NULL,
    model_id VARCHAR(64) NOT NULL,
    direction VARCHAR(6) NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run_key, model_id, direction),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "model_links" VALUES(1,'m-594a09c1a39344bb9d213cfc31ecfc0c','input',0);
INSERT INTO "model_links" VALUES(1,'m-594a09c1a39344bb9d213cfc31ecfc0c','output',4);
CREATE TABLE model_version_tags (
    version_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (version_key, "key"),
    FOREIGN KEY(version_key) REFERENCES model_versions (version_key)
)
 WITHOUT ROWID;
INSERT INTO "model_version_tags" VALUES(1,'k','1','1');
INSERT INTO "model_version_tags" VALUES(2,'k','2','2');
CREATE TABLE model_versions (
    version_key INTEGER NOT NULL,
    registered_model_key INTEGER NOT NULL,
    name VARCHAR(500) NOT NULL,
    version INTEGER NOT NULL,
    creation_timestamp INTEGER NOT NULL,
    last_updated_timestamp INTEGER NOT NULL,
    current_stage VARCHAR(64) NOT NULL,
    status VARCHAR(32) NOT NULL,
    source TEXT NOT NULL,
    source_head VARCHAR(64) NOT NULL,
    storage_location TEXT NOT NULL,
    storage_head VARCHAR(64) DEFAULT '' NOT NULL,
    description TEXT NOT NULL,
    run_link TEXT NOT NULL,
    run_id VARCHAR(256),
    model_id VARCHAR(64),
    user_id TEXT,
    status_message TEXT,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    PRIMARY KEY (version_key),
    UNIQUE (registered_model_key, version),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
);
INSERT INTO "model_versions" VALUES(1,1,'forecast',1,1795841385281,1795841385284,'Archived','READY','s3://bucket/model/1','s3://bucket/model/1','s3://bucket/model/1','s3://bucket/model/1','number 1','',NULL,NULL,'ada',NULL,'default');
INSERT INTO "model_versions" VALUES(2,1,'forecast',2,1795841385282,1795841385284,'Production','READY','s3://bucket/model/2','s3://bucket/model/2','s3://bucket/model/2','s3://bucket/model/2','number 2','',NULL,NULL,'ada',NULL,'default');
CREATE TABLE openid_links (
    user_key INTEGER NOT NULL,
    issuer VARCHAR(500) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    creation_time INTEGER NOT NULL,
    PRIMARY KEY (user_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID

;
CREATE TABLE params (
    run_key INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    experiment_key INTEGER NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    number DOUBLE,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "params" VALUES(1,3,1,'0.5','0.5',0.5);
INSERT INTO "params" VALUES(1,4,1,'naïve ✓','naïve ✓',NULL);
CREATE TABLE registered_model_aliases (
    registered_model_key INTEGER NOT NULL,
    alias VARCHAR(255) NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (registered_model_key, alias),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)
 WITHOUT ROWID;
INSERT INTO "registered_model_aliases" VALUES(1,'champion',2);
CREATE TABLE registered_model_tags (
    registered_model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (registered_model_key, "key"),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)
 WITHOUT ROWID;
INSERT INTO "registered_model_tags" VALUES(1,'team','red','red');
CREATE TABLE registered_models (
    registered_model_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(500) NOT NULL,
    description TEXT,
    creation_timestamp INTEGER NOT NULL,
    last_updated_timestamp INTEGER NOT NULL,
    last_version INTEGER NOT NULL,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    UNIQUE (workspace, name)
);
INSERT INTO "registered_models" VALUES(1,'forecast','Sales, by week',1795841385280,1795841385284,2,'default');
INSERT INTO "registered_models" VALUES(2,'forecast',NULL,1795876379593,1795876379593,0,'red-team');
CREATE TABLE registry_events (
    event_key INTEGER NOT NULL,
    change_id VARCHAR(32) NOT NULL,
    timestamp INTEGER NOT NULL,
    registered_model_key INTEGER NOT NULL,
    name VARCHAR(500) NOT NULL,
    version INTEGER,
    kind VARCHAR(32) NOT NULL,
    subject VARCHAR(255),
    from_value TEXT,
    to_value TEXT,
    user_id VARCHAR(256),
    comment TEXT,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    PRIMARY KEY (event_key)
);
INSERT INTO "registry_events" VALUES(1,'093f7cf199c043648dbae76c1d0cda1e',1795841385280,1,'forecast',NULL,'MODEL_CREATED',NULL,NULL,'forecast','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(2,'093f7cf199c043648dbae76c1d0cda1e',1795841385280,1,'forecast',NULL,'MODEL_DESCRIBED',NULL,NULL,'Sales, by week','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(3,'093f7cf199c043648dbae76c1d0cda1e',1795841385280,1,'forecast',NULL,'MODEL_TAG_SET','team',NULL,'red','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(4,'1d00c623661f4380a29a7237e2a502aa',1795841385281,1,'forecast',1,'VERSION_CREATED',NULL,NULL,'{"source":"s3://bucket/model/1","description":"number 1"}','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(5,'1d00c623661f4380a29a7237e2a502aa',1795841385281,1,'forecast',1,'VERSION_TAG_SET','k',NULL,'1','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(6,'470e918c2ab3436582d481d502579a64',1795841385282,1,'forecast',2,'VERSION_CREATED',NULL,NULL,'{"source":"s3://bucket/model/2","description":"number 2"}','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(7,'470e918c2ab3436582d481d502579a64',1795841385282,1,'forecast',2,'VERSION_TAG_SET','k',NULL,'2','ada',NULL,'default');
INSERT INTO "registry_events" VALUES(8,'69f19fcf28fe472ab37fd5f5fb628b6a',1795841385283,1,'forecast',1,'STAGE_CHANGED','Production','None','Production','ada','first','default');
INSERT INTO "registry_events" VALUES(9,'7e3ad6bf64da47f6b713fd1ba7f03747',1795841385284,1,'forecast',1,'STAGE_CHANGED','Archived','Production','Archived','bob','better','default');
INSERT INTO "registry_events" VALUES(10,'7e3ad6bf64da47f6b713fd1ba7f03747',1795841385284,1,'forecast',2,'STAGE_CHANGED','Production','None','Production','bob','better','default');
INSERT INTO "registry_events" VALUES(11,'42a77bda59fa45e2acd03e3d3dbaa3a2',1795841385284,1,'forecast',2,'ALIAS_SET','champion',NULL,'2','bob',NULL,'default');
INSERT INTO "registry_events" VALUES(12,'4b915d3e65124311a9693439595bc44d',1795876379593,2,'forecast',NULL,'MODEL_CREATED',NULL,NULL,'forecast',NULL,NULL,'red-team');
CREATE TABLE role_groups (
    role_key INTEGER NOT NULL,
    group_key INTEGER NOT NULL,
    PRIMARY KEY (group_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key)
)
 WITHOUT ROWID;
INSERT INTO "role_groups" VALUES(3,1);
CREATE TABLE role_users (
    role_key INTEGER NOT NULL,
    user_key INTEGER NOT NULL,
    PRIMARY KEY (user_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID;
INSERT INTO "role_users" VALUES(1,1);
INSERT INTO "role_users" VALUES(2,2);
INSERT INTO "role_users" VALUES(4,2);
CREATE TABLE roles (
    role_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    workspace VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    user_key INTEGER,
    group_key INTEGER,
    UNIQUE (workspace, name),
    UNIQUE (user_key),
    UNIQUE (group_key)
);
INSERT INTO "roles" VALUES(1,'default','__user_1__',NULL,1,NULL);
INSERT INTO "roles" VALUES(2,'default','__user_2__',NULL,2,NULL);
INSERT INTO "roles" VALUES(3,'default','__group_1__',NULL,NULL,1);
INSERT INTO "roles" VALUES(4,'default','readers',NULL,NULL,NULL);
CREATE TABLE run_leases (
    run_key INTEGER NOT NULL,
    lease_id VARCHAR(64) NOT NULL,
    host VARCHAR(255) NOT NULL,
    process_id INTEGER NOT NULL,
    boot_id VARCHAR(200),
    process_start INTEGER,
    memory_counter TEXT,
    memory_kills INTEGER,
    heartbeat_time INTEGER NOT NULL,
    expires_at INTEGER,
    reason TEXT,
    PRIMARY KEY (run_key, lease_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID

;
CREATE TABLE runs (
    run_key INTEGER NOT NULL,
    run_id VARCHAR(256) NOT NULL,
    experiment_key INTEGER NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status VARCHAR(10) NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    lifecycle_stage VARCHAR(10) NOT NULL,
    deleted_time INTEGER,
    artifact_uri TEXT NOT NULL, earlier_attempts INTEGER,
    PRIMARY KEY (run_key),
    UNIQUE (run_id),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
);
INSERT INTO "runs" VALUES(1,'0123456789abcdef0123456789abcdef',1,'first','ada','FINISHED',1700000000000,1700000005000,'active',NULL,'./1/0123456789abcdef0123456789abcdef/artifacts',NULL);
CREATE TABLE sessions (
    session_key INTEGER NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    user_key INTEGER NOT NULL,
    address VARCHAR(64),
    creation_time INTEGER NOT NULL,
    expiration_time INTEGER NOT NULL,
    last_used_time INTEGER NOT NULL,
    PRIMARY KEY (session_key),
    UNIQUE (secret_hash),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
);
INSERT INTO "sessions" VALUES(1,'b4cb36dc46e69f1fcb3215b7b2df9212809ac3759f4117b3107bc4de6f6f5d9b',1,'192.0.2.1',1795841400000,1796446200000,1795841400000);
CREATE TABLE sign_in_failures (
    subject_hash VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    last_failure_time INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (subject_hash)
)
 WITHOUT ROWID;
INSERT INTO "sign_in_failures" VALUES('19d0191a4a07579538f81a3f3f84fc457560eafe3593d1a12cef235e99f816db',1,1795841400000,1795841400000);
INSERT INTO "sign_in_failures" VALUES('75a3464936bde9f14014db27d3ca17f2d3b092b801ba900aa2832f5d7b2897d7',1,1795841400000,1795841400000);
CREATE TABLE stage_policies (
    policy_key INTEGER NOT NULL,
    policy TEXT,
    PRIMARY KEY (policy_key)
);
INSERT INTO "stage_policies" VALUES(1,NULL);
CREATE TABLE tags (
    run_key INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    experiment_key INTEGER NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
INSERT INTO "tags" VALUES(1,1,1,'train.py','train.py');
INSERT INTO "tags" VALUES(1,2,1,'first','first');
CREATE TABLE token_resources (
    token_key INTEGER NOT NULL,
    resource_type VARCHAR(32) NOT NULL,
    resource_key INTEGER NOT NULL,
    PRIMARY KEY (token_key, resource_type, resource_key),
    FOREIGN KEY(token_key) REFERENCES tokens (token_key)
)
 WITHOUT ROWID;
INSERT INTO "token_resources" VALUES(1,'experiment',1);
CREATE TABLE tokens (
    token_key INTEGER NOT NULL,
    token_id VARCHAR(16) NOT NULL,
    user_key INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    scope VARCHAR(8) NOT NULL,
    is_limited SMALLINT NOT NULL,
    creation_time INTEGER NOT NULL,
    expiration_time INTEGER NOT NULL,
    last_used_time INTEGER,
    PRIMARY KEY (token_key),
    UNIQUE (token_id),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
);
INSERT INTO "tokens" VALUES(1,'282a9f181ffb40e7',2,'ci','05799acfea6b929b2aec4eee79d9ff1ff442f16729347c50f01a6f4ab522d05c','write',1,1795841400000,1827463800000,NULL);
CREATE TABLE transition_requests (
    request_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    registered_model_key INTEGER NOT NULL,
    name VARCHAR(500) NOT NULL,
    version INTEGER,
    from_stage VARCHAR(64),
    stage VARCHAR(64),
    archive_existing_versions INTEGER NOT NULL,
    alias VARCHAR(255),
    from_version INTEGER,
    status VARCHAR(16) NOT NULL,
    creation_timestamp INTEGER NOT NULL,
    user_id VARCHAR(256),
    comment TEXT,
    decided_by VARCHAR(256),
    decision_comment TEXT,
    decision_timestamp INTEGER,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL
);
CREATE TABLE user_groups (
    group_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    creation_time INTEGER NOT NULL,
    UNIQUE (name)
);
INSERT INTO "user_groups" VALUES(1,'team','all of us',1795841400000);
CREATE TABLE users (
    user_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username VARCHAR(255) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    password_hash TEXT,
    is_admin SMALLINT NOT NULL,
    is_active SMALLINT NOT NULL,
    creation_time INTEGER NOT NULL,
    last_update_time INTEGER NOT NULL,
    UNIQUE (username)
);
INSERT INTO "users" VALUES(1,'ada','user','$argon2id$v=19$m=19456,t=2,p=1$52dzpF/9VQ6VVnZ6KSGKpg$VM9nWLeyZlJJKn4ihFeQMT6yE4376LHCfYoIoLijStk',1,1,1795841400000,1795841400000);
INSERT INTO "users" VALUES(2,'robot','service',NULL,0,1,1795841400000,1795841400000);
CREATE TABLE views (
    view_key INTEGER NOT NULL,
    view_id VARCHAR(32) NOT NULL,
    experiment_key INTEGER NOT NULL,
    name VARCHAR(250) NOT NULL,
    address TEXT NOT NULL,
    is_default SMALLINT NOT NULL,
    creation_time INTEGER NOT NULL,
    last_update_time INTEGER NOT NULL,
    created_by VARCHAR(256),
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    PRIMARY KEY (view_key),
    UNIQUE (view_id),
    UNIQUE (workspace, experiment_key, name)
);
CREATE TABLE webhook_deliveries (
    delivery_key INTEGER NOT NULL,
    delivery_id VARCHAR(36) NOT NULL,
    webhook_key INTEGER NOT NULL,
    entity VARCHAR(32) NOT NULL,
    action VARCHAR(16) NOT NULL,
    payload TEXT NOT NULL,
    creation_timestamp INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    due_timestamp INTEGER NOT NULL,
    last_attempt_timestamp INTEGER,
    response_status INTEGER,
    response_body TEXT,
    error_message TEXT,
    PRIMARY KEY (delivery_key),
    UNIQUE (delivery_id)
);
CREATE TABLE webhook_subscriptions (
    webhook_key INTEGER NOT NULL,
    entity VARCHAR(32) NOT NULL,
    action VARCHAR(16) NOT NULL,
    PRIMARY KEY (webhook_key, entity, action),
    FOREIGN KEY(webhook_key) REFERENCES webhooks (webhook_key)
)
 WITHOUT ROWID;
CREATE TABLE webhooks (
    webhook_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    webhook_id VARCHAR(36) NOT NULL,
    name VARCHAR(256) NOT NULL,
    url TEXT NOT NULL,
    description TEXT,
    status VARCHAR(16) NOT NULL,
    secret TEXT,
    creation_timestamp INTEGER NOT NULL,
    last_updated_timestamp INTEGER NOT NULL,
    claim_id VARCHAR(32),
    claimed_until INTEGER NOT NULL,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    UNIQUE (webhook_id)
);
CREATE TABLE workspaces (
    workspace_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(64) NOT NULL,
    description TEXT,
    default_artifact_root TEXT,
    creation_time INTEGER NOT NULL,
    last_update_time INTEGER NOT NULL,
    UNIQUE (name)
);
INSERT INTO "workspaces" VALUES(1,'default','What is in no other workspace',NULL,1795876379012,1795876379012);
INSERT INTO "workspaces" VALUES(2,'red-team','the red team',NULL,1795876379548,1795876379548);
CREATE INDEX audit_of_action ON audit_events (action, sequence);
CREATE INDEX audit_of_actor ON audit_events (actor, sequence);
CREATE INDEX registered_models_by_update ON registered_models (last_updated_timestamp, name);
CREATE INDEX events_by_name ON registry_events (name, registered_model_key);
CREATE INDEX events_of_model ON registry_events (registered_model_key, event_key);
CREATE INDEX events_of_user ON registry_events (user_id, event_key);
CREATE INDEX failures_by_time ON sign_in_failures (last_failure_time);
CREATE INDEX requests_by_name ON transition_requests (name, request_key);
CREATE INDEX requests_by_status ON transition_requests (status, request_key);
CREATE INDEX requests_of_model ON transition_requests (registered_model_key, status, request_key);
CREATE INDEX users_by_admin ON users (is_admin);
CREATE INDEX deliveries_by_due_time ON webhook_deliveries (status, due_timestamp);
CREATE INDEX deliveries_of_webhook ON webhook_deliveries (webhook_key, status, delivery_key);
CREATE INDEX grants_on_resource ON grants (resource_type, resource_key);
CREATE INDEX groups_of_user ON group_members (user_key, group_key);
CREATE INDEX models_of_experiment ON logged_models (experiment_key, lifecycle_stage, creation_timestamp_ms);
CREATE INDEX models_of_run ON logged_models (source_run_id);
CREATE INDEX versions_by_creation ON model_versions (creation_timestamp DESC, last_updated_timestamp DESC, name, version DESC);
CREATE INDEX versions_by_name ON model_versions (name, last_updated_timestamp DESC, version DESC);
CREATE INDEX versions_by_number ON model_versions (version, last_updated_timestamp DESC, name);
CREATE INDEX versions_by_number_last_first ON model_versions (version DESC, last_updated_timestamp DESC, name);
CREATE INDEX versions_by_source ON model_versions (source_head);
CREATE INDEX versions_by_storage ON model_versions (current_stage, storage_head);
CREATE INDEX versions_by_update ON model_versions (last_updated_timestamp DESC, name, version DESC);
CREATE INDEX versions_in_stage ON model_versions (registered_model_key, current_stage, version);
CREATE INDEX versions_of_model ON model_versions (model_id);
CREATE INDEX versions_of_run ON model_versions (run_id);
CREATE INDEX aliases_of_version ON registered_model_aliases (registered_model_key, version);
CREATE INDEX registered_model_tags_by_head ON registered_model_tags ("key", head);
CREATE INDEX groups_of_role ON role_groups (role_key);
CREATE INDEX users_of_role ON role_users (role_key);
CREATE INDEX runs_by_start ON runs (lifecycle_stage, start_time DESC, run_id);
CREATE INDEX runs_of_experiment ON runs (experiment_key, lifecycle_stage, start_time DESC, run_id);
CREATE INDEX sessions_by_expiration ON sessions (expiration_time);
CREATE INDEX sessions_of_user ON sessions (user_key);
CREATE INDEX tokens_of_user ON tokens (user_key, token_key);
CREATE INDEX subscriptions_to_event ON webhook_subscriptions (entity, action);
CREATE INDEX inputs_of_dataset ON dataset_inputs (dataset_key);
CREATE INDEX latest_by_value ON latest_metrics (experiment_key, key_id, value, special, run_key);
CREATE INDEX model_metrics_of_run ON logged_model_metrics (run_key);
CREATE INDEX model_version_tags_by_head ON model_version_tags ("key", head);
CREATE INDEX params_by_head ON params (experiment_key, key_id, head);
CREATE INDEX params_by_number ON params (experiment_key, key_id, number);
CREATE INDEX tags_by_head ON tags (experiment_key, key_id, head);
CREATE INDEX leases_by_end ON run_leases (expires_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('experiments',3);
INSERT INTO "sqlite_sequence" VALUES('registered_models',2);
INSERT INTO "sqlite_sequence" VALUES('users',2);
INSERT INTO "sqlite_sequence" VALUES('roles',4);
INSERT INTO "sqlite_sequence" VALUES('user_groups',1);
INSERT INTO "sqlite_sequence" VALUES('workspaces',2);
COMMIT;
