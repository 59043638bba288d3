-- Accounts of payees, and what was asked of other bodies. What is personal stands in `sealed_content` only, enciphered.

-- Enciphered bytes of an account or of a bank file. entry: the hash of `sealed` and `tag` together, by which other tables and the
-- audit chain name it. tag: a keyed hash that is equal for equal accounts of one municipality; empty for a file. The one
-- table of records from which rows go: an entry that `purge` names may be deleted, by the rule that it states.
CREATE TABLE sealed_content (
    municipality integer NOT NULL,
    entry blob NOT NULL,
    sealed blob NOT NULL,
    tag blob NOT NULL,
    PRIMARY KEY (municipality, entry)
) STRICT;
CREATE INDEX sealed_content_tag ON sealed_content (municipality, tag);

-- That an entry was destroyed. rule: by which rule, in words for auditors. purged_on: the day.
CREATE TABLE purge (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    entry blob NOT NULL,
    rule text NOT NULL,
    purged_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, entry)
) STRICT;

-- What is asked of other bodies through the intermediate server (情報連携), written before anything is sent. id: 32 hexadecimal
-- digits. ordinal: 1, then one more. call: those that were written together. what: account, income, qualification,
-- dependant_loss, employment_insurance; year: of an income. legal_row: 69, 70, 71 or account_register. matter, affair,
-- reference: for what, in the words of the connector. stage: fix where the answer fixes the account of a payment, check where
-- it is held against the fixed one, facts otherwise. payment_matter: the first of the payment orders that took each other's
-- place, for fix and check. person: about whom, by the number that the city's bodies use towards the server. on_day: as of
-- which day. asked_on: the day it was written.
CREATE TABLE inquiry (
    municipality integer NOT NULL,
    id text NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    call integer NOT NULL CHECK (call >= 1),
    what text NOT NULL,
    year integer,
    legal_row text NOT NULL,
    matter text NOT NULL,
    affair text NOT NULL,
    reference text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('fix', 'check', 'facts')),
    payment_matter integer,
    household integer,
    person integer NOT NULL CHECK (person > 0),
    on_day text NOT NULL,
    asked_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal),
    FOREIGN KEY (municipality, payment_matter) REFERENCES payment_order (municipality, number),
    CHECK ((payment_matter IS NULL) = (stage = 'facts')),
    CHECK ((year IS NULL) = (what <> 'income'))
) STRICT;
CREATE INDEX inquiry_matter ON inquiry (municipality, payment_matter, ordinal);

-- What became of sending one: once for each. call: those that were told together. refused: empty where the server has it;
-- otherwise why it does not take it.
CREATE TABLE inquiry_sent (
    municipality integer NOT NULL,
    inquiry text NOT NULL,
    call integer NOT NULL CHECK (call >= 1),
    refused text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, inquiry),
    FOREIGN KEY (municipality, inquiry) REFERENCES inquiry (municipality, id)
) STRICT;

-- An answer as it came. sequence: the server's number of it, up to which answers were read. call: those that were read
-- together. inquiry: which it says it answers; it may be none of ours. standing: present, not_registered, suspended, not_found,
-- not_linked, identifier_error, under_correction. use: applied (the first for its inquiry), repeated, contradicted (a later
-- one with other content), unknown (nobody asked), unfit (it answers something else, or cannot be read). digest: of what it
-- says; absent where that is sealed. entry: the sealed account that it brought. holder: as in payee_account. changed_on: when that account was last
-- changed in the register, if it tells. detail: why it is unfit, or what it says for a clerk to decide on. knowledge: the number of the facts learnt from it.
-- told_at: when the server had it.
CREATE TABLE inquiry_answer (
    municipality integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence >= 1),
    call integer NOT NULL CHECK (call >= 1),
    inquiry text NOT NULL,
    standing text NOT NULL,
    use text NOT NULL CHECK (use IN ('applied', 'repeated', 'contradicted', 'unknown', 'unfit')),
    digest blob,
    entry blob,
    holder text,
    changed_on text,
    detail text NOT NULL,
    knowledge integer,
    told_at text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, sequence)
) STRICT;
-- Each inquiry is answered once.
CREATE UNIQUE INDEX inquiry_answer_once ON inquiry_answer (municipality, inquiry) WHERE use = 'applied';
CREATE INDEX inquiry_answer_inquiry ON inquiry_answer (municipality, inquiry, sequence);

-- An account for a matter (還付先口座). number: 1, then one more. matter: the first of the payment orders that took each other's
-- place; an account of one matter is never used for another. source: public_account (公金受取口座), claim_form (請求書),
-- direct_debit (口座振替の口座). inquiry: by which it was obtained, for a public account. applied_on: the day of the consent or the
-- claim. obtained_on: the day the office had it. holder: how far its holder's name agrees with the payee's: exact,
-- spaces_and_hyphens, first_thirty, different, unknown (the office has no kana of the payee). changed_on: as in inquiry_answer.
CREATE TABLE payee_account (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    matter integer NOT NULL,
    household integer NOT NULL,
    source text NOT NULL CHECK (source IN ('public_account', 'claim_form', 'direct_debit')),
    inquiry text,
    applied_on text NOT NULL,
    obtained_on text NOT NULL,
    holder text NOT NULL,
    changed_on text,
    entry blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    FOREIGN KEY (municipality, matter) REFERENCES payment_order (municipality, number),
    FOREIGN KEY (municipality, inquiry) REFERENCES inquiry (municipality, id),
    UNIQUE (municipality, entry),
    CHECK ((inquiry IS NOT NULL) = (source = 'public_account'))
) STRICT;
CREATE INDEX payee_account_matter ON payee_account (municipality, matter, number);
-- An answer fixes one account.
CREATE UNIQUE INDEX payee_account_inquiry ON payee_account (municipality, inquiry);

CREATE TRIGGER sealed_content_no_update BEFORE UPDATE ON sealed_content BEGIN SELECT RAISE(ABORT, 'sealed_content is append-only'); END;
CREATE TRIGGER sealed_content_no_delete BEFORE DELETE ON sealed_content
WHEN NOT EXISTS (SELECT 1 FROM purge p WHERE p.municipality = OLD.municipality AND p.entry = OLD.entry)
BEGIN SELECT RAISE(ABORT, 'sealed_content is append-only but for what is purged'); END;
CREATE TRIGGER purge_no_update BEFORE UPDATE ON purge BEGIN SELECT RAISE(ABORT, 'purge is append-only'); END;
CREATE TRIGGER purge_no_delete BEFORE DELETE ON purge BEGIN SELECT RAISE(ABORT, 'purge is append-only'); END;
CREATE TRIGGER inquiry_no_update BEFORE UPDATE ON inquiry BEGIN SELECT RAISE(ABORT, 'inquiry is append-only'); END;
CREATE TRIGGER inquiry_no_delete BEFORE DELETE ON inquiry BEGIN SELECT RAISE(ABORT, 'inquiry is append-only'); END;
CREATE TRIGGER inquiry_sent_no_update BEFORE UPDATE ON inquiry_sent BEGIN SELECT RAISE(ABORT, 'inquiry_sent is append-only'); END;
CREATE TRIGGER inquiry_sent_no_delete BEFORE DELETE ON inquiry_sent BEGIN SELECT RAISE(ABORT, 'inquiry_sent is append-only'); END;
CREATE TRIGGER inquiry_answer_no_update BEFORE UPDATE ON inquiry_answer BEGIN SELECT RAISE(ABORT, 'inquiry_answer is append-only'); END;
CREATE TRIGGER inquiry_answer_no_delete BEFORE DELETE ON inquiry_answer BEGIN SELECT RAISE(ABORT, 'inquiry_answer is append-only'); END;
CREATE TRIGGER payee_account_no_update BEFORE UPDATE ON payee_account BEGIN SELECT RAISE(ABORT, 'payee_account is append-only'); END;
CREATE TRIGGER payee_account_no_delete BEFORE DELETE ON payee_account BEGIN SELECT RAISE(ABORT, 'payee_account is append-only'); END;
