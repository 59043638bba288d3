-- What the office knows: numbered in the order of commits, asserted once, never changed.

-- The counter that numbers what an office learns. The one table whose rows change: the writing
-- transaction holds the row until it commits, so the numbers follow the order of commits and
-- have no gap.
CREATE TABLE knowledge (
    municipality bigint NOT NULL PRIMARY KEY,
    next bigint NOT NULL CHECK (next > 1)
);

-- One row per number taken: on what day the office learnt what bears it.
CREATE TABLE learning (
    municipality bigint NOT NULL,
    knowledge bigint NOT NULL,
    learnt_on text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, knowledge)
);

-- An assertion about one person. Where two of one (person, kind, item) overlap in time, the one
-- with the larger (knowledge, ordinal) holds.
-- kind: a name of jorei_domain::record::Kind. item: tells parallel facts of a kind apart.
-- valid_from, valid_until: half open; 0001-01-01 and 9999-12-31 for an open end.
-- household: for kind membership, else 0.
-- vals: a JSON array of the kind's fields in order, null for an absent one, trailing nulls left
-- out; or null: nothing of the kind holds in this period. Fields whose unit is yen hold whole yen.
CREATE TABLE fact (
    municipality bigint NOT NULL,
    knowledge bigint NOT NULL,
    ordinal bigint NOT NULL,
    person bigint NOT NULL,
    kind text NOT NULL,
    item bigint NOT NULL,
    valid_from text COLLATE "C" NOT NULL,
    valid_until text COLLATE "C" NOT NULL,
    household bigint NOT NULL,
    vals text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (municipality, knowledge, ordinal),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge),
    CHECK (valid_from < valid_until)
);
CREATE INDEX fact_person ON fact (municipality, person, kind, valid_from);
CREATE INDEX fact_household ON fact (municipality, household, person) WHERE kind = 'membership';

-- Names of persons. The only table with personal text; nothing else copies from it.
CREATE TABLE person_name (
    municipality bigint NOT NULL,
    person bigint NOT NULL,
    knowledge bigint NOT NULL,
    name text NOT NULL,
    kana text NOT NULL,
    latin text,
    PRIMARY KEY (municipality, person, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
);

-- Refuses a statement that would change or drop rows; the name of the table says which.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER learning_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learning FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER fact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fact FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER person_name_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_name FOR EACH STATEMENT EXECUTE FUNCTION append_only();
