-- Decisions: written once, superseded by the next version, never edited.

-- version: 1, then one more for each that supersedes; the key lets a case be decided once per version.
-- id: SHA-256 of the canonical content. status: decided, provisional, refused or failed.
-- knowledge: as of which number the facts were read. fuel: instructions the run was charged.
-- amount: the decision's total in whole yen, for summaries; none where it has no such figure.
-- recorded_at: an instant as the caller's clock gave it.
-- content: the canonical content, zstd.
CREATE TABLE decision (
    municipality integer NOT NULL,
    slot text NOT NULL,
    case_on text NOT NULL,
    household integer NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    id blob NOT NULL,
    revision blob NOT NULL,
    status text NOT NULL,
    knowledge integer NOT NULL,
    fuel integer NOT NULL,
    amount integer,
    recorded_at text NOT NULL,
    content blob NOT NULL,
    PRIMARY KEY (municipality, slot, case_on, household, version),
    UNIQUE (municipality, id),
    FOREIGN KEY (municipality, revision) REFERENCES revision (municipality, digest)
) STRICT;

CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
