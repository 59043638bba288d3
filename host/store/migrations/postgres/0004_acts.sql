-- Acts of two people, what they changed, and the chain that says who did what when.

-- The counter that numbers a municipality's entries. Like knowledge, its rows change: the writing
-- transaction takes it as its last step and holds it until it commits.
CREATE TABLE audit_counter (
    municipality bigint NOT NULL PRIMARY KEY,
    next bigint NOT NULL CHECK (next > 1)
);

-- One entry per writing call, contiguous from 1.
-- at, by_whom: the stamp as the caller gave it. payload: what the entry vouches for, in bytes.
-- payload_hash: SHA-256 of the payload, kept of its own so that an edited payload can be told from
-- an edited entry. link: over the link before, the entry and payload_hash.
CREATE TABLE audit (
    municipality bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    at text NOT NULL,
    by_whom text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload bytea NOT NULL,
    payload_hash bytea NOT NULL,
    link bytea NOT NULL,
    PRIMARY KEY (municipality, sequence)
);

-- An act as it was shown and signed.
-- content: the canonical bytes; id: their SHA-256. ordinal: its place among the acts of the office.
-- made_at, maker, emergency: copied from the content. signature: the maker's, over the id.
CREATE TABLE act (
    municipality bigint NOT NULL,
    id bytea NOT NULL,
    ordinal bigint NOT NULL,
    content bytea NOT NULL,
    made_at text NOT NULL,
    maker text COLLATE "C" NOT NULL,
    emergency bigint NOT NULL CHECK (emergency IN (0, 1)),
    signature text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal)
);

-- What the others said to an act; nobody says it twice.
CREATE TABLE act_signature (
    municipality bigint NOT NULL,
    act bytea NOT NULL,
    account text COLLATE "C" NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    at text COLLATE "C" NOT NULL,
    signature text NOT NULL,
    PRIMARY KEY (municipality, act, account),
    FOREIGN KEY (municipality, act) REFERENCES act (municipality, id)
);

-- What changed by an act: the latest row of a kind and key is the current state.
-- base: the act that made the state before, zeros for none. Two acts on one base exclude each other.
-- content: the change's canonical bytes. An activation has its row in activation under the same
-- knowledge number.
CREATE TABLE effect (
    municipality bigint NOT NULL,
    knowledge bigint NOT NULL,
    ordinal bigint NOT NULL,
    act bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    base bytea NOT NULL,
    content bytea NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, knowledge, ordinal),
    UNIQUE (municipality, kind, key, base),
    FOREIGN KEY (municipality, act) REFERENCES act (municipality, id),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
);
CREATE INDEX effect_state ON effect (municipality, kind, key, knowledge);
CREATE INDEX effect_act ON effect (municipality, act);

-- Whom a revision touched, across offices: the one reading that is not of one municipality.
CREATE INDEX decision_revision ON decision (revision, municipality, id);

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER act_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act_signature FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER effect_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON effect FOR EACH STATEMENT EXECUTE FUNCTION append_only();
