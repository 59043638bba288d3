-- What a clerk said to a case that waited.

-- ordinal: 1, then one more for each of the municipality.
-- matter: what it settles and nothing else: decision:ID for a decision, which must have been the latest of its case, or
-- notice:NUMBER for a notice. Each is settled once; a later decision waits anew.
-- version: that of the decision in its case, 0 for a notice.
-- way: the word for what was done. reason: why, in words without personal data. at: an instant as the caller's clock gave it.
CREATE TABLE settlement (
    municipality integer NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    slot text NOT NULL,
    case_on text NOT NULL,
    household integer NOT NULL,
    matter text NOT NULL,
    version integer NOT NULL CHECK (version >= 0),
    way text NOT NULL,
    reason text NOT NULL,
    by_whom text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    UNIQUE (municipality, matter)
) STRICT;
CREATE INDEX settlement_case ON settlement (municipality, case_on, household, slot, version);

-- Who applied for an exemption, for the list of applications that nobody has decided.
CREATE INDEX fact_applications ON fact (municipality, person, knowledge) WHERE kind = 'applications';

CREATE TRIGGER settlement_no_update BEFORE UPDATE ON settlement BEGIN SELECT RAISE(ABORT, 'settlement is append-only'); END;
CREATE TRIGGER settlement_no_delete BEFORE DELETE ON settlement BEGIN SELECT RAISE(ABORT, 'settlement is append-only'); END;
