-- Who may enter by what, what was begun over HTTP, and what runs for long.

-- An act as it was shown to its maker, who has not signed it yet; signed, it gets its row in act.
-- content: the canonical bytes; id: their SHA-256. maker: copied from the content.
CREATE TABLE prepared_act (
    municipality integer NOT NULL,
    id blob NOT NULL,
    content blob NOT NULL,
    maker text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, id)
) STRICT;

-- A password of an account; the one with the largest ordinal holds. ordinal: contiguous from 1.
-- hash: a PHC string (argon2id, salted). signature: by the account's key, over municipality,
-- account, ordinal and hash, so that whoever writes this table plants no password.
CREATE TABLE credential (
    municipality integer NOT NULL,
    account text NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    hash text NOT NULL,
    signature text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, account, ordinal)
) STRICT;

-- Somebody is logged in until a moment. token: SHA-256 of the secret that proves it; the secret is
-- nowhere. method: by what. nonce: the word, used once, of a log-in by key. Seconds are Unix time.
CREATE TABLE session (
    municipality integer NOT NULL,
    token blob NOT NULL,
    account text NOT NULL,
    method text NOT NULL CHECK (method IN ('password', 'key', 'openid')),
    nonce text,
    at_seconds integer NOT NULL,
    expires_seconds integer NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, token),
    UNIQUE (municipality, account, nonce)
) STRICT;

-- A session ended before its time.
CREATE TABLE session_end (
    municipality integer NOT NULL,
    token blob NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, token),
    FOREIGN KEY (municipality, token) REFERENCES session (municipality, token)
) STRICT;

-- What became of passwords given for an account that exists. outcome: tried, written before the
-- password is looked at, so that it counts whatever comes after; good, the one before was right;
-- locked, the tries before were too many (once per lock). ordinal: contiguous from 1.
CREATE TABLE login_attempt (
    municipality integer NOT NULL,
    account text NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    outcome text NOT NULL CHECK (outcome IN ('tried', 'good', 'locked')),
    at_seconds integer NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, account, ordinal)
) STRICT;

-- A request that may come twice, by the key that its sender gave it. hash: of what it asks.
-- This and request_answer serve the running of the service and are no records of the office: the
-- chain has no entry of them. What they did has its own.
CREATE TABLE request (
    municipality integer NOT NULL,
    account text NOT NULL,
    key text NOT NULL,
    hash blob NOT NULL,
    at_seconds integer NOT NULL,
    PRIMARY KEY (municipality, account, key)
) STRICT;

-- What a request was answered, to be answered again.
CREATE TABLE request_answer (
    municipality integer NOT NULL,
    account text NOT NULL,
    key text NOT NULL,
    status integer NOT NULL,
    content_type text NOT NULL,
    headers text NOT NULL,
    body blob NOT NULL,
    at_seconds integer NOT NULL,
    PRIMARY KEY (municipality, account, key),
    FOREIGN KEY (municipality, account, key) REFERENCES request (municipality, account, key)
) STRICT;

-- Work that takes long. id: 32 hexadecimal digits, drawn at random. ordinal: contiguous from 1.
-- request: what was asked, JSON without personal text.
CREATE TABLE job (
    municipality integer NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    id text NOT NULL,
    kind text NOT NULL,
    request text NOT NULL,
    by_whom text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    UNIQUE (municipality, id)
) STRICT;

-- How it ended. result: JSON without personal text.
CREATE TABLE job_end (
    municipality integer NOT NULL,
    id text NOT NULL,
    state text NOT NULL CHECK (state IN ('done', 'failed', 'interrupted')),
    result text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, id),
    FOREIGN KEY (municipality, id) REFERENCES job (municipality, id)
) STRICT;

CREATE TRIGGER prepared_act_no_update BEFORE UPDATE ON prepared_act BEGIN SELECT RAISE(ABORT, 'prepared_act is append-only'); END;
CREATE TRIGGER prepared_act_no_delete BEFORE DELETE ON prepared_act BEGIN SELECT RAISE(ABORT, 'prepared_act is append-only'); END;
CREATE TRIGGER credential_no_update BEFORE UPDATE ON credential BEGIN SELECT RAISE(ABORT, 'credential is append-only'); END;
CREATE TRIGGER credential_no_delete BEFORE DELETE ON credential BEGIN SELECT RAISE(ABORT, 'credential is append-only'); END;
CREATE TRIGGER session_no_update BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'session is append-only'); END;
CREATE TRIGGER session_no_delete BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'session is append-only'); END;
CREATE TRIGGER session_end_no_update BEFORE UPDATE ON session_end BEGIN SELECT RAISE(ABORT, 'session_end is append-only'); END;
CREATE TRIGGER session_end_no_delete BEFORE DELETE ON session_end BEGIN SELECT RAISE(ABORT, 'session_end is append-only'); END;
CREATE TRIGGER login_attempt_no_update BEFORE UPDATE ON login_attempt BEGIN SELECT RAISE(ABORT, 'login_attempt is append-only'); END;
CREATE TRIGGER login_attempt_no_delete BEFORE DELETE ON login_attempt BEGIN SELECT RAISE(ABORT, 'login_attempt is append-only'); END;
CREATE TRIGGER request_no_update BEFORE UPDATE ON request BEGIN SELECT RAISE(ABORT, 'request is append-only'); END;
CREATE TRIGGER request_no_delete BEFORE DELETE ON request BEGIN SELECT RAISE(ABORT, 'request is append-only'); END;
CREATE TRIGGER request_answer_no_update BEFORE UPDATE ON request_answer BEGIN SELECT RAISE(ABORT, 'request_answer is append-only'); END;
CREATE TRIGGER request_answer_no_delete BEFORE DELETE ON request_answer BEGIN SELECT RAISE(ABORT, 'request_answer is append-only'); END;
CREATE TRIGGER job_no_update BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'job is append-only'); END;
CREATE TRIGGER job_no_delete BEFORE DELETE ON job BEGIN SELECT RAISE(ABORT, 'job is append-only'); END;
CREATE TRIGGER job_end_no_update BEFORE UPDATE ON job_end BEGIN SELECT RAISE(ABORT, 'job_end is append-only'); END;
CREATE TRIGGER job_end_no_delete BEFORE DELETE ON job_end BEGIN SELECT RAISE(ABORT, 'job_end is append-only'); END;
