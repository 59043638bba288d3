-- Deciding again: the day that a decision counts from, what a run could not settle, how far runs have looked.

-- decided_on: the civil day in Japan that the decision counts from (決定日), as whoever decided chose it. Decisions from
-- before count from the day in Japan on which they were recorded. The only time that rows of this table change: a
-- column that is new has to be filled.
ALTER TABLE decision ADD COLUMN decided_on text NOT NULL DEFAULT '';
DROP TRIGGER decision_no_update;
UPDATE decision SET decided_on = COALESCE(date(recorded_at, '+9 hours'), case_on);
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;

-- What a run could not settle and a clerk must. The latest notice of a case holds, as long as the case's decision of the
-- slot is still the version that it was written beside.
-- sequence: 1, then one more for each of the municipality. kind: barred, limit_unknown, conflict, vanished, or cleared:
-- the earlier one holds no more. detail: why, in words without personal data; amounts in it are whole yen.
-- version: that of the slot's latest decision then, 0 for none. knowledge: as of which number the facts were read.
CREATE TABLE case_notice (
    municipality integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    slot text NOT NULL,
    case_on text NOT NULL,
    household integer NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL,
    version integer NOT NULL CHECK (version >= 0),
    knowledge integer NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, sequence)
) STRICT;
CREATE INDEX case_notice_case ON case_notice (municipality, slot, case_on, household, sequence);
CREATE INDEX case_notice_household ON case_notice (municipality, case_on, household);

-- A run has looked at every case of a date, or at every one that facts since the run before touch.
-- knowledge: with all that was known up to this number. revisions: SHA-256 of the digests of the revisions it decided
-- under. decided_on: the day its decisions count from.
CREATE TABLE coverage (
    municipality integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    case_on text NOT NULL,
    knowledge integer NOT NULL,
    revisions blob NOT NULL,
    decided_on text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, sequence)
) STRICT;
CREATE INDEX coverage_case ON coverage (municipality, case_on, sequence);

CREATE TRIGGER case_notice_no_update BEFORE UPDATE ON case_notice BEGIN SELECT RAISE(ABORT, 'case_notice is append-only'); END;
CREATE TRIGGER case_notice_no_delete BEFORE DELETE ON case_notice BEGIN SELECT RAISE(ABORT, 'case_notice is append-only'); END;
CREATE TRIGGER coverage_no_update BEFORE UPDATE ON coverage BEGIN SELECT RAISE(ABORT, 'coverage is append-only'); END;
CREATE TRIGGER coverage_no_delete BEFORE DELETE ON coverage BEGIN SELECT RAISE(ABORT, 'coverage is append-only'); END;
