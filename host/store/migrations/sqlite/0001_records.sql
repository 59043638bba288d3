-- What the office knows: numbered in the order of commits, asserted once, never changed.

-- The counter that numbers what an office learns. The one table whose rows change: the writing
-- transaction holds the row until it commits, so the numbers follow the order of commits and
-- have no gap.
CREATE TABLE knowledge (
    municipality integer NOT NULL PRIMARY KEY,
    next integer NOT NULL CHECK (next > 1)
) STRICT;

-- One row per number taken: on what day the office learnt what bears it.
CREATE TABLE learning (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    learnt_on text NOT NULL,
    PRIMARY KEY (municipality, knowledge)
) STRICT, WITHOUT ROWID;

-- An assertion about one person. Where two of one (person, kind, item) overlap in time, the one
-- with the larger (knowledge, ordinal) holds.
-- kind: a name of jorei_domain::record::Kind. item: tells parallel facts of a kind apart.
-- valid_from, valid_until: half open; 0001-01-01 and 9999-12-31 for an open end.
-- household: for kind membership, else 0.
-- vals: a JSON array of the kind's fields in order, null for an absent one, trailing nulls left
-- out; or null: nothing of the kind holds in this period. Fields whose unit is yen hold whole yen.
CREATE TABLE fact (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    ordinal integer NOT NULL,
    person integer NOT NULL,
    kind text NOT NULL,
    item integer NOT NULL,
    valid_from text NOT NULL,
    valid_until text NOT NULL,
    household integer NOT NULL,
    vals text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (municipality, knowledge, ordinal),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge),
    CHECK (valid_from < valid_until)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_person ON fact (municipality, person, kind, valid_from);
CREATE INDEX fact_household ON fact (municipality, household, person) WHERE kind = 'membership';

-- Names of persons. The only table with personal text; nothing else copies from it.
CREATE TABLE person_name (
    municipality integer NOT NULL,
    person integer NOT NULL,
    knowledge integer NOT NULL,
    name text NOT NULL,
    kana text NOT NULL,
    latin text,
    PRIMARY KEY (municipality, person, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER learning_no_update BEFORE UPDATE ON learning BEGIN SELECT RAISE(ABORT, 'learning is append-only'); END;
CREATE TRIGGER learning_no_delete BEFORE DELETE ON learning BEGIN SELECT RAISE(ABORT, 'learning is append-only'); END;
CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER fact_no_delete BEFORE DELETE ON fact BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER person_name_no_update BEFORE UPDATE ON person_name BEGIN SELECT RAISE(ABORT, 'person_name is append-only'); END;
CREATE TRIGGER person_name_no_delete BEFORE DELETE ON person_name BEGIN SELECT RAISE(ABORT, 'person_name is append-only'); END;
