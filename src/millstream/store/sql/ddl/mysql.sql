CREATE TABLE administrator_links (
    secret_hash VARCHAR(64) NOT NULL,
    expiration_time BIGINT NOT NULL,
    PRIMARY KEY (secret_hash)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE audit_chain (
    chain_key BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE audit_events (
    sequence BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    actor VARCHAR(255),
    token_id VARCHAR(16),
    address VARCHAR(64),
    action VARCHAR(64) NOT NULL,
    resource_type VARCHAR(32),
    resource_id VARCHAR(500),
    result VARCHAR(8) NOT NULL,
    details MEDIUMTEXT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (sequence),
    INDEX audit_of_action (action, sequence),
    INDEX audit_of_actor (actor, sequence)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE console_lines (
    run_key BIGINT NOT NULL,
    position INTEGER NOT NULL,
    process_key BIGINT NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    stream SMALLINT NOT NULL,
    timestamp BIGINT NOT NULL,
    text MEDIUMTEXT NOT NULL,
    PRIMARY KEY (run_key, position),
    UNIQUE (process_key, number)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE deployment_slots (
    slot_key BIGINT NOT NULL AUTO_INCREMENT,
    digest VARCHAR(64) NOT NULL,
    target MEDIUMTEXT NOT NULL,
    name VARCHAR(250) NOT NULL,
    endpoint VARCHAR(250) NOT NULL,
    last_revision BIGINT NOT NULL,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (slot_key),
    UNIQUE (workspace, digest),
    INDEX slots_by_name (name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE experiments (
    experiment_key BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(500) NOT NULL,
    artifact_location MEDIUMTEXT,
    lifecycle_stage VARCHAR(10) NOT NULL,
    creation_time BIGINT,
    last_update_time BIGINT,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (experiment_key),
    UNIQUE (workspace, name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE "keys" (
    key_id BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(250) NOT NULL,
    PRIMARY KEY (key_id),
    UNIQUE (name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE metric_blocks (
    run_key BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    points INTEGER NOT NULL,
    first_step BIGINT NOT NULL,
    first_timestamp BIGINT NOT NULL,
    "first_value" DOUBLE NOT NULL,
    first_special SMALLINT NOT NULL,
    last_step BIGINT NOT NULL,
    last_timestamp BIGINT NOT NULL,
    "last_value" DOUBLE NOT NULL,
    last_special SMALLINT NOT NULL,
    least_step BIGINT,
    least_timestamp BIGINT,
    least_value DOUBLE,
    least_special SMALLINT,
    greatest_step BIGINT,
    greatest_timestamp BIGINT,
    greatest_value DOUBLE,
    greatest_special SMALLINT,
    PRIMARY KEY (run_key, key_id, last_step)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE metrics (
    run_key BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    step BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    PRIMARY KEY (run_key, key_id, step, timestamp, value, special)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE millstream_schema (
    version INTEGER NOT NULL
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE registered_models (
    registered_model_key BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(500) NOT NULL,
    description MEDIUMTEXT,
    creation_timestamp BIGINT NOT NULL,
    last_updated_timestamp BIGINT NOT NULL,
    last_version BIGINT NOT NULL,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (registered_model_key),
    UNIQUE (workspace, name),
    INDEX registered_models_by_update (last_updated_timestamp, name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE registry_events (
    event_key BIGINT NOT NULL AUTO_INCREMENT,
    change_id VARCHAR(32) NOT NULL,
    timestamp BIGINT NOT NULL,
    registered_model_key BIGINT NOT NULL,
    name VARCHAR(500) NOT NULL,
    version BIGINT,
    kind VARCHAR(32) NOT NULL,
    subject VARCHAR(255),
    from_value MEDIUMTEXT,
    to_value MEDIUMTEXT,
    user_id VARCHAR(256),
    comment MEDIUMTEXT,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (event_key),
    INDEX events_by_name (name, registered_model_key),
    INDEX events_of_model (registered_model_key, event_key),
    INDEX events_of_user (user_id, event_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE roles (
    role_key BIGINT NOT NULL AUTO_INCREMENT,
    workspace VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description MEDIUMTEXT,
    user_key BIGINT,
    group_key BIGINT,
    PRIMARY KEY (role_key),
    UNIQUE (workspace, name),
    UNIQUE (user_key),
    UNIQUE (group_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE sign_in_failures (
    subject_hash VARCHAR(64) NOT NULL,
    failures BIGINT NOT NULL,
    last_failure_time BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    PRIMARY KEY (subject_hash),
    INDEX failures_by_time (last_failure_time)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE stage_policies (
    policy_key BIGINT NOT NULL AUTO_INCREMENT,
    policy MEDIUMTEXT,
    PRIMARY KEY (policy_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE transition_requests (
    request_key BIGINT NOT NULL AUTO_INCREMENT,
    registered_model_key BIGINT NOT NULL,
    name VARCHAR(500) NOT NULL,
    version BIGINT,
    from_stage VARCHAR(64),
    stage VARCHAR(64),
    archive_existing_versions BIGINT NOT NULL,
    alias VARCHAR(255),
    from_version BIGINT,
    status VARCHAR(16) NOT NULL,
    creation_timestamp BIGINT NOT NULL,
    user_id VARCHAR(256),
    comment MEDIUMTEXT,
    decided_by VARCHAR(256),
    decision_comment MEDIUMTEXT,
    decision_timestamp BIGINT,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (request_key),
    INDEX requests_by_name (name, request_key),
    INDEX requests_by_status (status, request_key),
    INDEX requests_of_model (registered_model_key, status, request_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE user_groups (
    group_key BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    description MEDIUMTEXT,
    creation_time BIGINT NOT NULL,
    PRIMARY KEY (group_key),
    UNIQUE (name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE users (
    user_key BIGINT NOT NULL AUTO_INCREMENT,
    username VARCHAR(255) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    password_hash MEDIUMTEXT,
    is_admin SMALLINT NOT NULL,
    is_active SMALLINT NOT NULL,
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    PRIMARY KEY (user_key),
    UNIQUE (username),
    INDEX users_by_admin (is_admin)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE views (
    view_key BIGINT NOT NULL AUTO_INCREMENT,
    view_id VARCHAR(32) NOT NULL,
    experiment_key BIGINT NOT NULL,
    name VARCHAR(250) NOT NULL,
    address MEDIUMTEXT NOT NULL,
    is_default SMALLINT NOT NULL,
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    created_by VARCHAR(256),
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (view_key),
    UNIQUE (view_id),
    UNIQUE (workspace, experiment_key, name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE webhook_deliveries (
    delivery_key BIGINT NOT NULL AUTO_INCREMENT,
    delivery_id VARCHAR(36) NOT NULL,
    webhook_key BIGINT NOT NULL,
    entity VARCHAR(32) NOT NULL,
    action VARCHAR(16) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    creation_timestamp BIGINT NOT NULL,
    status VARCHAR(16) NOT NULL,
    attempts BIGINT NOT NULL,
    due_timestamp BIGINT NOT NULL,
    last_attempt_timestamp BIGINT,
    response_status BIGINT,
    response_body MEDIUMTEXT,
    error_message MEDIUMTEXT,
    PRIMARY KEY (delivery_key),
    UNIQUE (delivery_id),
    INDEX deliveries_by_due_time (status, due_timestamp),
    INDEX deliveries_of_webhook (webhook_key, status, delivery_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE webhooks (
    webhook_key BIGINT NOT NULL AUTO_INCREMENT,
    webhook_id VARCHAR(36) NOT NULL,
    name VARCHAR(256) NOT NULL,
    url MEDIUMTEXT NOT NULL,
    description MEDIUMTEXT,
    status VARCHAR(16) NOT NULL,
    secret MEDIUMTEXT,
    creation_timestamp BIGINT NOT NULL,
    last_updated_timestamp BIGINT NOT NULL,
    claim_id VARCHAR(32),
    claimed_until BIGINT NOT NULL,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (webhook_key),
    UNIQUE (webhook_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE workspaces (
    workspace_key BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(64) NOT NULL,
    description MEDIUMTEXT,
    default_artifact_root MEDIUMTEXT,
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    PRIMARY KEY (workspace_key),
    UNIQUE (name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE datasets (
    dataset_key BIGINT NOT NULL AUTO_INCREMENT,
    experiment_key BIGINT NOT NULL,
    name VARCHAR(500) NOT NULL,
    digest VARCHAR(36) NOT NULL,
    source_type MEDIUMTEXT NOT NULL,
    source MEDIUMTEXT NOT NULL,
    "schema" MEDIUMTEXT,
    profile MEDIUMTEXT,
    PRIMARY KEY (dataset_key),
    UNIQUE (experiment_key, name, digest),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE deployments (
    deployment_key BIGINT NOT NULL AUTO_INCREMENT,
    deployment_id VARCHAR(32) NOT NULL,
    slot_key BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    creation_time BIGINT NOT NULL,
    end_time BIGINT,
    registered_model_key BIGINT NOT NULL,
    experiment_key BIGINT NOT NULL,
    model_uri MEDIUMTEXT NOT NULL,
    model_name VARCHAR(500),
    model_version BIGINT,
    run_id VARCHAR(256),
    model_id VARCHAR(64),
    flavor VARCHAR(100),
    image MEDIUMTEXT,
    image_digest VARCHAR(140),
    address MEDIUMTEXT,
    config MEDIUMTEXT NOT NULL,
    user_id VARCHAR(256),
    PRIMARY KEY (deployment_key),
    UNIQUE (deployment_id),
    UNIQUE (slot_key, revision),
    FOREIGN KEY(slot_key) REFERENCES deployment_slots (slot_key),
    INDEX deployments_by_state (state, deployment_key),
    INDEX deployments_in_slot (slot_key, state),
    INDEX deployments_of_model (registered_model_key, model_version, deployment_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE experiment_tags (
    experiment_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    PRIMARY KEY (experiment_key, "key"),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE gates (
    registered_model_key BIGINT NOT NULL,
    gate VARCHAR(64) NOT NULL,
    rule MEDIUMTEXT NOT NULL,
    PRIMARY KEY (registered_model_key, gate),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE grants (
    grant_key BIGINT NOT NULL AUTO_INCREMENT,
    role_key BIGINT NOT NULL,
    resource_type VARCHAR(32) NOT NULL,
    resource_key BIGINT NOT NULL,
    permission SMALLINT NOT NULL,
    PRIMARY KEY (grant_key),
    UNIQUE (role_key, resource_type, resource_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    INDEX grants_on_resource (resource_type, resource_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE group_members (
    group_key BIGINT NOT NULL,
    user_key BIGINT NOT NULL,
    PRIMARY KEY (group_key, user_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key),
    INDEX groups_of_user (user_key, group_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE logged_models (
    model_key BIGINT NOT NULL AUTO_INCREMENT,
    model_id VARCHAR(64) NOT NULL,
    experiment_key BIGINT NOT NULL,
    name VARCHAR(500) NOT NULL,
    artifact_location MEDIUMTEXT NOT NULL,
    creation_timestamp_ms BIGINT NOT NULL,
    last_updated_timestamp_ms BIGINT NOT NULL,
    status VARCHAR(32) NOT NULL,
    lifecycle_stage VARCHAR(10) NOT NULL,
    model_type MEDIUMTEXT,
    source_run_id VARCHAR(256),
    status_message MEDIUMTEXT,
    PRIMARY KEY (model_key),
    UNIQUE (model_id),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key),
    INDEX models_of_experiment (experiment_key, lifecycle_stage, creation_timestamp_ms),
    INDEX models_of_run (source_run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE model_versions (
    version_key BIGINT NOT NULL AUTO_INCREMENT,
    registered_model_key BIGINT NOT NULL,
    name VARCHAR(500) NOT NULL,
    version BIGINT NOT NULL,
    creation_timestamp BIGINT NOT NULL,
    last_updated_timestamp BIGINT NOT NULL,
    current_stage VARCHAR(64) NOT NULL,
    status VARCHAR(32) NOT NULL,
    source MEDIUMTEXT NOT NULL,
    source_head VARCHAR(64) NOT NULL,
    storage_location MEDIUMTEXT NOT NULL,
    storage_head VARCHAR(64) NOT NULL DEFAULT '',
    description MEDIUMTEXT NOT NULL,
    run_link MEDIUMTEXT NOT NULL,
    run_id VARCHAR(256),
    model_id VARCHAR(64),
    user_id MEDIUMTEXT,
    status_message MEDIUMTEXT,
    workspace VARCHAR(64) NOT NULL DEFAULT 'default',
    PRIMARY KEY (version_key),
    UNIQUE (registered_model_key, version),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key),
    INDEX versions_by_creation (creation_timestamp DESC, last_updated_timestamp DESC, name, version DESC),
    INDEX versions_by_name (name, last_updated_timestamp DESC, version DESC),
    INDEX versions_by_number (version, last_updated_timestamp DESC, name),
    INDEX versions_by_number_last_first (version DESC, last_updated_timestamp DESC, name),
    INDEX versions_by_source (source_head),
    INDEX versions_by_storage (current_stage, storage_head),
    INDEX versions_by_update (last_updated_timestamp DESC, name, version DESC),
    INDEX versions_in_stage (registered_model_key, current_stage, version),
    INDEX versions_of_model (model_id),
    INDEX versions_of_run (run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE openid_links (
    user_key BIGINT NOT NULL,
    issuer VARCHAR(500) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    creation_time BIGINT NOT NULL,
    PRIMARY KEY (user_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE registered_model_aliases (
    registered_model_key BIGINT NOT NULL,
    alias VARCHAR(255) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (registered_model_key, alias),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key),
    INDEX aliases_of_version (registered_model_key, version)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE registered_model_tags (
    registered_model_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (registered_model_key, "key"),
    FOREIGN KEY(registered_model_key) REFERENCES registered_models (registered_model_key),
    INDEX registered_model_tags_by_head ("key", head)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE role_groups (
    role_key BIGINT NOT NULL,
    group_key BIGINT NOT NULL,
    PRIMARY KEY (group_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(group_key) REFERENCES user_groups (group_key),
    INDEX groups_of_role (role_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE role_users (
    role_key BIGINT NOT NULL,
    user_key BIGINT NOT NULL,
    PRIMARY KEY (user_key, role_key),
    FOREIGN KEY(role_key) REFERENCES roles (role_key),
    FOREIGN KEY(user_key) REFERENCES users (user_key),
    INDEX users_of_role (role_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE runs (
    run_key BIGINT NOT NULL AUTO_INCREMENT,
    run_id VARCHAR(256) NOT NULL,
    experiment_key BIGINT NOT NULL,
    name MEDIUMTEXT NOT NULL,
    user_id MEDIUMTEXT NOT NULL,
    status VARCHAR(10) NOT NULL,
    start_time BIGINT,
    end_time BIGINT,
    lifecycle_stage VARCHAR(10) NOT NULL,
    deleted_time BIGINT,
    artifact_uri MEDIUMTEXT NOT NULL,
    earlier_attempts INTEGER,
    PRIMARY KEY (run_key),
    UNIQUE (run_id),
    FOREIGN KEY(experiment_key) REFERENCES experiments (experiment_key),
    INDEX runs_by_start (lifecycle_stage, start_time DESC, run_id),
    INDEX runs_of_experiment (experiment_key, lifecycle_stage, start_time DESC, run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE sessions (
    session_key BIGINT NOT NULL AUTO_INCREMENT,
    secret_hash VARCHAR(64) NOT NULL,
    user_key BIGINT NOT NULL,
    address VARCHAR(64),
    creation_time BIGINT NOT NULL,
    expiration_time BIGINT NOT NULL,
    last_used_time BIGINT NOT NULL,
    PRIMARY KEY (session_key),
    UNIQUE (secret_hash),
    FOREIGN KEY(user_key) REFERENCES users (user_key),
    INDEX sessions_by_expiration (expiration_time),
    INDEX sessions_of_user (user_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE tokens (
    token_key BIGINT NOT NULL AUTO_INCREMENT,
    token_id VARCHAR(16) NOT NULL,
    user_key BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    scope VARCHAR(8) NOT NULL,
    is_limited SMALLINT NOT NULL,
    creation_time BIGINT NOT NULL,
    expiration_time BIGINT NOT NULL,
    last_used_time BIGINT,
    PRIMARY KEY (token_key),
    UNIQUE (token_id),
    FOREIGN KEY(user_key) REFERENCES users (user_key),
    INDEX tokens_of_user (user_key, token_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE webhook_subscriptions (
    webhook_key BIGINT NOT NULL,
    entity VARCHAR(32) NOT NULL,
    action VARCHAR(16) NOT NULL,
    PRIMARY KEY (webhook_key, entity, action),
    FOREIGN KEY(webhook_key) REFERENCES webhooks (webhook_key),
    INDEX subscriptions_to_event (entity, action)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE attempts (
    attempt_key BIGINT NOT NULL AUTO_INCREMENT,
    run_key BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    kept_step BIGINT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT NOT NULL,
    PRIMARY KEY (attempt_key),
    UNIQUE (run_key, attempt),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE console_processes (
    process_key BIGINT NOT NULL AUTO_INCREMENT,
    run_key BIGINT NOT NULL,
    process VARCHAR(100) NOT NULL,
    process_rank INTEGER NOT NULL,
    PRIMARY KEY (process_key),
    UNIQUE (run_key, process),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE dataset_input_tags (
    run_key BIGINT NOT NULL,
    dataset_key BIGINT NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    value VARCHAR(500) NOT NULL,
    PRIMARY KEY (run_key, dataset_key, "key"),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE dataset_inputs (
    run_key BIGINT NOT NULL,
    dataset_key BIGINT NOT NULL,
    PRIMARY KEY (run_key, dataset_key),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    FOREIGN KEY(dataset_key) REFERENCES datasets (dataset_key),
    INDEX inputs_of_dataset (dataset_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE latest_metrics (
    run_key BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    experiment_key BIGINT NOT NULL,
    step BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    min_value DOUBLE,
    min_step BIGINT,
    max_value DOUBLE,
    max_step BIGINT,
    in_order SMALLINT NOT NULL,
    late_step BIGINT,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    INDEX latest_by_value (experiment_key, key_id, value, special, run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE logged_model_metrics (
    model_key BIGINT NOT NULL,
    run_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    step BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    value DOUBLE NOT NULL,
    special SMALLINT NOT NULL,
    dataset_name VARCHAR(500) NOT NULL,
    dataset_digest VARCHAR(36) NOT NULL,
    PRIMARY KEY (model_key, run_key, "key", dataset_digest, step, timestamp, value, special),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    INDEX model_metrics_of_run (run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE logged_model_params (
    model_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    number DOUBLE,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE logged_model_tags (
    model_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    PRIMARY KEY (model_key, "key"),
    FOREIGN KEY(model_key) REFERENCES logged_models (model_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE model_links (
    run_key BIGINT NOT NULL,
    model_id VARCHAR(64) NOT NULL,
    direction VARCHAR(6) NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (run_key, model_id, direction),
    FOREIGN KEY(run_key) REFERENCES runs (run_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE model_version_tags (
    version_key BIGINT NOT NULL,
    "key" VARCHAR(250) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (version_key, "key"),
    FOREIGN KEY(version_key) REFERENCES model_versions (version_key),
    INDEX model_version_tags_by_head ("key", head)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE params (
    run_key BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    experiment_key BIGINT NOT NULL,
    value MEDIUMTEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    number DOUBLE,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    INDEX params_by_head (experiment_key, key_id, head),
    INDEX params_by_number (experiment_key, key_id, number)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE run_leases (
    run_key BIGINT NOT NULL,
    lease_id VARCHAR(64) NOT NULL,
    host VARCHAR(255) NOT NULL,
    process_id BIGINT NOT NULL,
    boot_id VARCHAR(200),
    process_start BIGINT,
    memory_counter MEDIUMTEXT,
    memory_kills BIGINT,
    heartbeat_time BIGINT NOT NULL,
    expires_at BIGINT,
    reason MEDIUMTEXT,
    PRIMARY KEY (run_key, lease_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    INDEX leases_by_end (expires_at)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE tags (
    run_key BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    experiment_key BIGINT NOT NULL,
    value MEDIUMTEXT NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (run_key, key_id),
    FOREIGN KEY(run_key) REFERENCES runs (run_key),
    INDEX tags_by_head (experiment_key, key_id, head)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE token_resources (
    token_key BIGINT NOT NULL,
    resource_type VARCHAR(32) NOT NULL,
    resource_key BIGINT NOT NULL,
    PRIMARY KEY (token_key, resource_type, resource_key),
    FOREIGN KEY(token_key) REFERENCES tokens (token_key)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
