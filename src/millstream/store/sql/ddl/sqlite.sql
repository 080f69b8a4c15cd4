CREATE TABLE administrator_links (
    secret_hash VARCHAR(64) NOT NULL,
    expiration_time INTEGER NOT NULL,
    PRIMARY KEY (secret_hash)
)
 WITHOUT ROWID;
CREATE TABLE audit_chain (
    chain_key INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain_key)
);
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
CREATE INDEX audit_of_action ON audit_events (action, sequence);
CREATE INDEX audit_of_actor ON audit_events (actor, sequence);
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
 WITHOUT ROWID;
CREATE TABLE deployment_slots (
    slot_key INTEGER NOT NULL,
    digest VARCHAR(64) NOT NULL,
    target TEXT NOT NULL,
    name VARCHAR(250) NOT NULL,
    endpoint VARCHAR(250) NOT NULL,
    last_revision INTEGER NOT NULL,
    workspace VARCHAR(64) DEFAULT 'default' NOT NULL,
    PRIMARY KEY (slot_key),
    UNIQUE (workspace, digest)
);
CREATE INDEX slots_by_name ON deployment_slots (name);
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
CREATE TABLE keys (
    key_id INTEGER NOT NULL,
    name VARCHAR(250) NOT NULL,
    PRIMARY KEY (key_id),
    UNIQUE (name)
);
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
CREATE TABLE millstream_schema (
    version INTEGER NOT NULL
);
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
CREATE INDEX registered_models_by_update ON registered_models (last_updated_timestamp, name);
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
CREATE INDEX events_by_name ON registry_events (name, registered_model_key);
CREATE INDEX events_of_model ON registry_events (registered_model_key, event_key);
CREATE INDEX events_of_user ON registry_events (user_id, event_key);
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
CREATE TABLE sign_in_failures (
    subject_hash VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    last_failure_time INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (subject_hash)
)
 WITHOUT ROWID;
CREATE INDEX failures_by_time ON sign_in_failures (last_failure_time);
CREATE TABLE stage_policies (
    policy_key INTEGER NOT NULL,
    policy TEXT,
    PRIMARY KEY (policy_key)
);
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
CREATE INDEX requests_by_name ON transition_requests (name, request_key);
CREATE INDEX requests_by_status ON transition_requests (status, request_key);
CREATE INDEX requests_of_model ON transition_requests (registered_model_key, status, request_key);
CREATE TABLE user_groups (
    group_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    creation_time INTEGER NOT NULL,
    UNIQUE (name)
);
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
CREATE INDEX users_by_admin ON users (is_admin);
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
CREATE INDEX deliveries_by_due_time ON webhook_deliveries (status, due_timestamp);
CREATE INDEX deliveries_of_webhook ON webhook_deliveries (webhook_key, status, delivery_key);
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
CREATE TABLE deployments (
    deployment_key INTEGER NOT NULL,
    deployment_id VARCHAR(32) NOT NULL,
    slot_key INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    creation_time INTEGER NOT NULL,
    end_time INTEGER,
    registered_model_key INTEGER NOT NULL,
    experiment_key INTEGER NOT NULL,
    model_uri TEXT NOT NULL,
    model_name VARCHAR(500),
    model_version INTEGER,
    run_id VARCHAR(256),
    model_id VARCHAR(64),
    flavor VARCHAR(100),
    image TEXT,
    image_digest VARCHAR(140),
    address TEXT,
    config TEXT NOT NULL,
    user_id VARCHAR(256),
    PRIMARY KEY (deployment_key),
    UNIQUE (deployment_id),
    UNIQUE (slot_key, revision),
    FOREIGN KEY(slot_key) REFERENCES deployment_slots (slot_key)
);
CREATE INDEX deployments_by_state ON deployments (state, deployment_key);
CREATE INDEX deployments_in_slot ON deployments (slot_key, state);
CREATE INDEX deployments_of_model ON deployments (registered_model_key, model_version, deployment_key);
CREATE TABLE experiment_tags (
    experiment_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment_key, "key"),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
)
 WITHOUT ROWID;
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
CREATE INDEX grants_on_resource ON grants (resource_type, resource_key);
CREATE TABLE group_members (
    group_key INTEGER NOT NULL,
    user_key INTEGER NOT NULL,
    PRIMARY KEY (group_key, user_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID;
CREATE INDEX groups_of_user ON group_members (user_key, group_key);
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
CREATE INDEX models_of_experiment ON logged_models (experiment_key, lifecycle_stage, creation_timestamp_ms);
CREATE INDEX models_of_run ON logged_models (source_run_id);
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
CREATE TABLE openid_links (
    user_key INTEGER NOT NULL,
    issuer VARCHAR(500) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    creation_time INTEGER NOT NULL,
    PRIMARY KEY (user_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID;
CREATE TABLE registered_model_aliases (
    registered_model_key INTEGER NOT NULL,
    alias VARCHAR(255) NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (registered_model_key, alias),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)
 WITHOUT ROWID;
CREATE INDEX aliases_of_version ON registered_model_aliases (registered_model_key, version);
CREATE TABLE registered_model_tags (
    registered_model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (registered_model_key, "key"),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)
 WITHOUT ROWID;
CREATE INDEX registered_model_tags_by_head ON registered_model_tags ("key", head);
CREATE TABLE role_groups (
    role_key INTEGER NOT NULL,
    group_key INTEGER NOT NULL,
    PRIMARY KEY (group_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key)
)
 WITHOUT ROWID;
CREATE INDEX groups_of_role ON role_groups (role_key);
CREATE TABLE role_users (
    role_key INTEGER NOT NULL,
    user_key INTEGER NOT NULL,
    PRIMARY KEY (user_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)
 WITHOUT ROWID;
CREATE INDEX users_of_role ON role_users (role_key);
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
    artifact_uri TEXT NOT NULL,
    earlier_attempts INTEGER,
    PRIMARY KEY (run_key),
    UNIQUE (run_id),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
);
CREATE INDEX runs_by_start ON runs (lifecycle_stage, start_time DESC, run_id);
CREATE INDEX runs_of_experiment ON runs (experiment_key, lifecycle_stage, start_time DESC, run_id);
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
CREATE INDEX sessions_by_expiration ON sessions (expiration_time);
CREATE INDEX sessions_of_user ON sessions (user_key);
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
CREATE INDEX tokens_of_user ON tokens (user_key, token_key);
CREATE TABLE webhook_subscriptions (
    webhook_key INTEGER NOT NULL,
    entity VARCHAR(32) NOT NULL,
    action VARCHAR(16) NOT NULL,
    PRIMARY KEY (webhook_key, entity, action),
    FOREIGN KEY(webhook_key) REFERENCES webhooks (webhook_key)
)
 WITHOUT ROWID;
CREATE INDEX subscriptions_to_event ON webhook_subscriptions (entity, action);
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
CREATE TABLE console_processes (
    process_key INTEGER NOT NULL,
    run_key INTEGER NOT NULL,
    process VARCHAR(100) NOT NULL,
    process_rank INTEGER NOT NULL,
    PRIMARY KEY (process_key),
    UNIQUE (run_key, process),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
);
CREATE TABLE dataset_input_tags (
    run_key INTEGER NOT NULL,
    dataset_key INTEGER NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    value VARCHAR(500) NOT NULL,
    PRIMARY KEY (run_key, dataset_key, "key"),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
CREATE TABLE dataset_inputs (
    run_key INTEGER NOT NULL,
    dataset_key INTEGER NOT NULL,
    PRIMARY KEY (run_key, dataset_key),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    FOREIGN KEY(dataset_key) REFERENCES datasets (dataset_key)
)
 WITHOUT ROWID;
CREATE INDEX inputs_of_dataset ON dataset_inputs (dataset_key);
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
CREATE INDEX latest_by_value ON latest_metrics (experiment_key, key_id, value, special, run_key);
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
CREATE INDEX model_metrics_of_run ON logged_model_metrics (run_key);
CREATE TABLE logged_model_params (
    model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    number DOUBLE,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)
 WITHOUT ROWID;
CREATE TABLE logged_model_tags (
    model_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)
 WITHOUT ROWID;
CREATE TABLE model_links (
    run_key INTEGER NOT NULL,
    model_id VARCHAR(64) NOT NULL,
    direction VARCHAR(6) NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run_key, model_id, direction),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)
 WITHOUT ROWID;
CREATE TABLE model_version_tags (
    version_key INTEGER NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value TEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (version_key, "key"),
    FOREIGN KEY(version_key) REFERENCES model_versions (version_key)
)
 WITHOUT ROWID;
CREATE INDEX model_version_tags_by_head ON model_version_tags ("key", head);
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
CREATE INDEX params_by_head ON params (experiment_key, key_id, head);
CREATE INDEX params_by_number ON params (experiment_key, key_id, number);
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
 WITHOUT ROWID;
CREATE INDEX leases_by_end ON run_leases (expires_at);
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
CREATE INDEX tags_by_head ON tags (experiment_key, key_id, head);
CREATE TABLE token_resources (
    token_key INTEGER NOT NULL,
    resource_type VARCHAR(32) NOT NULL,
    resource_key INTEGER NOT NULL,
    PRIMARY KEY (token_key, resource_type, resource_key),
    FOREIGN KEY(token_key) REFERENCES tokens (token_key)
)
 WITHOUT ROWID;
