-- Benefits: claims of institutions, applications, what is due by decision, what another municipality handed over.

-- Residents' taxes lie by year, as incomes do: the two ways into facts know them.
DROP INDEX fact_lasting;
DROP INDEX fact_yearly;
CREATE INDEX fact_lasting ON fact (municipality, person) WHERE kind NOT IN ('incomes', 'property', 'pensions', 'resident_taxes');
CREATE INDEX fact_yearly ON fact (municipality, person, valid_from) WHERE kind IN ('incomes', 'property', 'pensions', 'resident_taxes');

-- A set of claim files of the federation (国保連の月次データ), taken whole. number: 1, then one more for each of the municipality.
-- serial: that of the federation, without a gap. month: the first day of the month in which it was processed. digest: over the
-- digests of its files in order. lines: how many. cost_yen, own_yen: signed sums of its lines.
CREATE TABLE claim_set (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    serial bigint NOT NULL CHECK (serial >= 1),
    month text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 0),
    cost_yen bigint NOT NULL,
    own_yen bigint NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, serial),
    UNIQUE (municipality, digest)
);

-- A file of a set. part: 1, then one more. content: its bytes, compressed.
CREATE TABLE claim_file (
    municipality bigint NOT NULL,
    claim_set bigint NOT NULL,
    part bigint NOT NULL CHECK (part >= 1),
    digest bytea NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (municipality, claim_set, part),
    FOREIGN KEY (municipality, claim_set) REFERENCES claim_set (municipality, number)
);

-- A line about a claim (レセプト); of several the last one holds. ordinal: 1, then one more for each of the municipality. claim: the
-- federation's number of the claim. status: 0 original, 1 returned (amounts are those it takes back, below 0), 2 in place of an
-- earlier one. month: the first day of the month of treatment. setting, service: places of the words of the kind medical_claims.
-- cost_yen: insured cost. own_yen: what the patient paid. in_kind_yen: high-cost benefit left off the bill; in_kind_counts: 1 where
-- it was more than the outpatient cap's. category: what the institution printed of the category (特記事項). specified_disease,
-- third_party: 0 or 1. aid_code: law that pays beside (法別番号). meals, charged_meal_yen (one meal), charged_residence_yen (one day),
-- bed: of a stay in hospital. finding: why a clerk must look; none where nobody must.
CREATE TABLE claim_line (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    claim_set bigint NOT NULL,
    part bigint NOT NULL,
    line bigint NOT NULL,
    claim text COLLATE "C" NOT NULL,
    status bigint NOT NULL CHECK (status BETWEEN 0 AND 2),
    person bigint NOT NULL,
    month text COLLATE "C" NOT NULL,
    setting bigint NOT NULL CHECK (setting BETWEEN 0 AND 1),
    service bigint NOT NULL CHECK (service BETWEEN 0 AND 3),
    institution bigint NOT NULL,
    prescriber bigint,
    days bigint NOT NULL,
    points bigint NOT NULL,
    cost_yen bigint NOT NULL,
    share_percent bigint NOT NULL,
    own_yen bigint NOT NULL,
    in_kind_yen bigint NOT NULL,
    in_kind_counts bigint NOT NULL CHECK (in_kind_counts BETWEEN 0 AND 1),
    category text COLLATE "C" NOT NULL,
    specified_disease bigint NOT NULL CHECK (specified_disease BETWEEN 0 AND 1),
    third_party bigint NOT NULL CHECK (third_party BETWEEN 0 AND 1),
    aid_code bigint,
    bed bigint,
    meals bigint NOT NULL,
    charged_meal_yen bigint,
    charged_residence_yen bigint,
    finding text COLLATE "C",
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, claim_set, part) REFERENCES claim_file (municipality, claim_set, part)
);
CREATE INDEX claim_line_claim ON claim_line (municipality, claim, ordinal);
CREATE INDEX claim_line_person ON claim_line (municipality, month, person, ordinal);
CREATE INDEX claim_line_in_kind ON claim_line (municipality, month, person) WHERE in_kind_counts = 1;
CREATE INDEX claim_line_finding ON claim_line (municipality, ordinal) WHERE finding IS NOT NULL;

-- What a clerk said to a claim that somebody had to look at. ordinal: 1, then one more. way: left (stands as it is) or reclaimed
-- (the insurer's part is claimed back, 不当利得). posting: of the claim for money. reason: no personal data.
CREATE TABLE claim_settlement (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    line bigint NOT NULL,
    way text COLLATE "C" NOT NULL,
    posting bytea,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, line) REFERENCES claim_line (municipality, ordinal)
);
CREATE INDEX claim_settlement_line ON claim_settlement (municipality, line);

-- A month with a high-cost benefit that another municipality handed over (高額該当回数の引継ぎ); of several the last one holds. month:
-- its first day. revoked: 1 where it no longer counts.
CREATE TABLE high_cost_handover (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    household bigint NOT NULL,
    month text COLLATE "C" NOT NULL,
    source text NOT NULL,
    revoked bigint NOT NULL CHECK (revoked BETWEEN 0 AND 1),
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal)
);
CREATE INDEX high_cost_handover_household ON high_cost_handover (municipality, household, month, ordinal);

-- An application for a benefit (給付の申請). number: 1, then one more for each of the municipality. slot, case_on: the case it is decided
-- with. person: whom it is about. applicant: who applies and is paid. received_on: a day. document: where the paper or message is; no
-- personal data.
CREATE TABLE benefit_application (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    slot text COLLATE "C" NOT NULL,
    benefit text COLLATE "C" NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    household bigint NOT NULL,
    person bigint NOT NULL,
    applicant bigint NOT NULL,
    received_on text COLLATE "C" NOT NULL,
    document text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number)
);
CREATE INDEX benefit_application_case ON benefit_application (municipality, household, slot, case_on);

-- What was examined of an application, as facts of the kinds that its rule reads; of several of a kind the last one holds. vals: a
-- list of numbers as in fact.vals, the columns of the period first.
CREATE TABLE benefit_application_fact (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    application bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    vals text NOT NULL,
    source text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, application) REFERENCES benefit_application (municipality, number)
);
CREATE INDEX benefit_application_fact_of ON benefit_application_fact (municipality, application, ordinal);

-- What happened to an application. event: completed, returned, withdrawn, notified, set_off_agreed. reason: no personal data.
CREATE TABLE benefit_application_event (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    application bigint NOT NULL,
    event text COLLATE "C" NOT NULL,
    happened_on text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, application) REFERENCES benefit_application (municipality, number)
);
CREATE INDEX benefit_application_event_of ON benefit_application_event (municipality, application, ordinal);

-- The simplified procedure (支給申請手続の簡素化): later months are paid without another application. head: who registered. set_off: 1
-- where arrears may be paid first.
CREATE TABLE simplified_procedure (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    household bigint NOT NULL,
    head bigint NOT NULL,
    from_on text COLLATE "C" NOT NULL,
    set_off bigint NOT NULL CHECK (set_off BETWEEN 0 AND 1),
    document text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number)
);
CREATE INDEX simplified_procedure_household ON simplified_procedure (municipality, household, number);

-- Its end: ended_on is the first day on which it holds no more.
CREATE TABLE simplified_procedure_end (
    municipality bigint NOT NULL,
    number bigint NOT NULL,
    ended_on text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    FOREIGN KEY (municipality, number) REFERENCES simplified_procedure (municipality, number)
);

-- What a posted decision says is due, benefit by benefit; of several of a benefit the last one holds. benefit: its word. number: the
-- application or claim it answers, 0 for the household's. person: whom it is about, 0 for the household. due_yen: due in all.
-- before_yen: what was due before. payment_order: the order that pays out what is new, if there is one. posting: what moved, if
-- anything did.
CREATE TABLE benefit_due (
    municipality bigint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    household bigint NOT NULL,
    slot text COLLATE "C" NOT NULL,
    case_on text COLLATE "C" NOT NULL,
    benefit text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    person bigint NOT NULL,
    decision bytea NOT NULL,
    due_yen bigint NOT NULL CHECK (due_yen >= 0),
    before_yen bigint NOT NULL CHECK (before_yen >= 0),
    payment_order bigint,
    posting bytea,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, decision) REFERENCES decision (municipality, id)
);
CREATE INDEX benefit_due_case ON benefit_due (municipality, household, slot, case_on, ordinal);
-- The months of a household that were decided, whatever the page of households.
CREATE INDEX decision_of_high_cost ON decision (municipality, household, case_on, version) WHERE slot = 'high_cost';
CREATE INDEX benefit_due_order ON benefit_due (municipality, payment_order) WHERE payment_order IS NOT NULL;
CREATE TRIGGER claim_set_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_set FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER claim_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_file FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER claim_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_line FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER claim_settlement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_settlement FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER high_cost_handover_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON high_cost_handover FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER benefit_application_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON benefit_application FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER benefit_application_fact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON benefit_application_fact FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER benefit_application_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON benefit_application_event FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER simplified_procedure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON simplified_procedure FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER simplified_procedure_end_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON simplified_procedure_end FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER benefit_due_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON benefit_due FOR EACH STATEMENT EXECUTE FUNCTION append_only();
