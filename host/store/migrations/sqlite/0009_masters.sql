-- Imports and their withdrawal; aliases; where somebody's post goes.

-- alias: 通称, none for who has none. A row whose name is empty says that the office has no name.
ALTER TABLE person_name ADD COLUMN alias text;

-- Where post for a person goes, and who answers for them: personal text, like names and addresses.
-- role: mailing (送付先), guardian (成年後見人等), heirs (相続人代表者). valid_from, valid_until: half open, as for
-- facts. Of the rows of one person and role that hold on a day, the one with the largest
-- (knowledge, ordinal) counts; where its name and address are empty, there is no contact.
CREATE TABLE person_contact (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    ordinal integer NOT NULL,
    person integer NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    postcode text,
    valid_from text NOT NULL,
    valid_until text NOT NULL,
    PRIMARY KEY (municipality, knowledge, ordinal),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge),
    CHECK (valid_from < valid_until)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_contact_person ON person_contact (municipality, person, role);

-- A set of files that was taken in whole, under one knowledge number.
-- digest: SHA-256 over the forms and contents of its files. forms: JSON, the rows of each form by its word.
CREATE TABLE import_set (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    digest blob NOT NULL,
    forms text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT;
CREATE INDEX import_set_digest ON import_set (municipality, digest);

-- An import that was withdrawn, by the act of two people: what restores the records bears knowledge.
CREATE TABLE import_withdrawal (
    municipality integer NOT NULL,
    withdrawn integer NOT NULL,
    knowledge integer NOT NULL,
    act blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, withdrawn),
    FOREIGN KEY (municipality, withdrawn) REFERENCES import_set (municipality, knowledge),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT;

CREATE TRIGGER person_contact_no_update BEFORE UPDATE ON person_contact BEGIN SELECT RAISE(ABORT, 'person_contact is append-only'); END;
CREATE TRIGGER person_contact_no_delete BEFORE DELETE ON person_contact BEGIN SELECT RAISE(ABORT, 'person_contact is append-only'); END;
CREATE TRIGGER import_set_no_update BEFORE UPDATE ON import_set BEGIN SELECT RAISE(ABORT, 'import_set is append-only'); END;
CREATE TRIGGER import_set_no_delete BEFORE DELETE ON import_set BEGIN SELECT RAISE(ABORT, 'import_set is append-only'); END;
CREATE TRIGGER import_withdrawal_no_update BEFORE UPDATE ON import_withdrawal BEGIN SELECT RAISE(ABORT, 'import_withdrawal is append-only'); END;
CREATE TRIGGER import_withdrawal_no_delete BEFORE DELETE ON import_withdrawal BEGIN SELECT RAISE(ABORT, 'import_withdrawal is append-only'); END;
