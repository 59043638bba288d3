-- Which law is in force: rules, ordinances, the two together, and for which case dates.

-- Rule components, named by the SHA-256 of their bytes.
CREATE TABLE rule (
    municipality integer NOT NULL,
    digest blob NOT NULL,
    component blob NOT NULL,
    PRIMARY KEY (municipality, digest)
) STRICT;

-- Ordinances as they were written (TOML), named by the SHA-256 of the text.
CREATE TABLE ordinance (
    municipality integer NOT NULL,
    digest blob NOT NULL,
    written text NOT NULL,
    PRIMARY KEY (municipality, digest)
) STRICT;

-- A rule and an ordinance that were put together.
-- segments: the ordinance as the rule compacted it; opaque here.
-- about: what the rule says of itself, JSON; opaque here.
CREATE TABLE revision (
    municipality integer NOT NULL,
    digest blob NOT NULL,
    slot text NOT NULL,
    rule_digest blob NOT NULL,
    ordinance_digest blob NOT NULL,
    segments blob NOT NULL,
    about text NOT NULL,
    knowledge integer NOT NULL,
    PRIMARY KEY (municipality, digest),
    FOREIGN KEY (municipality, rule_digest) REFERENCES rule (municipality, digest),
    FOREIGN KEY (municipality, ordinance_digest) REFERENCES ordinance (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
) STRICT;

-- From when to when (case dates, half open) a revision answers a slot. Of several that hold a
-- date, the one with the largest knowledge does; going back is one more row.
CREATE TABLE activation (
    municipality integer NOT NULL,
    knowledge integer NOT NULL,
    slot text NOT NULL,
    revision blob NOT NULL,
    case_from text NOT NULL,
    case_until text NOT NULL,
    recorded_on text NOT NULL,
    PRIMARY KEY (municipality, knowledge),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge),
    CHECK (case_from < case_until)
) STRICT;
CREATE INDEX activation_slot ON activation (municipality, slot, knowledge);

CREATE TRIGGER rule_no_update BEFORE UPDATE ON rule BEGIN SELECT RAISE(ABORT, 'rule is append-only'); END;
CREATE TRIGGER rule_no_delete BEFORE DELETE ON rule BEGIN SELECT RAISE(ABORT, 'rule is append-only'); END;
CREATE TRIGGER ordinance_no_update BEFORE UPDATE ON ordinance BEGIN SELECT RAISE(ABORT, 'ordinance is append-only'); END;
CREATE TRIGGER ordinance_no_delete BEFORE DELETE ON ordinance BEGIN SELECT RAISE(ABORT, 'ordinance is append-only'); END;
CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END;
CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END;
CREATE TRIGGER activation_no_update BEFORE UPDATE ON activation BEGIN SELECT RAISE(ABORT, 'activation is append-only'); END;
CREATE TRIGGER activation_no_delete BEFORE DELETE ON activation BEGIN SELECT RAISE(ABORT, 'activation is append-only'); END;
