//! What can be asked of the service: every route is one action, and an action is all that a policy sees of it.
//!
//! This list is the single definition. The router can mount a handler only under an action; policies, the tables of
//! `docs/reference/policy.md`, the document of the interface and the tests follow it.

use jorei_domain::purpose::File;

/// What must happen besides the request before anything it asks for holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    /// It only reads.
    Reads,
    /// One account is enough, for the reason given.
    One(&'static str),
    /// It takes part in an act: the maker's signature and another person's.
    Act,
    /// An act whose second person types the value again from the document.
    Typed,
}

impl Approval {
    /// In words, for the tables.
    pub fn text(self) -> String {
        match self {
            Reads => "reads".into(),
            One(why) => format!("one person: {why}"),
            Act => "two people: an act, signed by maker and checker".into(),
            Typed => "two people: an act, and the checker types the value again".into(),
        }
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, lookup: $lookup:literal, files: [$($file:ident),*], approval: $approval:expr;)+) => {
        /// One thing that can be asked.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Action {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Action {
            /// Every action, in the order of the tables.
            pub const ALL: &[Action] = &[$(Action::$name,)+];

            /// Its word in policies, tables, metrics and the chain.
            pub const fn word(self) -> &'static str {
                match self { $(Action::$name => $word,)+ }
            }

            /// What it does, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Action::$name => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Does it look a person up? Then affair and case must be stated, and it stands in the chain.
            pub const fn is_lookup(self) -> bool {
                match self { $(Action::$name => $lookup,)+ }
            }

            /// The files that it always reads.
            pub const fn files(self) -> &'static [File] {
                match self { $(Action::$name => &[$(File::$file),*],)+ }
            }

            /// Who else must agree.
            pub const fn approval(self) -> Approval {
                match self { $(Action::$name => $approval,)+ }
            }
        }
    };
}

use Approval::{Act, One, Reads, Typed};

actions! {
    /// See one's own account, roles and the end of the session.
    SessionShow = "session.show", lookup: false, files: [], approval: Reads;
    /// End the session.
    SessionEnd = "session.end", lookup: false, files: [], approval: One("it only takes a right away");
    /// Search people by kana, birth date or number.
    PeopleSearch = "people.search", lookup: true, files: [Insured], approval: Reads;
    /// See one person with the household.
    PeopleShow = "people.show", lookup: true, files: [Insured], approval: Reads;
    /// See the address of a protected person.
    PeopleUnmask = "people.unmask", lookup: true, files: [Insured], approval: Reads;
    /// See what is known of a person, on two time axes; incomes and property belong to another file.
    PeopleFacts = "people.facts", lookup: true, files: [Insured], approval: Reads;
    /// See incomes and property of a person.
    PeopleIncomes = "people.incomes", lookup: true, files: [PersonAssessment], approval: Reads;
    /// Enter one fact about a person; incomes, property and applications belong to another file.
    FactsEnter = "facts.enter", lookup: true, files: [Insured], approval: One("a fact is laid over what was known and can be taken back");
    /// Enter incomes, property, pensions and applications of a person.
    IncomesEnter = "incomes.enter", lookup: true, files: [PersonAssessment], approval: One("a fact is laid over what was known and can be taken back");
    /// Protect a person at once, or ask for the end of a protection.
    PeopleProtect = "people.protect", lookup: true, files: [Insured], approval: Act;
    /// Enter a personal number into the vault.
    NumberEnter = "number.enter", lookup: true, files: [Insured], approval: Typed;
    /// Confirm a personal number by typing it again.
    NumberConfirm = "number.confirm", lookup: true, files: [Insured], approval: Typed;
    /// Read a personal number.
    NumberRead = "number.read", lookup: true, files: [Insured], approval: Reads;
    /// See one household with its members.
    HouseholdsShow = "households.show", lookup: true, files: [Insured], approval: Reads;
    /// See every decision of a household's year over all slots, with what waits for a clerk.
    HistoryShow = "history.show", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// See the instalments of a household with who owes them.
    InstalmentsShow = "instalments.show", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// See the applications for exemptions of a household and what became of them.
    ExemptionShow = "exemption.show", lookup: true, files: [HouseholdAssessment, PersonAssessment], approval: Reads;
    /// See to whom a notice about a household goes.
    AddresseeShow = "addressee.show", lookup: true, files: [Insured], approval: Reads;
    /// See a page of a master; each but that of insured persons belongs to a file of its own.
    MastersShow = "masters.show", lookup: true, files: [Insured], approval: Reads;
    /// See the master of retired members.
    MastersRetired = "masters.retired", lookup: true, files: [Retired], approval: Reads;
    /// See the master of assessments.
    MastersAssessment = "masters.assessment", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// See the master of the persons of assessments.
    MastersPersons = "masters.persons", lookup: true, files: [PersonAssessment], approval: Reads;
    /// See the master of the history of the persons of assessments.
    MastersPersonHistory = "masters.person-history", lookup: true, files: [PersonAssessmentHistory], approval: Reads;
    /// See the master of changes of assessments.
    MastersChanges = "masters.changes", lookup: true, files: [AssessmentChanges], approval: Reads;
    /// See the master of receipts.
    MastersReceipts = "masters.receipts", lookup: true, files: [Receipts], approval: Reads;
    /// See the master of arrears.
    MastersArrears = "masters.arrears", lookup: true, files: [Arrears], approval: Reads;
    /// List the decisions of a household.
    DecisionsList = "decisions.list", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// List whom a revision decided.
    DecisionsOfRevision = "decisions.of-revision", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// Have a household decided for the record.
    DecisionsMake = "decisions.make", lookup: true, files: [HouseholdAssessment], approval: One("the rule decides, under a revision that two people put in force");
    /// See one decision with its steps and its evidence.
    DecisionsShow = "decisions.show", lookup: true, files: [HouseholdAssessment, PersonAssessment], approval: Reads;
    /// Decide an old decision again and compare the bytes.
    DecisionsReplay = "decisions.replay", lookup: true, files: [HouseholdAssessment], approval: Reads;
    /// Try a household with changed facts; nothing is stored.
    TrialsMake = "trials.make", lookup: true, files: [HouseholdAssessment, PersonAssessment], approval: Reads;
    /// Assess every household of a year.
    AssessmentsStart = "assessments.start", lookup: false, files: [], approval: One("the rule decides, under a revision that two people put in force");
    /// Decide again what new facts and revisions touch.
    ReassessmentsStart = "reassessments.start", lookup: false, files: [], approval: One("the rules decide, under revisions that two people put in force");
    /// Decide exemptions and instalments of a year.
    InstalmentsStart = "instalments.start", lookup: false, files: [], approval: One("the rules decide, under revisions that two people put in force");
    /// Sum up a year.
    SummaryShow = "summary.show", lookup: false, files: [], approval: Reads;
    /// List the cases that wait for a clerk.
    QueueShow = "queue.show", lookup: false, files: [HouseholdAssessment], approval: Reads;
    /// Settle a case that waits, with a way and a reason.
    QueueSettle = "queue.settle", lookup: true, files: [HouseholdAssessment], approval: One("it changes no decision, and stands there with reason and account");
    /// List the imports, and the forms that they take.
    ImportsRead = "imports.read", lookup: false, files: [], approval: Reads;
    /// Import a set of files, or try what it would do.
    ImportsApply = "imports.apply", lookup: true, files: [Insured], approval: One("it is laid over what was known, and two people can withdraw it");
    /// Prepare the withdrawal of an import, to be read before it is signed.
    ImportsWithdraw = "imports.withdraw", lookup: false, files: [], approval: Act;
    /// List the files of receipts that were taken.
    ReceiptFilesList = "receipts.files", lookup: false, files: [], approval: Reads;
    /// Take a file of a channel or a statement of the bank.
    ReceiptsTake = "receipts.take", lookup: false, files: [], approval: One("it counts as its channel told it, and what it says can be taken back; nothing is paid out by it");
    /// List and read receipts.
    ReceiptsShow = "receipts.show", lookup: true, files: [Receipts], approval: Reads;
    /// Say what a receipt pays, or take it back.
    ReceiptsSettle = "receipts.settle", lookup: true, files: [Receipts], approval: One("the money stays in the ledger with account and reason; nothing is paid out by it");
    /// Reconcile what the channels told against what the bank delivered.
    ReconciliationShow = "reconciliation.show", lookup: false, files: [], approval: Reads;
    /// See the accounts of a household and the postings.
    LedgerShow = "ledger.show", lookup: true, files: [Receipts], approval: Reads;
    /// Sum up the ledger by kind of account.
    LedgerTotals = "ledger.totals", lookup: false, files: [], approval: Reads;
    /// Add the ledger up again.
    LedgerCheck = "ledger.check", lookup: false, files: [], approval: One("it changes nothing");
    /// See overpayments with what became of them, and what lapses.
    RefundsShow = "refunds.show", lookup: true, files: [Receipts], approval: Reads;
    /// Decide what becomes of a household's overpayments.
    RefundsDecide = "refunds.decide", lookup: true, files: [Receipts], approval: One("the rule decides, under revisions that two people put in force; two people release what is paid out");
    /// Record consents, claims and declarations of heirs.
    RefundsRecord = "refunds.record", lookup: true, files: [Receipts], approval: One("it is what somebody said on paper; nothing is paid by it");
    /// Print and send a notice of a refund.
    RefundsNotify = "refunds.notify", lookup: true, files: [Insured, Receipts], approval: One("it tells what was decided, and nothing is paid by it");
    /// Record that a refund can no longer be claimed.
    RefundsLapse = "refunds.lapse", lookup: true, files: [Receipts], approval: One("only what the decision itself says has lapsed, and it stays listed with account and reason");
    /// See what is due to a household, applications for benefits, and whom a month's benefit waits for.
    BenefitsShow = "benefits.show", lookup: true, files: [Insured], approval: Reads;
    /// Record applications for benefits and what happened to them.
    BenefitsRecord = "benefits.record", lookup: true, files: [Insured], approval: One("it is what somebody said on paper; nothing is paid by it");
    /// Decide what benefit is due to a household.
    BenefitsDecide = "benefits.decide", lookup: true, files: [Insured, PersonAssessment], approval: One("the rule decides, under revisions that two people put in force; two people release what is paid out");
    /// List the sets of claims that were taken.
    ClaimSetsList = "claims.sets", lookup: false, files: [], approval: Reads;
    /// See claims of institutions that somebody must look at.
    ClaimsShow = "claims.show", lookup: true, files: [Insured], approval: Reads;
    /// See to whom and to which account refunds go, masked, and what stops them.
    PayeesShow = "payees.show", lookup: true, files: [Receipts], approval: Reads;
    /// Compare an account typed again with the one entered.
    PayeesCompare = "payees.compare", lookup: true, files: [Receipts], approval: Reads;
    /// Enter the account of a claim form, to be read before it is signed.
    PayeesEnter = "payees.enter", lookup: true, files: [Receipts], approval: Act;
    /// Prepare the confirmation of an account, to be read before it is signed.
    PayeesConfirm = "payees.confirm", lookup: true, files: [Receipts], approval: Act;
    /// See what other bodies were asked, and how far each inquiry is.
    InquiriesShow = "inquiries.show", lookup: true, files: [Receipts], approval: Reads;
    /// Write a question about a person to another body.
    InquiriesAsk = "inquiries.ask", lookup: true, files: [Insured], approval: One("it asks for the stated case, and its answer is laid over what was known");
    /// Ask the register of accounts again for an order.
    InquiriesAgain = "inquiries.again", lookup: true, files: [Receipts], approval: One("it asks for an order that is there, under the payee's consent");
    /// List batches of payments, and results that fit no line.
    PaymentsList = "payments.list", lookup: false, files: [], approval: Reads;
    /// See a batch of payments with its lines.
    PaymentsShow = "payments.show", lookup: true, files: [Receipts], approval: Reads;
    /// Put what can be paid into a batch.
    PaymentsPrepare = "payments.prepare", lookup: true, files: [Receipts], approval: One("nothing leaves by it; two people release what is in it");
    /// Prepare the release of a batch, to be read before it is signed.
    PaymentsRelease = "payments.release", lookup: false, files: [], approval: Act;
    /// Write the inquiries before payment for a batch.
    PaymentsCheck = "payments.check", lookup: true, files: [Receipts], approval: One("it asks; an answer stops a payment and starts none");
    /// Take a batch back before it is cut.
    PaymentsWithdraw = "payments.withdraw", lookup: false, files: [], approval: One("nothing is paid by it; what is in it must be released again");
    /// Note that a line is recalled, or that its money came back.
    PaymentsRecord = "payments.record", lookup: true, files: [Receipts], approval: One("it is what was asked of the bank, or what the bank said on paper; nothing is paid by it");
    /// Take in what the bank says of payments.
    PaymentsResults = "payments.results", lookup: false, files: [], approval: One("it is what the bank says; what failed is paid again only after two people released it");
    /// See what is owed, what it costs to pay late, and what was done.
    ArrearsShow = "arrears.show", lookup: true, files: [Arrears], approval: Reads;
    /// List the demand notices that are due.
    ArrearsDemands = "arrears.demands", lookup: true, files: [Insured, Arrears], approval: Reads;
    /// Decide the charges of a household.
    ArrearsDecide = "arrears.decide", lookup: true, files: [Arrears], approval: One("the rule decides, under revisions that two people put in force");
    /// Record a demand, a grace, a promise or another step.
    ArrearsRecord = "arrears.record", lookup: true, files: [Arrears], approval: One("it stands with account and reason, and a further step takes it back");
    /// Prepare that what can no longer be collected is given up, to be read before it is signed.
    ArrearsGiveUp = "arrears.give-up", lookup: true, files: [Arrears], approval: Act;
    /// List the packages that were tried, and the admitted rules.
    RulesList = "rules.list", lookup: false, files: [], approval: Reads;
    /// See one admitted rule.
    RulesShow = "rules.show", lookup: false, files: [], approval: Reads;
    /// Hand a package in for admission.
    RulesAdd = "rules.add", lookup: false, files: [], approval: One("an admitted rule is not in force");
    /// List and read ordinances.
    OrdinancesRead = "ordinances.read", lookup: false, files: [], approval: Reads;
    /// List and read drafts of ordinances.
    DraftsRead = "drafts.read", lookup: false, files: [], approval: Reads;
    /// Save a draft of an ordinance.
    DraftsSave = "drafts.save", lookup: false, files: [], approval: One("a draft decides nothing");
    /// Hold a draft against a rule.
    DraftsCheck = "drafts.check", lookup: false, files: [], approval: Reads;
    /// List revisions and what is in force.
    RevisionsRead = "revisions.read", lookup: false, files: [], approval: Reads;
    /// Put rule and ordinance together.
    RevisionsMake = "revisions.make", lookup: false, files: [], approval: One("a revision is not in force by being made");
    /// Read what a candidate would change, as sums.
    ShadowRead = "shadow.read", lookup: false, files: [], approval: Reads;
    /// Read the most changed households of a shadow run.
    ShadowHouseholds = "shadow.households", lookup: true, files: [HouseholdAssessment, PersonAssessment], approval: Reads;
    /// Run a candidate beside what was decided.
    ShadowStart = "shadow.start", lookup: false, files: [], approval: One("it decides nothing");
    /// List and read acts.
    ActsRead = "acts.read", lookup: false, files: [], approval: Reads;
    /// See the acts about persons too: protections, personal numbers.
    ActsPersons = "acts.persons", lookup: false, files: [], approval: Reads;
    /// See the acts that give up what is owed, and make them.
    ActsClaims = "acts.claims", lookup: false, files: [], approval: Reads;
    /// See the acts about payments and the accounts of payees, and make them.
    ActsPayments = "acts.payments", lookup: false, files: [], approval: Reads;
    /// Prepare an act about rules, ordinances or values, to be read before it is signed.
    ActsPrepare = "acts.prepare", lookup: false, files: [], approval: Act;
    /// Prepare an act about accounts, roles, vendors and grants.
    OfficePrepare = "office.prepare", lookup: false, files: [], approval: Act;
    /// Make a prepared act with one's own signature.
    ActsMake = "acts.make", lookup: false, files: [], approval: Act;
    /// Sign another person's act, for or against.
    ActsSign = "acts.sign", lookup: false, files: [], approval: Act;
    /// Read the office's settings.
    OfficeRead = "office.read", lookup: false, files: [], approval: Reads;
    /// List and follow long work.
    JobsRead = "jobs.read", lookup: false, files: [], approval: Reads;
    /// Stop long work after the page under way.
    JobsStop = "jobs.stop", lookup: false, files: [], approval: One("what was stored stays, and the work can be started again");
    /// Read the chain and its head.
    AuditRead = "audit.read", lookup: false, files: [], approval: Reads;
    /// Verify the chain.
    AuditVerify = "audit.verify", lookup: false, files: [], approval: One("it changes nothing");
    /// Read the alarms about protected people.
    AlarmsRead = "alarms.read", lookup: false, files: [], approval: Reads;
}

impl Action {
    /// Does it change anything that stays?
    pub fn mutates(self) -> bool {
        self.approval() != Reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct() {
        let mut words: Vec<_> = Action::ALL.iter().map(|action| action.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Action::ALL.len());
    }

    #[test]
    fn what_reads_a_file_of_persons_is_a_look_up_but_for_the_work_list() {
        for action in Action::ALL.iter().filter(|action| !action.files().is_empty() && !action.is_lookup()) {
            assert_eq!(*action, Action::QueueShow);
        }
    }
}
