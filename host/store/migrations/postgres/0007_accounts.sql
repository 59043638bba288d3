-- Who may enter by what, what was begun over HTTP, and what runs for long.

-- An act as it was shown to its maker, who has not signed it yet; signed, it gets its row in act.
-- content: the canonical bytes; id: their SHA-256. maker: copied from the content.
CREATE TABLE prepared_act (
    municipality bigint NOT NULL,
    id bytea NOT NULL,
    content bytea NOT NULL,
    maker text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, id)
);

-- A password of an account; the one with the largest ordinal holds. ordinal: contiguous from 1.
-- hash: a PHC string (argon2id, salted). signature: by the account's key, over municipality,
-- account, ordinal and hash, so that whoever writes this table plants no password.
CREATE TABLE credential (
    municipality bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    hash text NOT NULL,
    signature text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, account, ordinal)
);

-- Somebody is logged in until a moment. token: SHA-256 of the secret that proves it; the secret is
-- nowhere. method: by what. nonce: the word, used once, of a log-in by key. Seconds are Unix time.
CREATE TABLE session (
    municipality bigint NOT NULL,
    token bytea NOT NULL,
    account text COLLATE "C" NOT NULL,
    method text NOT NULL CHECK (method IN ('password', 'key', 'openid')),
    nonce text,
    at_seconds bigint NOT NULL,
    expires_seconds bigint NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, token),
    UNIQUE (municipality, account, nonce)
);

-- A session ended before its time.
CREATE TABLE session_end (
    municipality bigint NOT NULL,
    token bytea NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, token),
    FOREIGN KEY (municipality, token) REFERENCES session (municipality, token)
);

-- What became of passwords given for an account that exists. outcome: tried, written before the
-- password is looked at, so that it counts whatever comes after; good, the one before was right;
-- locked, the tries before were too many (once per lock). ordinal: contiguous from 1.
CREATE TABLE login_attempt (
    municipality bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    outcome text NOT NULL CHECK (outcome IN ('tried', 'good', 'locked')),
    at_seconds bigint NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, account, ordinal)
);

-- A request that may come twice, by the key that its sender gave it. hash: of what it asks.
-- This and request_answer serve the running of the service and are no records of the office: the
-- chain has no entry of them. What they did has its own.
CREATE TABLE request (
    municipality bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    at_seconds bigint NOT NULL,
    PRIMARY KEY (municipality, account, key)
);

-- What a request was answered, to be answered again.
CREATE TABLE request_answer (
    municipality bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    status bigint NOT NULL,
    content_type text NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    at_seconds bigint NOT NULL,
    PRIMARY KEY (municipality, account, key),
    FOREIGN KEY (municipality, account, key) REFERENCES request (municipality, account, key)
);

-- Work that takes long. id: 32 hexadecimal digits, drawn at random. ordinal: contiguous from 1.
-- request: what was asked, JSON without personal text.
CREATE TABLE job (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    request text NOT NULL,
    by_whom text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    UNIQUE (municipality, id)
);

-- How it ended. result: JSON without personal text.
CREATE TABLE job_end (
    municipality bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('done', 'failed', 'interrupted')),
    result text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, id) REFERENCES job (municipality, id)
);

CREATE TRIGGER prepared_act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prepared_act FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER credential_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credential FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER session_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON session FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER session_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON session_end FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER login_attempt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON login_attempt FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON request FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER request_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON request_answer FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER job_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER job_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_end FOR EACH STATEMENT EXECUTE FUNCTION append_only();
