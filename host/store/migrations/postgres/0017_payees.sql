-- Accounts of payees, and what was asked of other bodies. What is personal stands in `sealed_content` only, enciphered.

-- Enciphered bytes of an account or of a bank file. entry: the hash of `sealed` and `tag` together, by which other tables and the
-- audit chain name it. tag: a keyed hash that is equal for equal accounts of one municipality; empty for a file. The one
-- table of records from which rows go: an entry that `purge` names may be deleted, by the rule that it states.
CREATE TABLE sealed_content (
    municipality bigint NOT NULL,
    entry bytea NOT NULL,
    sealed bytea NOT NULL,
    tag bytea NOT NULL,
    PRIMARY KEY (municipality, entry)
);
CREATE INDEX sealed_content_tag ON sealed_content (municipality, tag);

-- That an entry was destroyed. rule: by which rule, in words for auditors. purged_on: the day.
CREATE TABLE purge (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    entry bytea NOT NULL,
    rule text NOT NULL,
    purged_on text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, entry)
);

-- What is asked of other bodies through the intermediate server (情報連携), written before anything is sent. id: 32 hexadecimal
-- digits. ordinal: 1, then one more. call: those that were written together. what: account, income, qualification,
-- dependant_loss, employment_insurance; year: of an income. legal_row: 69, 70, 71 or account_register. matter, affair,
-- reference: for what, in the words of the connector. stage: fix where the answer fixes the account of a payment, check where
-- it is held against the fixed one, facts otherwise. payment_matter: the first of the payment orders that took each other's
-- place, for fix and check. person: about whom, by the number that the city's bodies use towards the server. on_day: as of
-- which day. asked_on: the day it was written.
CREATE TABLE inquiry (
    municipality bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    call bigint NOT NULL CHECK (call >= 1),
    what text COLLATE "C" NOT NULL,
    year bigint,
    legal_row text NOT NULL,
    matter text NOT NULL,
    affair text NOT NULL,
    reference text NOT NULL,
    stage text COLLATE "C" NOT NULL CHECK (stage IN ('fix', 'check', 'facts')),
    payment_matter bigint,
    household bigint,
    person bigint NOT NULL CHECK (person > 0),
    on_day text COLLATE "C" NOT NULL,
    asked_on text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal),
    FOREIGN KEY (municipality, payment_matter) REFERENCES payment_order (municipality, number),
    CHECK ((payment_matter IS NULL) = (stage = 'facts')),
    CHECK ((year IS NULL) = (what <> 'income'))
);
CREATE INDEX inquiry_matter ON inquiry (municipality, payment_matter, ordinal);

-- What became of sending one: once for each. call: those that were told together. refused: empty where the server has it;
-- otherwise why it does not take it.
CREATE TABLE inquiry_sent (
    municipality bigint NOT NULL,
    inquiry text COLLATE "C" NOT NULL,
    call bigint NOT NULL CHECK (call >= 1),
    refused text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, inquiry),
    FOREIGN KEY (municipality, inquiry) REFERENCES inquiry (municipality, id)
);

-- An answer as it came. sequence: the server's number of it, up to which answers were read. call: those that were read
-- together. inquiry: which it says it answers; it may be none of ours. standing: present, not_registered, suspended, not_found,
-- not_linked, identifier_error, under_correction. use: applied (the first for its inquiry), repeated, contradicted (a later
-- one with other content), unknown (nobody asked), unfit (it answers something else, or cannot be read). digest: of what it
-- says; absent where that is sealed. entry: the sealed account that it brought. holder: as in payee_account. changed_on: when that account was last
-- changed in the register, if it tells. detail: why it is unfit, or what it says for a clerk to decide on. knowledge: the number of the facts learnt from it.
-- told_at: when the server had it.
CREATE TABLE inquiry_answer (
    municipality bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    call bigint NOT NULL CHECK (call >= 1),
    inquiry text COLLATE "C" NOT NULL,
    standing text COLLATE "C" NOT NULL,
    use text COLLATE "C" NOT NULL CHECK (use IN ('applied', 'repeated', 'contradicted', 'unknown', 'unfit')),
    digest bytea,
    entry bytea,
    holder text,
    changed_on text COLLATE "C",
    detail text NOT NULL,
    knowledge bigint,
    told_at text COLLATE "C" NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, sequence)
);
-- Each inquiry is answered once.
CREATE UNIQUE INDEX inquiry_answer_once ON inquiry_answer (municipality, inquiry) WHERE use = 'applied';
CREATE INDEX inquiry_answer_inquiry ON inquiry_answer (municipality, inquiry, sequence);

-- An account for a matter (還付先口座). number: 1, then one more. matter: the first of the payment orders that took each other's
-- place; an account of one matter is never used for another. source: public_account (公金受取口座), claim_form (請求書),
-- direct_debit (口座振替の口座). inquiry: by which it was obtained, for a public account. applied_on: the day of the consent or the
-- claim. obtained_on: the day the office had it. holder: how far its holder's name agrees with the payee's: exact,
-- spaces_and_hyphens, first_thirty, different, unknown (the office has no kana of the payee). changed_on: as in inquiry_answer.
CREATE TABLE payee_account (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    matter bigint NOT NULL,
    household bigint NOT NULL,
    source text COLLATE "C" NOT NULL CHECK (source IN ('public_account', 'claim_form', 'direct_debit')),
    inquiry text COLLATE "C",
    applied_on text COLLATE "C" NOT NULL,
    obtained_on text COLLATE "C" NOT NULL,
    holder text NOT NULL,
    changed_on text COLLATE "C",
    entry bytea NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    FOREIGN KEY (municipality, matter) REFERENCES payment_order (municipality, number),
    FOREIGN KEY (municipality, inquiry) REFERENCES inquiry (municipality, id),
    UNIQUE (municipality, entry),
    CHECK ((inquiry IS NOT NULL) = (source = 'public_account'))
);
CREATE INDEX payee_account_matter ON payee_account (municipality, matter, number);
-- An answer fixes one account.
CREATE UNIQUE INDEX payee_account_inquiry ON payee_account (municipality, inquiry);

CREATE FUNCTION only_purged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM purge p WHERE p.municipality = OLD.municipality AND p.entry = OLD.entry) THEN
        RAISE EXCEPTION 'sealed_content is append-only but for what is purged';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER sealed_content_append_only BEFORE UPDATE OR TRUNCATE ON sealed_content FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER sealed_content_purge BEFORE DELETE ON sealed_content FOR EACH ROW EXECUTE FUNCTION only_purged();
CREATE TRIGGER purge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON purge FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER inquiry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inquiry FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER inquiry_sent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inquiry_sent FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER inquiry_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inquiry_answer FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payee_account_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payee_account FOR EACH STATEMENT EXECUTE FUNCTION append_only();
