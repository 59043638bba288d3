-- What a clerk said to a case that waited.

-- ordinal: 1, then one more for each of the municipality.
-- matter: what it settles and nothing else: decision:ID for a decision, which must have been the latest of its case, or
-- notice:NUMBER for a notice. Each is settled once; a later decision waits anew.
-- version: that of the decision in its case, 0 for a notice.
-- way: the word for what was done. reason: why, in words without personal data. at: an instant as the caller's clock gave it.
CREATE TABLE settlement (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    slot text NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    household bigint NOT NULL,
    matter text NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    way text NOT NULL,
    reason text NOT NULL,
    by_whom text NOT NULL,
    at text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    UNIQUE (municipality, matter)
);
CREATE INDEX settlement_case ON settlement (municipality, case_on, household, slot, version);

-- Who applied for an exemption, for the list of applications that nobody has decided.
CREATE INDEX fact_applications ON fact (municipality, person, knowledge) WHERE kind = 'applications';

CREATE TRIGGER settlement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement FOR EACH STATEMENT EXECUTE FUNCTION append_only();
