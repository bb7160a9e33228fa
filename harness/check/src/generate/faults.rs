//! Faults: the system grants a case no more, and a step meets that.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, LimitOp, ObjectKind, Op, Step};

impl<C: Choices> Maker<'_, C> {
    /// A limit, a step that may need more than it grants, and mostly the end of the limit. Nothing, where one of the operations
    /// is not to occur.
    pub(super) fn fault(&mut self) -> Vec<Step> {
        let granted = self.pick(&[LimitOp::LimitFile, LimitOp::LimitFile, LimitOp::LimitOpen, LimitOp::LimitMemory]);
        let limit = Op::from(granted);
        let met =
            if limit == Op::LimitFile || (limit == Op::LimitMemory && self.one_in(2)) { Op::Resize } else { Op::New };
        if !self.mix.ops.contains(&limit) || !self.mix.ops.contains(&met) {
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
