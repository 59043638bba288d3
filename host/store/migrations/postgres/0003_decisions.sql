-- Decisions: written once, superseded by the next version, never edited.

-- version: 1, then one more for each that supersedes; the key lets a case be decided once per version.
-- id: SHA-256 of the canonical content. status: decided, provisional, refused or failed.
-- knowledge: as of which number the facts were read. fuel: instructions the run was charged.
-- amount: the decision's total in whole yen, for summaries; none where it has no such figure.
-- recorded_at: an instant as the caller's clock gave it.
-- content: the canonical content, zstd.
CREATE TABLE decision (
    municipality bigint NOT NULL,
    slot text NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    household bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    id bytea NOT NULL,
    revision bytea NOT NULL,
    status text NOT NULL,
    knowledge bigint NOT NULL,
    fuel bigint NOT NULL,
    amount bigint,
    recorded_at text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (municipality, slot, case_on, household, version),
    UNIQUE (municipality, id),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest)
);

-- The content is compressed already; a second attempt would only cost time.
ALTER TABLE decision ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION append_only();
