-- Acts of two people, what they changed, and the chain that says who did what when.

-- The counter that numbers a municipality's entries. Like knowledge, its rows change: the writing
-- transaction takes it as its last step and holds it until it commits.
CREATE TABLE audit_counter (
    municipality integer NOT NULL PRIMARY KEY,
    next integer NOT NULL CHECK (next > 1)
) STRICT;

-- One entry per writing call, contiguous from 1.
-- at, by_whom: the stamp as the caller gave it. payload: what the entry vouches for, in bytes.
-- payload_hash: SHA-256 of the payload, kept of its own so that an edited payload can be told from
-- an edited entry. link: over the link before, the entry and payload_hash.
CREATE TABLE audit (
    municipality integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    at text NOT NULL,
    by_whom text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload blob NOT NULL,
    payload_hash blob NOT NULL,
    link blob NOT NULL,
    PRIMARY KEY (municipality, sequence)
) STRICT;

-- An act as it was shown and signed.
-- content: the canonical bytes; id: their SHA-256. ordinal: its place among the acts of the office.
-- made_at, maker, emergency: copied from the content. signature: the maker's, over the id.
CREATE TABLE act (
    municipality integer NOT NULL,
    id blob NOT NULL,
    ordinal integer NOT NULL,
    content blob NOT NULL,
    made_at text NOT NULL,
    maker text NOT NULL,
    emergency integer NOT NULL CHECK (emergency IN (0, 1)),
    signature text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal)
) STRICT;

-- What the others said to an act; nobody says it twice.
CREATE TABLE act_signature (
    municipality integer NOT NULL,
    act blob NOT NULL,
    account text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    at text NOT NULL,
    signature text NOT NULL,
    PRIMARY KEY (municipality, act, account),
    FOREIGN KEY (municipality, act) REFERENCES act (municipality, id)
) STRICT;

-- What changed by an act: the latest row of a kind and key is the current state.
-- base: the act that made the state before, zeros for none. Two acts on one base exclude each other.
-- content: the change's canonical bytes. An activation has its row in activation under the same
-- knowledge number.
CREATE TABLE effect (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    ordinal integer NOT NULL,
    act blob NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    base blob NOT NULL,
    content blob NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, knowledge, ordinal),
    UNIQUE (municipality, kind, key, base),
    FOREIGN KEY (municipality, act) REFERENCES act (municipality, id),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT;
CREATE INDEX effect_state ON effect (municipality, kind, key, knowledge);
CREATE INDEX effect_act ON effect (municipality, act);

-- Whom a revision touched, across offices: the one reading that is not of one municipality.
CREATE INDEX decision_revision ON decision (revision, municipality, id);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'act is append-only'); END;
CREATE TRIGGER act_no_delete BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'act is append-only'); END;
CREATE TRIGGER act_signature_no_update BEFORE UPDATE ON act_signature BEGIN SELECT RAISE(ABORT, 'act_signature is append-only'); END;
CREATE TRIGGER act_signature_no_delete BEFORE DELETE ON act_signature BEGIN SELECT RAISE(ABORT, 'act_signature is append-only'); END;
CREATE TRIGGER effect_no_update BEFORE UPDATE ON effect BEGIN SELECT RAISE(ABORT, 'effect is append-only'); END;
CREATE TRIGGER effect_no_delete BEFORE DELETE ON effect BEGIN SELECT RAISE(ABORT, 'effect is append-only'); END;
