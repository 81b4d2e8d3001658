-- The base. {int} {small} {blob} {text} are the engine's types; {rows} ends a table whose rows may be
-- large, {keyed} one whose rows live in their key.

CREATE TABLE part (part {small} NOT NULL, epoch {int} NOT NULL, inbox_next {int} NOT NULL,
  handoff_next {int} NOT NULL, groups {int} NOT NULL, PRIMARY KEY (part)) {keyed};

CREATE TABLE inbox (part {small} NOT NULL, seq {int} NOT NULL, fact {blob} NOT NULL, item {text} NOT NULL,
  PRIMARY KEY (part, seq)) {rows};

-- What was ever taken in: the memory that makes a second delivery a repeat.
CREATE TABLE seen (part {small} NOT NULL, source_key {blob} NOT NULL, fact {blob} NOT NULL,
  PRIMARY KEY (part, source_key, fact)) {keyed};

CREATE TABLE parked (part {small} NOT NULL, seq {int} NOT NULL, at {int} NOT NULL, retry {small} NOT NULL,
  fact {blob} NOT NULL, why {text} NOT NULL, item {text} NOT NULL, PRIMARY KEY (part, seq)) {rows};
CREATE INDEX parked_retry ON parked (part, seq) WHERE retry = 1;

CREATE TABLE handoff (part {small} NOT NULL, seq {int} NOT NULL, item {text} NOT NULL,
  PRIMARY KEY (part, seq)) {rows};

CREATE TABLE directory (part {small} NOT NULL, key {blob} NOT NULL, person {blob} NOT NULL,
  PRIMARY KEY (part, key)) {keyed};

CREATE TABLE line (part {small} NOT NULL, person {blob} NOT NULL, version {int} NOT NULL, wake_at {int},
  forwards_to {blob}, name {text} NOT NULL DEFAULT '', birth_date {text} NOT NULL DEFAULT '',
  site {text} NOT NULL DEFAULT '', search {text} NOT NULL DEFAULT '', state {blob},
  PRIMARY KEY (part, person)) {rows};
CREATE INDEX line_wake ON line (part, wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE fact (part {small} NOT NULL, person {blob} NOT NULL, seq {int} NOT NULL, id {blob} NOT NULL,
  json {text} NOT NULL, PRIMARY KEY (part, person, seq)) {rows};
CREATE UNIQUE INDEX fact_id ON fact (part, person, id);

CREATE TABLE resource (part {small} NOT NULL, person {blob} NOT NULL, source {text} NOT NULL, kind {text} NOT NULL,
  id {text} NOT NULL, version {int} NOT NULL, at {int} NOT NULL, json {text} NOT NULL,
  PRIMARY KEY (part, person, source, kind, id)) {rows};

-- Pathway versions by a small number, so that a journey's row stays small.
CREATE TABLE version (number {int} NOT NULL, pathway {text} NOT NULL, hash {blob} NOT NULL,
  PRIMARY KEY (number), UNIQUE (pathway, hash)) {keyed};

CREATE TABLE journey (part {small} NOT NULL, person {blob} NOT NULL, id {blob} NOT NULL, status {text} NOT NULL,
  version {int} NOT NULL, next_due {int}, started_at {int} NOT NULL, ended_at {int}, ended_why {text},
  step {text} NOT NULL, episode {text} NOT NULL, blob {blob} NOT NULL, PRIMARY KEY (part, person, id)) {keyed};

CREATE TABLE prompt (part {small} NOT NULL, person {blob} NOT NULL, id {blob} NOT NULL, is_open {small} NOT NULL,
  urgent {small} NOT NULL, due_at {int} NOT NULL, opened_at {int} NOT NULL, team {text} NOT NULL, site {text} NOT NULL,
  status {text} NOT NULL, json {text} NOT NULL, PRIMARY KEY (part, person, id)) {rows};
CREATE INDEX prompt_open ON prompt (part, urgent, due_at) WHERE is_open = 1;

CREATE TABLE message (part {small} NOT NULL, person {blob} NOT NULL, id {blob} NOT NULL, status {text} NOT NULL,
  urgent {small} NOT NULL, created_at {int} NOT NULL, status_at {int} NOT NULL, error {text}, provider {text},
  provider_id {text}, json {text} NOT NULL, PRIMARY KEY (part, person, id)) {rows};
CREATE INDEX message_queued ON message (part, urgent DESC, created_at) WHERE status = 'queued';
CREATE INDEX message_dispatching ON message (part) WHERE status = 'dispatching';

CREATE TABLE trace (part {small} NOT NULL, person {blob} NOT NULL, effect {blob} NOT NULL, seq {int} NOT NULL,
  at {int} NOT NULL, message {blob}, code {text} NOT NULL, detail {text} NOT NULL,
  PRIMARY KEY (part, person, effect, seq)) {keyed};

CREATE TABLE counter (part {small} NOT NULL, name {text} NOT NULL, n {int} NOT NULL, PRIMARY KEY (part, name)) {keyed};

CREATE TABLE desk (kind {text} NOT NULL, key {text} NOT NULL, at {int} NOT NULL, json {text} NOT NULL,
  PRIMARY KEY (kind, key)) {rows};

-- `person` is sixteen zero bytes where an entry is about nobody.
CREATE TABLE access_log (part {small} NOT NULL, person {blob} NOT NULL, at {int} NOT NULL, nonce {int} NOT NULL,
  who {text} NOT NULL, what {text} NOT NULL, detail {text} NOT NULL, PRIMARY KEY (part, person, at, nonce)) {keyed};
CREATE INDEX access_log_at ON access_log (part, at, nonce);
