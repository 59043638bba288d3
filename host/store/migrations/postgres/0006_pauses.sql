-- Revisions that are held back, and what runs beside the live one found.

-- A revision answers its slot no more until it is put in force again; where quarantine is 1, never.
-- last_good: the revision that answered before.
CREATE TABLE pause (
    municipality bigint NOT NULL,
    knowledge bigint NOT NULL,
    slot text NOT NULL,
    revision bytea NOT NULL,
    reason text NOT NULL,
    last_good bytea,
    quarantine bigint NOT NULL CHECK (quarantine IN (0, 1)),
    recorded_on text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, knowledge),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
);
CREATE INDEX pause_revision ON pause (municipality, slot, revision, knowledge);

-- What a candidate would have decided. id: SHA-256 of content. case_on: the date of the cases.
CREATE TABLE shadow_report (
    municipality bigint NOT NULL,
    id bytea NOT NULL,
    candidate bytea NOT NULL,
    slot text NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    content text NOT NULL,
    recorded_at text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, id)
);
CREATE INDEX shadow_report_candidate ON shadow_report (municipality, candidate, recorded_at);

CREATE TRIGGER pause_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pause FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER shadow_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shadow_report FOR EACH STATEMENT EXECUTE FUNCTION append_only();
