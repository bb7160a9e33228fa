//! The reference in memory with variations switched on.

use super::condition::conditions;
use super::situation::Situation;
use super::{Effect, Position, Variation};
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{
    Arg, Base, Detail, End, FileState, Op, Outcome, Profile, Raise, Slot, Snapshot, Step, Stepper, TargetError, World,
};
use std::sync::Arc;

type StepResult = Result<Outcome, End>;

/// The reference in memory with variations switched on. Without variations it is the reference.
///
/// A variation sees the answers of those before it in the list as those of the rule.
pub struct Varied {
    reference: Reference<MemoryStore>,
    variations: Arc<[Variation]>,
    world: World,
    /// The steps that the reference has done in this case, to take some of them back.
    done: Vec<Step>,
}

impl Varied {
    /// The reference for a profile, without variations.
    ///
    /// # Errors
    /// Where the reference does not model the profile.
    pub fn new(profile: Profile) -> Result<Varied, TargetError> {
        let reference = Reference::in_memory(profile)?;
        Ok(Varied { reference, variations: Arc::default(), world: World::default(), done: Vec::new() })
    }

    /// Switches these variations on, and all others off. It takes effect when the next case begins.
    pub fn vary(&mut self, variations: &Arc<[Variation]>) {
        self.variations = Arc::clone(variations);
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

    /// The answer of the rule to a step, as the first `level` variations change it.
    fn perform(&mut self, level: usize, step: &Step) -> StepResult {
        let Some(below) = level.checked_sub(1) else { return self.plain(step) };
        let variations = Arc::clone(&self.variations);
        let variation = &variations[below];
        if !variation.is_about(step.op) {
            return self.perform(below, step);
        }
        let (situation, mark) = (Situation::of(&self.reference, step), self.done.len());
        let answer = self.perform(below, step)?;
        let holding = conditions(step, situation, &answer);
        if !variation.when.iter().all(|condition| holding.contains(condition)) {
            return Ok(answer);
        }
        match &variation.effect {
            Effect::Answers(reply) => Ok(reply.of(step, &answer, situation).unwrap_or(answer)),
            Effect::DoesNothing => {
                self.take_back(mark)?;
                Ok(answer)
            }
            Effect::Raises { class, message, errno } => {
                self.take_back(mark)?;
                let (class, message) = (class.clone().into(), message.clone().into());
                Ok(Outcome::Raised(Raise { class, message, errno: *errno }))
            }
            Effect::Does(change) => match change.of(step, situation) {
                Some(changed) => {
                    self.take_back(mark)?;
                    self.perform(below, &changed)
                }
                None => Ok(answer),
            },
            Effect::Positions(position) => {
                let to = match position {
                    Position::Before => situation.pos,
                    Position::Start => 0,
                    Position::End => i128::from(self.base(step, Base::Len)),
                };
                self.plain(&Step::new(Op::Seek, step.on, [Arg::int(to)]))?;
                Ok(answer)
            }
            Effect::Ends(end) => Err(end.clone()),
        }
    }

    /// The answer of the rule.
    fn plain(&mut self, step: &Step) -> StepResult {
        let answer = self.reference.step(step)?;
        self.done.push(step.clone());
        Ok(answer)
    }

    /// Takes back the steps since `mark`: the case begins again, up to there.
    fn take_back(&mut self, mark: usize) -> Result<(), End> {
        self.done.truncate(mark);
        self.reference.begin(&self.world).map_err(|why| End::Unsupported(why.0))?;
        for step in &self.done {
            self.reference.step(step)?;
        }
        Ok(())
    }
}

impl Stepper for Varied {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        if !self.variations.is_empty() {
            self.world = world.clone();
            self.done.clear();
        }
        self.reference.begin(world)
    }

    fn step(&mut self, step: &Step) -> StepResult {
        match self.variations.len() {
            0 => self.reference.step(step),
            all => self.perform(all, step),
        }
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
