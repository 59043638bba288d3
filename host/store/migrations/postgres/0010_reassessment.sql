-- Deciding again: the day that a decision counts from, what a run could not settle, how far runs have looked.

-- decided_on: the civil day in Japan that the decision counts from (決定日), as whoever decided chose it. Decisions from
-- before count from the day in Japan on which they were recorded. The only time that rows of this table change: a
-- column that is new has to be filled.
ALTER TABLE decision ADD COLUMN decided_on text COLLATE "C" NOT NULL DEFAULT '';
DROP TRIGGER decision_append_only ON decision;
UPDATE decision SET decided_on = CASE
    WHEN recorded_at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T' THEN to_char(recorded_at::timestamptz AT TIME ZONE INTERVAL '9 hours', 'YYYY-MM-DD')
    ELSE case_on END;
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What a run could not settle and a clerk must. The latest notice of a case holds, as long as the case's decision of the
-- slot is still the version that it was written beside.
-- sequence: 1, then one more for each of the municipality. kind: barred, limit_unknown, conflict, vanished, or cleared:
-- the earlier one holds no more. detail: why, in words without personal data; amounts in it are whole yen.
-- version: that of the slot's latest decision then, 0 for none. knowledge: as of which number the facts were read.
CREATE TABLE case_notice (
    municipality bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    slot text NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    household bigint NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    knowledge bigint NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, sequence)
);
CREATE INDEX case_notice_case ON case_notice (municipality, slot, case_on, household, sequence);
CREATE INDEX case_notice_household ON case_notice (municipality, case_on, household);

-- A run has looked at every case of a date, or at every one that facts since the run before touch.
-- knowledge: with all that was known up to this number. revisions: SHA-256 of the digests of the revisions it decided
-- under. decided_on: the day its decisions count from.
CREATE TABLE coverage (
    municipality bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    case_on text COLLATE "C" NOT NULL,
    knowledge bigint NOT NULL,
    revisions bytea NOT NULL,
    decided_on text COLLATE "C" NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, sequence)
);
CREATE INDEX coverage_case ON coverage (municipality, case_on, sequence);

CREATE TRIGGER case_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_notice FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER coverage_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coverage FOR EACH STATEMENT EXECUTE FUNCTION append_only();
