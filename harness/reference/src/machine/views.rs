//! Operations on views.

use super::{Reference, no_rule};
use crate::result::RuleResult;
use crate::state::bindings::{bind, unbind};
use crate::state::layout::Format;
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{Step, ViewOp};
use std::rc::Rc;

impl<S: Store> Reference<S> {
    pub(super) fn on_view(&self, op: ViewOp, step: &Step) -> RuleResult {
        let view = self.processes.view(step.on)?;
        let args = &self.args(step)?.positional[..];
        let arg = |place: usize| args.get(place).ok_or_else(|| no_rule(step));
        match op {
            ViewOp::SubView | ViewOp::ViewStep => self.bind_view(step, view.sub_view(args, self.profile)?),
            ViewOp::ToReadonly => self.bind_view(step, view.to_readonly(self.profile)?),
            ViewOp::CastByte => self.bind_view(step, view.cast(Format::Byte)?),
            ViewOp::CastCharacter => self.bind_view(step, view.cast(Format::Character)?),
            ViewOp::CastShort => self.bind_view(step, view.cast(Format::Short)?),
            ViewOp::CastRows => view.rows(arg(0)?, self.profile),
            ViewOp::ViewLen => view.length(),
            ViewOp::ViewLayout => view.describe(),
            ViewOp::ViewBytes | ViewOp::ToBytes => view.to_bytes(),
            ViewOp::ToList => view.to_list(),
            ViewOp::Hex => view.hex(),
            ViewOp::ViewGet => view.get(arg(0)?, self.profile),
            ViewOp::ViewSet => view.set(arg(0)?, arg(1)?, self.profile),
            ViewOp::ViewSetSlice => {
                let (value, parts) = args.split_last().ok_or_else(|| no_rule(step))?;
                view.set_slice(parts, value, self.profile)
            }
            ViewOp::ViewReadonly => view.readonly(),
            ViewOp::ViewRelease => view.release_method(),
            ViewOp::DropView => unbind(&mut self.processes.bindings.borrow_mut().views, step.on),
        }
    }

    fn bind_view(&self, step: &Step, view: View<S>) -> RuleResult {
        bind(&mut self.processes.bindings.borrow_mut().views, step.bind, Rc::new(view))
    }
}
