-- Which law is in force: rules, ordinances, the two together, and for which case dates.

-- Rule components, named by the SHA-256 of their bytes.
CREATE TABLE rule (
    municipality bigint NOT NULL,
    digest bytea NOT NULL,
    component bytea NOT NULL,
    PRIMARY KEY (municipality, digest)
);

-- Ordinances as they were written (TOML), named by the SHA-256 of the text.
CREATE TABLE ordinance (
    municipality bigint NOT NULL,
    digest bytea NOT NULL,
    written text NOT NULL,
    PRIMARY KEY (municipality, digest)
);

-- A rule and an ordinance that were put together.
-- segments: the ordinance as the rule compacted it; opaque here.
-- about: what the rule says of itself, JSON; opaque here.
CREATE TABLE revision (
    municipality bigint NOT NULL,
    digest bytea NOT NULL,
    slot text NOT NULL,
    rule_digest bytea NOT NULL,
    ordinance_digest bytea NOT NULL,
    segments bytea NOT NULL,
    about text NOT NULL,
    knowledge bigint NOT NULL,
    PRIMARY KEY (municipality, digest),
    FOREIGN KEY (municipality, rule_digest) REFERENCES rule (municipality, digest),
    FOREIGN KEY (municipality, ordinance_digest) REFERENCES ordinance (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge)
);

-- From when to when (case dates, half open) a revision answers a slot. Of several that hold a
-- date, the one with the largest knowledge does; going back is one more row.
CREATE TABLE activation (
    municipality bigint NOT NULL,
    knowledge bigint NOT NULL,
    slot text NOT NULL,
    revision bytea NOT NULL,
    case_from text COLLATE "C" NOT NULL,
    case_until text COLLATE "C" NOT NULL,
    recorded_on text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, knowledge),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest),
    FOREIGN KEY (municipality, knowledge) REFERENCES learning (municipality, knowledge),
    CHECK (case_from < case_until)
);
CREATE INDEX activation_slot ON activation (municipality, slot, knowledge);

CREATE TRIGGER rule_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ordinance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ordinance FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER revision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON revision FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER activation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activation FOR EACH STATEMENT EXECUTE FUNCTION append_only();
