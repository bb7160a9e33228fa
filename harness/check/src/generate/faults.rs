//! Resource limits, and the steps that run into them.

use super::maker::Maker;
use crate::choices::Choices;
use crate::limits;
use mmapcheck_spec::{Arg, LimitOp, ObjectKind, Op, Step};

impl<C: Choices> Maker<'_, C> {
    /// A step that sets a resource limit, a step that may exceed it, and mostly a step that lifts it. Empty but once in
    /// [`limits::FAULT`] calls, and if the options exclude one of the operations.
    pub(super) fn fault(&mut self) -> Vec<Step> {
        let granted = self.pick(&[LimitOp::LimitFile, LimitOp::LimitFile, LimitOp::LimitOpen, LimitOp::LimitMemory]);
        let limit = Op::from(granted);
        if !self.comes(limit, limits::FAULT) {
            return Vec::new();
        }
        let met =
            if limit == Op::LimitFile || (limit == Op::LimitMemory && self.one_in(2)) { Op::Resize } else { Op::New };
        if !self.options.ops.contains(&limit) || !self.options.ops.contains(&met) {
            return Vec::new();
        }
        let Some(on) = self.slot(ObjectKind::Map) else { return Vec::new() };
        let low = self.args(limit);
        let met = match met {
            Op::Resize => Step { op: Op::Resize, on, bind: 0, args: self.args(Op::Resize) },
            _ => Step { op: Op::New, on: 0, bind: self.bind(ObjectKind::Map), args: self.args(Op::New) },
        };
        let mut steps = vec![Step { op: limit, on: 0, bind: 0, args: low }, met];
        if !self.one_in(4) {
            steps.push(Step::new(limit, 0, [Arg::int(granted.high())]));
        }
        steps
    }
}
