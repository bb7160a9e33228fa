//! The reference in memory with variations switched on.

use super::condition::{CLOSERS, conditions, is_unsettled};
use super::place::{has_wrong_count, index_of};
use super::situation::Situation;
use super::{Change, Effect, Position, Variation, constants, derived};
use mmapcheck_reference::{Instead, MemoryStore, Reference};
use mmapcheck_spec::{
    Arg, Base, BytesLike, Detail, End, FileState, ObjectKind, Op, Outcome, Profile, Raise, Slot, Snapshot, Step,
    Stepper, TargetError, Value, World,
};
use std::sync::Arc;

type StepResult = Result<Outcome, End>;

/// The exceptions of arguments that cannot be converted.
const ARGUMENT_ERRORS: [&str; 2] = ["TypeError", "OverflowError"];

/// Why what a step does cannot be foreseen.
pub(crate) const UNFORESEEN: &str = "the target uses a map that is closed or resized already";

/// The answer of a step that ends the process.
const NOTHING: Outcome = Outcome::Value(Value::None);

/// A step that the reference has done.
#[derive(Clone)]
struct Done {
    step: Step,
    how: How,
    /// The profile whose rules it was done by.
    profile: Profile,
}

/// How a step was done.
#[derive(Clone)]
enum How {
    Plainly,
    /// Its callback did this in place of its own step.
    Instead(Instead),
    WithoutExports,
    /// Its map had no bytes afterwards.
    Emptying,
}

/// The reference in memory with variations switched on. Without variations it is the reference.
///
/// A variation sees the answers of those before it in the list as those of the rule.
pub struct Varied {
    reference: Reference<MemoryStore>,
    /// The profile without variations.
    profile: Profile,
    /// The profile of the reference, in which variations may have switched rules.
    switched: Profile,
    /// The profile of the step that is being done, in which variations of its operation may have switched more of them.
    local: Profile,
    variations: Arc<[Variation]>,
    world: World,
    /// The steps that the reference has done in this case, to take some of them back.
    done: Vec<Done>,
    /// For each variation, whether it has changed something.
    applied: Vec<bool>,
    /// Whether the parts of a step are being asked, which may be varied to be that step.
    deriving: bool,
}

impl Varied {
    /// The reference for a profile, without variations.
    ///
    /// # Errors
    /// Where the reference does not model the profile.
    pub fn new(profile: Profile) -> Result<Varied, TargetError> {
        let reference = Reference::in_memory(profile)?;
        Ok(Varied {
            reference,
            profile,
            switched: profile,
            local: profile,
            variations: Arc::default(),
            world: World::default(),
            done: Vec::new(),
            applied: Vec::new(),
            deriving: false,
        })
    }

    /// Switches these variations on, and all others off. It takes effect when the next case begins. Returns those that were on.
    pub fn vary(&mut self, variations: &Arc<[Variation]>) -> Arc<[Variation]> {
        self.applied = vec![false; variations.len()];
        std::mem::replace(&mut self.variations, Arc::clone(variations))
    }

    /// Forgets which variations have changed something.
    pub fn forget_applied(&mut self) {
        self.applied.fill(false);
    }

    /// The places of the variations that have changed something since that was forgotten.
    pub fn applied(&self) -> impl Iterator<Item = usize> {
        self.applied.iter().enumerate().filter(|(_, applied)| **applied).map(|(place, _)| place)
    }

    /// The reference, in the state of the case.
    #[must_use]
    pub fn reference(&self) -> &Reference<MemoryStore> {
        &self.reference
    }

    /// Whether a child process runs.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.reference.is_child()
    }

    /// As [`Reference::map_len`].
    #[must_use]
    pub fn map_len(&self, slot: Slot) -> Option<usize> {
        self.reference.map_len(slot)
    }

    /// As [`Reference::base`].
    #[must_use]
    pub fn base(&self, step: &Step, base: Base) -> u64 {
        self.reference.base(step, base)
    }

    /// Does a step, which becomes the one that is done in its place.
    ///
    /// # Errors
    /// As [`Stepper::step`].
    pub fn step_as_done(&mut self, step: &mut Step) -> StepResult {
        match self.variations.len() {
            0 => self.reference.step(step),
            _ if self.dangles(step) => Err(End::Unsupported(UNFORESEEN.into())),
            all => {
                self.pass_own_constants(step);
                self.perform(all, step)
            }
        }
    }

    /// A step with the bytes of a view in place of the view, where a change takes an argument for its bytes.
    fn with_bytes(&self, step: &Step, change: &Change) -> Step {
        let mut step = step.clone();
        let (Change::AsBytes(place) | Change::WithoutStride(place)) = *change else { return step };
        if let Some(at) = index_of(&step, place)
            && let Arg::View(slot) = step.args[at].arg
            && self.reference.view_form(slot).is_some_and(|form| !form.is_contiguous)
            && let Some(bytes) = self.reference.view_bytes(slot, matches!(change, Change::WithoutStride(_)))
        {
            step.args[at].arg = Arg::Bytes(BytesLike::View, bytes);
        }
        step
    }

    /// Gives a step the numbers that the module has for its constants.
    fn pass_own_constants(&mut self, step: &mut Step) {
        for (place, variation) in self.variations.iter().enumerate() {
            let Effect::Constants(all) = &variation.effect else { continue };
            if let Some(changed) = constants::replaced(all, step, self.profile) {
                *step = changed;
                self.applied[place] = true;
            }
        }
    }

    /// Whether a step uses a view though an exported buffer has not kept its map as it was.
    fn dangles(&self, step: &Step) -> bool {
        let uses = |step: &Step| {
            step.op.row().on == ObjectKind::View || step.args.iter().any(|passed| matches!(passed.arg, Arg::View(_)))
        };
        (uses(step) || step.callback().is_some_and(uses))
            && self.done.iter().any(|done| matches!(done.how, How::WithoutExports))
    }

    /// The answer of the rule to a step, as the first `level` variations change it. The step becomes the one that is done in its
    /// place.
    fn perform(&mut self, level: usize, step: &mut Step) -> StepResult {
        let Some(below) = level.checked_sub(1) else { return self.plain(step) };
        let variations = Arc::clone(&self.variations);
        let variation = &variations[below];
        if !variation.is_about(step.op) {
            return self.perform(below, step);
        }
        let (given, situation, mark) = (step.clone(), Situation::of(&self.reference, step), self.done.len());
        let answer = match self.perform(below, step) {
            // An effect in place of a step can be in place of its death as well.
            Err(End::Died(_)) if variation.effect.is_in_place() => {
                self.take_back(mark)?;
                None
            }
            answer => Some(answer?),
        };
        // A changed answer belongs to the step that was done, and a step in place of another belongs to that other.
        let seen = if let Effect::Does(_) = variation.effect { &given } else { &*step };
        let holding = conditions(seen, situation, answer.as_ref());
        if variation.when.iter().all(|condition| holding.contains(condition)) {
            let instead = answer.as_ref().unwrap_or(&NOTHING);
            let changed = match &variation.effect {
                Effect::Does(change) => match change.of(&self.with_bytes(&given, change), situation) {
                    Some(mut changed) => {
                        self.take_back(mark)?;
                        let answer = self.perform(below, &mut changed)?;
                        *step = changed;
                        Some(Ok(answer))
                    }
                    None => None,
                },
                Effect::LocalRule { .. } => {
                    let other = self.under_local_rule(variation, (&given, below, mark), step)?;
                    Some(other).filter(|other| answer.as_ref() != other.as_ref().ok())
                }
                effect => self.changed(effect, step, (instead, situation, mark))?,
            };
            if let Some(changed) = changed {
                self.applied[below] = true;
                return changed;
            }
        }
        match answer {
            Some(answer) => Ok(answer),
            // The step was taken back, to see whether the effect is in place of its death.
            None => self.perform(below, step),
        }
    }

    /// The result of the variations below, with a rule switched for this step. The step becomes the one that is done.
    fn under_local_rule(
        &mut self,
        variation: &Variation,
        (given, below, mark): (&Step, usize, usize),
        step: &mut Step,
    ) -> Result<StepResult, End> {
        self.take_back(mark)?;
        let Some((rule, holds)) = variation.local_rule() else { return Ok(self.perform(below, step)) };
        let outer = self.local;
        self.local = outer.with(rule, holds);
        step.clone_from(given);
        let answer = self.perform(below, step);
        self.local = outer;
        Ok(answer)
    }

    /// The result of an effect in place of an answer, given the situation and the number of steps done before it; none where it
    /// changes nothing.
    fn changed(
        &mut self,
        effect: &Effect,
        step: &Step,
        (answer, situation, mark): (&Outcome, Situation, usize),
    ) -> Result<Option<StepResult>, End> {
        Ok(Some(match effect {
            Effect::Answers(reply) => match reply.of(step, answer, situation, Situation::of(&self.reference, step)) {
                Some(other) if other != *answer => Ok(other),
                _ => return Ok(None),
            },
            Effect::DoesNothing => {
                self.take_back(mark)?;
                Ok(answer.clone())
            }
            Effect::Returns(value) => {
                self.take_back(mark)?;
                Ok(Outcome::Value(value.clone()))
            }
            Effect::Raises { class, message, errno } => {
                self.take_back(mark)?;
                let (class, message) = (class.clone().into(), message.clone().into());
                Ok(Outcome::Raised(Raise { class, message, errno: *errno }))
            }
            Effect::IgnoresExports => {
                if !matches!(answer, Outcome::Raised(raise) if raise.class == "BufferError") {
                    return Ok(None);
                }
                self.take_back(mark)?;
                self.do_so(step, How::WithoutExports)
            }
            Effect::Empties => {
                self.take_back(mark)?;
                self.do_so(step, How::Emptying)
            }
            Effect::Positions(position) => {
                let to = match position {
                    Position::Before => situation.pos,
                    Position::Start => 0,
                    Position::End => i128::from(self.base(step, Base::Len)),
                };
                // A callback may have put another map under the name.
                if step.callback().is_some_and(|inner| inner.op.row().binds == Some(ObjectKind::Map)) {
                    return Ok(None);
                }
                self.plain(&Step::new(Op::Seek, step.on, [Arg::int(to)]))?;
                Ok(answer.clone())
            }
            Effect::CountFirst if !has_wrong_count(step) => return Ok(None),
            Effect::CountFirst | Effect::ArgumentsFirst => match self.as_if_open(step, situation, mark)? {
                Some(Outcome::Raised(raise)) if ARGUMENT_ERRORS.contains(&&*raise.class) => Ok(Outcome::Raised(raise)),
                _ => match step.callback().filter(|_| situation.closed).cloned() {
                    Some(inner) => self.inside(inner)?.map_or_else(|| Ok(answer.clone()), Ok),
                    None => return Ok(None),
                },
            },
            Effect::Constants(all) => match constants::outcome(all, step, self.profile) {
                Some(own) if own != *answer => Ok(own),
                _ => return Ok(None),
            },
            Effect::Unforeseen if !is_unsettled(step) => return Ok(None),
            Effect::Unforeseen => Err(End::Unsupported(UNFORESEEN.into())),
            // The reference has the rule, and another step is done already.
            Effect::Rule { .. } | Effect::LocalRule { .. } | Effect::IsSubclass | Effect::Does(_) => return Ok(None),
            Effect::Ends(end) => Err(end.clone()),
        }))
    }

    /// Does the step of a callback argument by itself, and returns its answer if that is an exception.
    fn inside(&mut self, mut inner: Step) -> Result<Option<Outcome>, End> {
        inner.resolve(&mut |step, base| self.reference.base(step, base));
        let answer = self.perform(self.variations.len(), &mut inner)?;
        Ok(Some(answer).filter(|answer| matches!(answer, Outcome::Raised(_))))
    }

    /// The answer that the rule would give to a step on a closed map if the map were open; none if it is. The state is left as
    /// it is.
    fn as_if_open(&mut self, step: &Step, situation: Situation, mark: usize) -> Result<Option<Outcome>, End> {
        if !situation.closed {
            return Ok(None);
        }
        let closes = |done: &Done| done.step.on == step.on && CLOSERS.contains(&done.step.op);
        let kept: Vec<_> = self.done[..mark].iter().filter(|done| !closes(done)).cloned().collect();
        let all = std::mem::replace(&mut self.done, kept);
        let answer = self.take_back(self.done.len()).and_then(|()| self.reference.step(step));
        self.done = all;
        self.take_back(self.done.len())?;
        Ok(answer.ok())
    }

    /// The answer of the rule, to a step whose callback is varied as any other step is.
    fn plain(&mut self, step: &Step) -> StepResult {
        let is_varied = |part: &Op| self.variations.iter().any(|variation| variation.is_about(*part));
        if !self.deriving && derived::parts(step.op).iter().any(is_varied) {
            self.deriving = true;
            let (all, mark) = (self.variations.len(), self.done.len());
            let arguments = |op| std::iter::repeat_n(Arg::None, if op == Op::Exit { 3 } else { 0 });
            let ask = |op| self.perform(all, &mut Step::new(op, step.on, arguments(op)));
            let outcome = derived::outcome(step, ask);
            self.deriving = false;
            if let Some(outcome) = outcome? {
                return Ok(outcome);
            }
            self.take_back(mark)?;
        }
        let how = self.instead(step)?.map_or(How::Plainly, How::Instead);
        self.do_so(step, how)
    }

    /// Does a step in this way.
    fn do_so(&mut self, step: &Step, how: How) -> StepResult {
        let done = Done { step: step.clone(), how, profile: self.local };
        let answer = self.redo(&done)?;
        self.done.push(done);
        Ok(answer)
    }

    fn redo(&mut self, Done { step, how, profile }: &Done) -> StepResult {
        let own = self.reference.follow(*profile);
        let answer = match how {
            How::Plainly => self.reference.step(step),
            How::Instead(instead) => self.reference.step_instead(step, instead.clone()),
            How::WithoutExports => self.reference.step_without_exports(step),
            How::Emptying => self.reference.step(step).and_then(|_| self.reference.empty(step.on)),
        };
        self.reference.follow(own);
        answer
    }

    /// The steps that the callback of a step does in place of its own; none where no variation changes that.
    fn instead(&mut self, step: &Step) -> Result<Option<Instead>, End> {
        let Some(inner) = step.callback() else { return Ok(None) };
        if !self.variations.iter().any(|variation| variation.is_about(inner.op)) {
            return Ok(None);
        }
        let (mut inner, mark) = (inner.clone(), self.done.len());
        inner.resolve(&mut |step, base| self.reference.base(step, base));
        let plain = self.plain(&inner);
        self.take_back(mark)?;
        let varied = self.perform(self.variations.len(), &mut inner.clone());
        let steps: Vec<_> = self.done[mark..].iter().map(|done| done.step.clone()).collect();
        self.take_back(mark)?;
        let (plain, varied) = (plain?, varied?);
        let is_same = steps == [inner] && plain == varied;
        // The answer is left open where it is that of the step, which may be another one once the callback runs.
        let answer = Some(varied)
            .filter(|varied| *varied != plain || (steps.is_empty() && matches!(varied, Outcome::Raised(_))));
        Ok((!is_same).then_some(Instead { steps, answer }))
    }

    /// Takes back the steps since `mark`: the case begins again, up to there.
    fn take_back(&mut self, mark: usize) -> Result<(), End> {
        self.done.truncate(mark);
        self.reference.begin(&self.world).map_err(|why| End::Unsupported(why.0))?;
        for place in 0..self.done.len() {
            let done = self.done[place].clone();
            self.redo(&done)?;
        }
        Ok(())
    }
}

impl Stepper for Varied {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        let rules = self.variations.iter().filter_map(Variation::rule);
        let switched = rules.fold(self.profile, |profile, (rule, holds)| profile.with(rule, holds));
        if switched != self.switched {
            self.reference = Reference::in_memory(switched)?;
            self.switched = switched;
            self.local = switched;
        }
        self.reference.be_subclass(self.variations.iter().any(|one| one.effect == Effect::IsSubclass));
        if !self.variations.is_empty() {
            self.world = world.clone();
            self.done.clear();
        }
        self.reference.begin(world)
    }

    fn step(&mut self, step: &Step) -> StepResult {
        self.step_as_done(&mut step.clone())
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.reference.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        if !self.variations.iter().any(|variation| variation.is_about(Op::Close)) {
            return self.reference.finish(detail);
        }
        let slots = self.reference.look(false, Detail::Quick).maps.len();
        let varied: Vec<_> = (0..slots).map(|slot| self.step(&Step::new(Op::Close, slot as Slot, [])).ok()).collect();
        let (closing, files) = self.reference.finish(detail);
        (varied.into_iter().zip(closing).map(|(varied, plain)| varied.filter(|_| plain.is_some())).collect(), files)
    }
}

#[cfg(test)]
mod tests;
