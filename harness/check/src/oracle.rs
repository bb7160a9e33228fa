//! The oracle: the expected trace of a case, by the reference in memory and the policy for steps that kill a process.

use crate::left_out::{Kind, LeftOut, Reason};
use crate::limits;
use crate::pattern::Patterns;
use crate::typed::Call;
use crate::variation::{Variation, Varied};
use mmapcheck_spec::{Case, Detail, End, Op, Outcome, Profile, Snapshot, Step, StepTrace, Stepper, TargetError, Trace};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A case with plain numbers, and its expected trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The case as targets run it.
    pub case: Case,
    /// The trace of the reference.
    pub expected: Trace,
    /// The steps that were left out of the case, in order.
    pub left_out: Vec<LeftOut>,
}

/// Which steps with a known death the oracle leaves out, from none to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KnownDeaths {
    /// No step is left out.
    #[default]
    Kept,
    /// Steps with a callback argument, in a child process, or without an outcome are left out. A lookup for each of the other
    /// steps would cost a campaign more time than the deaths in them.
    OmittedInRareSteps,
    /// Every such step is left out.
    Omitted,
}

/// Which steps that kill a process the oracle leaves out of a case, so that the steps after them are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omissions {
    /// Steps in which a pattern says that the target dies and the reference does not.
    pub known_deaths: KnownDeaths,
    /// Whether steps in which the reference foresees a death are left out.
    pub foreseen_deaths: bool,
    /// Whether steps that iterate over a map of more than [`limits::ITEMS`] bytes are left out, which take long.
    pub long_iterations: bool,
    /// Whether steps on maps whose arguments have no typed form are left out ([`Call::of`]): for a type with a typed interface.
    pub untyped: bool,
}

impl Omissions {
    /// All steps are kept.
    pub const NONE: Omissions =
        Omissions { known_deaths: KnownDeaths::Kept, foreseen_deaths: false, long_iterations: false, untyped: false };
    /// Steps with a known death and long iterations are left out: for a target whose death would end more than the case.
    pub const KNOWN_DEATHS: Omissions =
        Omissions { known_deaths: KnownDeaths::Omitted, long_iterations: true, ..Omissions::NONE };
    /// Steps with a known or foreseen death and long iterations are left out: every step that is kept has an outcome.
    pub const ALL_DEATHS: Omissions = Omissions { foreseen_deaths: true, ..Omissions::KNOWN_DEATHS };

    /// The omissions of a campaign's case. Each loses its long iterations, and most lose their deaths; one in [`limits::KILLING`] keeps the known ones, and
    /// one in [`limits::DYING`] the foreseen one.
    #[must_use]
    pub fn of_case(number: u64) -> Omissions {
        let known_deaths = match number.is_multiple_of(limits::KILLING) {
            true => KnownDeaths::Kept,
            false => KnownDeaths::OmittedInRareSteps,
        };
        let foreseen_deaths = !number.is_multiple_of(limits::DYING);
        Omissions { known_deaths, foreseen_deaths, long_iterations: true, ..Omissions::NONE }
    }

    /// The same, and steps without a typed form too if the target has a typed interface.
    #[must_use]
    pub fn for_interface(self, is_typed: bool) -> Omissions {
        Omissions { untyped: self.untyped || is_typed, ..self }
    }

    /// The omissions of both.
    #[must_use]
    pub fn and(self, other: Omissions) -> Omissions {
        Omissions {
            known_deaths: self.known_deaths.max(other.known_deaths),
            foreseen_deaths: self.foreseen_deaths || other.foreseen_deaths,
            long_iterations: self.long_iterations || other.long_iterations,
            untyped: self.untyped || other.untyped,
        }
    }
}

/// The options of an answer of the oracle. The answer depends on them and on the case alone.
#[derive(Clone, Copy, Debug)]
pub struct AnswerOptions<'a> {
    /// How closely the case is observed.
    pub detail: Detail,
    /// The steps to leave out.
    pub omissions: Omissions,
    /// The known divergences: their deaths can be left out, and a comparison sets all of them apart.
    pub known: &'a Patterns,
}

impl AnswerOptions<'static> {
    /// With this detail, without omissions and without known divergences.
    #[must_use]
    pub fn new(detail: Detail) -> AnswerOptions<'static> {
        static NOTHING: Patterns = Patterns(Vec::new());
        AnswerOptions { detail, omissions: Omissions::NONE, known: &NOTHING }
    }
}

impl<'a> AnswerOptions<'a> {
    /// The same with this detail.
    #[must_use]
    pub fn with_detail(self, detail: Detail) -> AnswerOptions<'a> {
        AnswerOptions { detail, ..self }
    }
}

/// The oracle for one profile. An answer depends on the case and the options alone, not on earlier answers.
pub struct Oracle {
    reference: Varied,
    profile: Profile,
}

impl Oracle {
    /// The oracle for this profile.
    ///
    /// # Errors
    /// Where the reference does not model the profile's implementation, version or platform.
    pub fn new(profile: Profile) -> Result<Oracle, TargetError> {
        Ok(Oracle { reference: Varied::new(profile)?, profile })
    }

    /// Switches variations of the rules on, and all others off.
    pub fn vary(&mut self, variations: &Arc<[Variation]>) {
        self.reference.vary(variations);
    }

    /// The places of the variations that changed something in the last case that was answered.
    pub fn applied(&self) -> impl Iterator<Item = usize> {
        self.reference.applied()
    }

    /// Asks the oracle with all variations off, and switches them on again.
    pub fn without_variations<R>(&mut self, ask: impl FnOnce(&mut Oracle) -> R) -> R {
        let variations = self.reference.vary(&Arc::default());
        let answer = ask(self);
        self.reference.vary(&variations);
        answer
    }

    /// The profile whose rules hold.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Answers a case. Symbolic numbers become plain. A step without an outcome (its name is unbound, no rule covers it) is left
    /// out, and so is one that ends a child process. A step in which a process dies is the last one, unless the options leave it
    /// out. Names keep their slots; a child whose `fork` is left out is left out with it.
    ///
    /// # Errors
    /// Where the case's files cannot be made.
    pub fn answer(&mut self, case: Case, options: &AnswerOptions<'_>) -> Result<Expected, TargetError> {
        self.answer_without(case, options, Vec::new())
    }

    /// Like [`Oracle::answer`], and leaves out the steps at these places too.
    ///
    /// # Errors
    /// As [`Oracle::answer`].
    pub fn answer_without(
        &mut self,
        mut case: Case,
        options: &AnswerOptions<'_>,
        mut without: Vec<(usize, Reason)>,
    ) -> Result<Expected, TargetError> {
        // A step that is left out because a variation ends the process counts as changed.
        self.reference.forget_applied();
        loop {
            match self.try_answer(case, options, &without)? {
                Ok(answered) => return Ok(answered),
                Err(Again { whole, place, reason }) => {
                    case = whole;
                    without.push((place, reason));
                }
            }
        }
    }

    /// Answers a case in one pass. The inner error: a step that must be left out has changed the reference's state already.
    fn try_answer(
        &mut self,
        case: Case,
        options: &AnswerOptions<'_>,
        without: &[(usize, Reason)],
    ) -> Result<Result<Expected, Again>, TargetError> {
        let detail = options.detail;
        self.reference.begin(&case.world)?;
        let mut expected = Trace { steps: Vec::with_capacity(case.steps.len()), ..Trace::default() };
        let (mut sieve, mut reasons) = (case.sift(), Vec::new());
        let all_examined = options.omissions.known_deaths == KnownDeaths::Omitted && options.known.hold_plain_deaths();
        let (mut dead, mut without_child) = (false, false);
        while let Some(step) = sieve.next(|step, base| self.reference.base(step, base)) {
            let not_run = match (dead, without_child) {
                (true, _) => Some(Kind::AfterDeath.into()),
                (false, true) => Some(Kind::NoChild.into()),
                (false, false) if sieve.names_unbound(&step) => Some(Kind::Unbound.into()),
                (false, false) => self.must_not_run(step.place(), &step, options, without),
            };
            if let Some(reason) = not_run {
                without_child = (without_child || step.op == Op::Fork) && step.op != Op::Wait;
                reasons.push(reason);
                sieve.leave_out(step);
                continue;
            }
            let is_child = self.reference.is_child();
            let result = self.reference.step(&step);
            let is_rare = is_child || result.is_err() || step.callback().is_some();
            let reason =
                if all_examined || is_rare { self.must_be_left_out(is_child, &step, &result, options) } else { None };
            if let Some(reason) = reason {
                let (place, has_changed) = (step.place(), step.callback().is_some() || result.is_ok());
                without_child = step.op == Op::Fork;
                sieve.leave_out(step);
                if has_changed {
                    return Ok(Err(Again { whole: sieve.restore(), place, reason }));
                }
                reasons.push(reason);
                continue;
            }
            let closely = step.op.row().changes.takes_in_bytes();
            let snapshot = if result.is_ok() { self.reference.look(closely, detail) } else { Snapshot::default() };
            dead = matches!(result, Err(End::Died(_)));
            expected.steps.push(StepTrace { result, snapshot });
            sieve.keep(step);
        }
        if !dead {
            expected.last = self.reference.look(true, detail);
            (expected.closing, expected.files) = self.reference.finish(detail);
        }
        let (case, left_out) = sieve.finish();
        let left_out =
            left_out.into_iter().zip(reasons).map(|((place, step), reason)| LeftOut { place, step, reason }).collect();
        Ok(Ok(Expected { case, expected, left_out }))
    }

    /// Why a step must not even be tried.
    fn must_not_run(
        &self,
        place: usize,
        step: &Step,
        options: &AnswerOptions<'_>,
        without: &[(usize, Reason)],
    ) -> Option<Reason> {
        if let Some((_, reason)) = without.iter().find(|(left_out, _)| *left_out == place) {
            return Some(reason.clone());
        }
        if options.omissions.untyped && Call::OPS.contains(&step.op) && Call::of(step).is_none() {
            return Some(Kind::Untyped.into());
        }
        let most = if options.omissions.long_iterations { limits::ITEMS } else { limits::MOST_ITEMS };
        let is_long = step.op.row().by_item && self.reference.map_len(step.on).is_some_and(|len| len > most);
        is_long.then(|| Reason::new(Kind::LongMap, format!("more than {most} bytes")))
    }

    /// Why a step with this result must be left out.
    fn must_be_left_out(
        &self,
        is_child: bool,
        step: &Step,
        result: &Result<Outcome, End>,
        options: &AnswerOptions<'_>,
    ) -> Option<Reason> {
        let Omissions { known_deaths, foreseen_deaths, .. } = options.omissions;
        match result {
            // An exception would end the child process and so the rest of its steps.
            Ok(Outcome::Raised(_)) | Err(End::Died(_)) if is_child => Some(Reason::of_child(result)),
            Err(End::Died(_)) if foreseen_deaths => Some(Kind::ForeseenDeath.into()),
            Err(End::Died(_)) if !self.profile.dies_of_dead_memory() => {
                Some(Reason::new(Kind::NoRule, "no rule covers an access to dead memory on this platform"))
            }
            Ok(_) | Err(End::Died(_)) => {
                let dies = known_deaths != KnownDeaths::Kept && options.known.foresee_death(step, result);
                dies.then(|| Kind::KnownDeath.into())
            }
            Err(end) => Some(Reason::of_end(end)),
        }
    }
}

/// A case that must be answered again without one of its steps.
struct Again {
    whole: Case,
    place: usize,
    reason: Reason,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::seeded;
    use crate::generate::{GeneratorOptions, generate};
    use crate::pattern::Pattern;
    use mmapcheck_spec::Op;
    use mmapcheck_spec::notation;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    const PROFILE: Profile = Profile::cpython(3, 11, 7);

    /// A target that dies in each `read` without a callback argument, and in each `write` with one.
    fn deadly() -> Patterns {
        let pattern = |op: &str, callback: &str| Pattern {
            id: op.into(),
            op: op.into(),
            callback: callback.into(),
            field: "answer".into(),
            expected: "*".into(),
            actual: "died of signal 11 (SIGSEGV)".into(),
            severity: None,
        };
        Patterns(vec![pattern("read", ""), pattern("write", "*")])
    }

    fn all_options(known: &Patterns) -> Vec<AnswerOptions<'_>> {
        let omissions = [
            Omissions::NONE,
            Omissions::KNOWN_DEATHS,
            Omissions::ALL_DEATHS,
            Omissions::of_case(0),
            Omissions::of_case(1),
            Omissions::of_case(limits::DYING),
        ];
        let details = [Detail::Quick, Detail::Every, Detail::Full];
        let with = |omissions| details.map(|detail| AnswerOptions { detail, omissions, known });
        omissions.into_iter().flat_map(with).chain(details.map(AnswerOptions::new)).collect()
    }

    /// The random cases that are answered, and the most steps of each. Miri takes seconds for a step.
    const CASES: u64 = if cfg!(miri) { 2 } else { 40 };
    const STEPS: usize = if cfg!(miri) { 6 } else { limits::STEPS };

    #[test]
    fn an_answer_depends_on_the_case_and_the_options_alone() -> Result {
        let (known, generator) = (deadly(), GeneratorOptions { steps: STEPS, ..GeneratorOptions::all(PROFILE) });
        let all_options = all_options(&known);
        let cases = || (0..CASES).map(|number| generate(&mut seeded(5, number), &generator));
        let questions: Vec<_> =
            cases().flat_map(|case| all_options.iter().map(move |options| (case.clone(), options))).collect();
        let fresh = |(case, options): &(Case, &AnswerOptions<'_>)| Oracle::new(PROFILE)?.answer(case.clone(), options);
        let wanted = questions.iter().map(fresh).collect::<std::result::Result<Vec<_>, _>>()?;
        let mut order: Vec<usize> = (0..questions.len()).collect();
        let mut oracle = Oracle::new(PROFILE)?;
        for round in 0..3 {
            for &index in &order {
                let (case, options) = &questions[index];
                assert_eq!(oracle.answer(case.clone(), options)?, wanted[index], "round {round}: {options:?}");
            }
            // First by case, then backwards, then in no order at all.
            if round == 0 { order.reverse() } else { seeded(5, 0).shuffle(&mut order) }
        }
        let different = |index: &usize| wanted[*index].case != wanted[*index - 1].case;
        assert!((1..wanted.len()).filter(different).count() > CASES as usize, "the options make a difference");
        Ok(())
    }

    /// The operations of the steps that are kept of a session.
    fn kept(session: &str, omissions: Omissions, known: &Patterns) -> Result<Vec<Op>> {
        let options = AnswerOptions { omissions, known, ..AnswerOptions::new(Detail::Quick) };
        let answered = Oracle::new(PROFILE)?.answer(notation::parse(session, 1)?.case, &options)?;
        Ok(answered.case.steps.iter().map(|step| step.op).collect())
    }

    #[test]
    fn known_deaths_are_left_out_as_the_options_say() -> Result {
        let session = ">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.read(2)\n>>> m.tell()\n";
        let known = deadly();
        let whole = [Op::New, Op::Read, Op::Tell];
        assert_eq!(kept(session, Omissions::NONE, &known)?, whole);
        assert_eq!(kept(session, Omissions::of_case(1), &known)?, whole, "a campaign looks at rare steps alone");
        assert_eq!(kept(session, Omissions::KNOWN_DEATHS, &known)?, [Op::New, Op::Tell]);
        assert_eq!(kept(session, Omissions::KNOWN_DEATHS, &Patterns::default())?, whole, "nothing is known");
        Ok(())
    }

    #[test]
    fn expected_deaths_are_left_out_as_the_options_say() -> Result {
        let session = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'a' * 5000)\n5000\n\
            >>> m = mmap.mmap(f.fileno(), 0)\n>>> f.truncate(0)\n0\n>>> m[0]\n>>> m.tell()\n";
        let none = Patterns::default();
        let (dies, goes_on) = ([Op::New, Op::FileTruncate, Op::GetItem], [Op::New, Op::FileTruncate, Op::Tell]);
        for with_death in [Omissions::NONE, Omissions::KNOWN_DEATHS, Omissions::of_case(limits::DYING)] {
            assert_eq!(kept(session, with_death, &none)?, dies, "{with_death:?}");
        }
        for left_out in
            [Omissions::ALL_DEATHS, Omissions::of_case(1), Omissions::KNOWN_DEATHS.and(Omissions::of_case(1))]
        {
            assert_eq!(kept(session, left_out, &none)?, goes_on, "{left_out:?}");
        }
        Ok(())
    }

    #[test]
    fn both_omissions_leave_out_what_either_does() {
        let all = Omissions::KNOWN_DEATHS.and(Omissions { foreseen_deaths: true, ..Omissions::NONE });
        assert_eq!(all, Omissions::ALL_DEATHS);
        assert_eq!(Omissions::of_case(0), Omissions { long_iterations: true, ..Omissions::NONE });
        assert_eq!(Omissions::of_case(1).and(Omissions::KNOWN_DEATHS), Omissions::ALL_DEATHS);
        assert_eq!(Omissions::of_case(limits::DYING).known_deaths, KnownDeaths::OmittedInRareSteps);
    }
}
