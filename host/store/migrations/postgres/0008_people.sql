-- People: how they are searched for, where they live, and the vault of their personal numbers.

-- kana_key, latin_key: the reading as it is searched for, see readings.rs; empty for none. Rows from
-- before are filled once; the trigger that refuses updates steps aside for that.
ALTER TABLE person_name ADD COLUMN kana_key text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE person_name ADD COLUMN latin_key text COLLATE "C" NOT NULL DEFAULT '';
DROP TRIGGER person_name_append_only ON person_name;
UPDATE person_name SET
    kana_key = REPLACE(REPLACE(REPLACE(kana, ' ', ''), '　', ''), '・', ''),
    latin_key = UPPER(REPLACE(REPLACE(REPLACE(COALESCE(latin, ''), ' ', ''), '-', ''), '''', ''));
CREATE TRIGGER person_name_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_name FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE INDEX person_name_kana ON person_name (municipality, kana_key, person);
CREATE INDEX person_name_latin ON person_name (municipality, latin_key, person) WHERE latin_key <> '';

-- Addresses of persons: personal text, like names.
-- address_key: the address without the differences that mean nothing, to tell who lives at one.
CREATE TABLE person_address (
    municipality bigint NOT NULL,
    person bigint NOT NULL,
    knowledge bigint NOT NULL,
    address text NOT NULL,
    postcode text,
    address_key text NOT NULL,
    PRIMARY KEY (municipality, person, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
);
CREATE INDEX person_address_key ON person_address (municipality, address_key, person);

-- Personal numbers (個人番号), sealed by the host under a key that is not here. Which entry is in use
-- is the state of an act. entry: SHA-256 of sealed. tag: equal for equal numbers, under that key.
CREATE TABLE vault (
    municipality bigint NOT NULL,
    entry bytea NOT NULL,
    person bigint NOT NULL,
    sealed bytea NOT NULL,
    tag bytea NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, entry)
);
CREATE INDEX vault_tag ON vault (municipality, tag);

-- The first eight digits of the values are the earliest birth date.
CREATE INDEX fact_birth ON fact (municipality, substr(vals, 2, 8), person) WHERE kind = 'persons';
CREATE INDEX audit_alarm ON audit (municipality, sequence) WHERE kind = 'alarm';

CREATE TRIGGER person_address_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON person_address FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER vault_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vault FOR EACH STATEMENT EXECUTE FUNCTION append_only();
