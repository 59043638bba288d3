-- Packages that were looked at, and ordinances under edit.

-- What became of a package. package: SHA-256 of the whole file. rule: that of the component, where
-- the look got so far. step: the last step of the look. admitted: 1 or 0. manifest: as declared.
CREATE TABLE admission (
    municipality integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    package blob NOT NULL,
    rule blob,
    step text NOT NULL,
    admitted integer NOT NULL CHECK (admitted IN (0, 1)),
    reason text NOT NULL,
    manifest text NOT NULL,
    recorded_at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, sequence),
    CHECK (admitted = 0 OR rule IS NOT NULL)
) STRICT;
CREATE INDEX admission_rule ON admission (municipality, rule, sequence);

-- An ordinance while it is written: every version that was saved, contiguous from 1.
CREATE TABLE draft (
    municipality integer NOT NULL,
    name text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    written text NOT NULL,
    by_whom text NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (municipality, name, version)
) STRICT;

CREATE TRIGGER admission_no_update BEFORE UPDATE ON admission BEGIN SELECT RAISE(ABORT, 'admission is append-only'); END;
CREATE TRIGGER admission_no_delete BEFORE DELETE ON admission BEGIN SELECT RAISE(ABORT, 'admission is append-only'); END;
CREATE TRIGGER draft_no_update BEFORE UPDATE ON draft BEGIN SELECT RAISE(ABORT, 'draft is append-only'); END;
CREATE TRIGGER draft_no_delete BEFORE DELETE ON draft BEGIN SELECT RAISE(ABORT, 'draft is append-only'); END;
