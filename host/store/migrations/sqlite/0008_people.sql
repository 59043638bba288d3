-- People: how they are searched for, where they live, and the vault of their personal numbers.

-- kana_key, latin_key: the reading as it is searched for, see readings.rs; empty for none. Rows from
-- before are filled once; the trigger that refuses updates steps aside for that.
ALTER TABLE person_name ADD COLUMN kana_key text NOT NULL DEFAULT '';
ALTER TABLE person_name ADD COLUMN latin_key text NOT NULL DEFAULT '';
DROP TRIGGER person_name_no_update;
UPDATE person_name SET
    kana_key = REPLACE(REPLACE(REPLACE(kana, ' ', ''), '　', ''), '・', ''),
    latin_key = UPPER(REPLACE(REPLACE(REPLACE(COALESCE(latin, ''), ' ', ''), '-', ''), '''', ''));
CREATE TRIGGER person_name_no_update BEFORE UPDATE ON person_name BEGIN SELECT RAISE(ABORT, 'person_name is append-only'); END;
CREATE INDEX person_name_kana ON person_name (municipality, kana_key, person);
CREATE INDEX person_name_latin ON person_name (municipality, latin_key, person) WHERE latin_key <> '';

-- Addresses of persons: personal text, like names.
-- address_key: the address without the differences that mean nothing, to tell who lives at one.
CREATE TABLE person_address (
    municipality integer NOT NULL,
    person integer NOT NULL,
    knowledge integer NOT NULL,
    address text NOT NULL,
    postcode text,
    address_key text NOT NULL,
    PRIMARY KEY (municipality, person, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_address_key ON person_address (municipality, address_key, person);

-- Personal numbers (個人番号), sealed by the host under a key that is not here. Which entry is in use
-- is the state of an act. entry: SHA-256 of sealed. tag: equal for equal numbers, under that key.
CREATE TABLE vault (
    municipality integer NOT NULL,
    entry blob NOT NULL,
    person integer NOT NULL,
    sealed blob NOT NULL,
    tag blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, entry)
) STRICT;
CREATE INDEX vault_tag ON vault (municipality, tag);

-- The first eight digits of the values are the earliest birth date.
CREATE INDEX fact_birth ON fact (municipality, substr(vals, 2, 8), person) WHERE kind = 'persons';
CREATE INDEX audit_alarm ON audit (municipality, sequence) WHERE kind = 'alarm';

CREATE TRIGGER person_address_no_update BEFORE UPDATE ON person_address BEGIN SELECT RAISE(ABORT, 'person_address is append-only'); END;
CREATE TRIGGER person_address_no_delete BEFORE DELETE ON person_address BEGIN SELECT RAISE(ABORT, 'person_address is append-only'); END;
CREATE TRIGGER vault_no_update BEFORE UPDATE ON vault BEGIN SELECT RAISE(ABORT, 'vault is append-only'); END;
CREATE TRIGGER vault_no_delete BEFORE DELETE ON vault BEGIN SELECT RAISE(ABORT, 'vault is append-only'); END;
