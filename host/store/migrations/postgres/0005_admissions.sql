-- Packages that were looked at, and ordinances under edit.

-- What became of a package. package: SHA-256 of the whole file. rule: that of the component, where
-- the look got so far. step: the last step of the look. admitted: 1 or 0. manifest: as declared.
CREATE TABLE admission (
    municipality bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    package bytea NOT NULL,
    rule bytea,
    step text NOT NULL,
    admitted bigint NOT NULL CHECK (admitted IN (0, 1)),
    reason text NOT NULL,
    manifest text NOT NULL,
    recorded_at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, sequence),
    CHECK (admitted = 0 OR rule IS NOT NULL)
);
CREATE INDEX admission_rule ON admission (municipality, rule, sequence);

-- An ordinance while it is written: every version that was saved, contiguous from 1.
CREATE TABLE draft (
    municipality bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    written text NOT NULL,
    by_whom text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, name, version)
);

CREATE TRIGGER admission_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON admission FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER draft_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draft FOR EACH STATEMENT EXECUTE FUNCTION append_only();
