-- Revisions that are held back, and what runs beside the live one found.

-- A revision answers its slot no more until it is put in force again; where quarantine is 1, never.
-- last_good: the revision that answered before.
CREATE TABLE pause (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    slot text NOT NULL,
    revision blob NOT NULL,
    reason text NOT NULL,
    last_good blob,
    quarantine integer NOT NULL CHECK (quarantine IN (0, 1)),
    recorded_on text NOT NULL,
    PRIMARY KEY (municipality, knowledge),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT;
CREATE INDEX pause_revision ON pause (municipality, slot, revision, knowledge);

-- What a candidate would have decided. id: SHA-256 of content. case_on: the date of the cases.
CREATE TABLE shadow_report (
    municipality integer NOT NULL,
    id blob NOT NULL,
    candidate blob NOT NULL,
    slot text NOT NULL,
    case_on text NOT NULL,
    content text NOT NULL,
    recorded_at text NOT NULL,
    PRIMARY KEY (municipality, id)
) STRICT;
CREATE INDEX shadow_report_candidate ON shadow_report (municipality, candidate, recorded_at);

CREATE TRIGGER pause_no_update BEFORE UPDATE ON pause BEGIN SELECT RAISE(ABORT, 'pause is append-only'); END;
CREATE TRIGGER pause_no_delete BEFORE DELETE ON pause BEGIN SELECT RAISE(ABORT, 'pause is append-only'); END;
CREATE TRIGGER shadow_report_no_update BEFORE UPDATE ON shadow_report BEGIN SELECT RAISE(ABORT, 'shadow_report is append-only'); END;
CREATE TRIGGER shadow_report_no_delete BEFORE DELETE ON shadow_report BEGIN SELECT RAISE(ABORT, 'shadow_report is append-only'); END;
