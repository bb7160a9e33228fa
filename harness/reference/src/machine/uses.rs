//! Uses of a map: operations that hand it, by their form, to the language or to a function of the standard library.

use super::{Reference, no_rule};
use crate::result::{RuleResult, unsupported};
use crate::rules::{compare, ctypes, library, object, slots};
use crate::store::Store;
use mmapcheck_spec::{Step, UseOp, Value};

impl<S: Store> Reference<S> {
    pub(super) fn on_use(&self, op: UseOp, step: &Step) -> RuleResult {
        let map = self.processes.map(step.on)?;
        let args = &self.args(step)?.positional[..];
        let arg = |place: usize| args.get(place).ok_or_else(|| no_rule(step));
        let profile = self.profile;
        if !step.op.row().there.on_system(profile) {
            return Err(unsupported(format!("no rule covers {} in this version of Python", step.op)).into());
        }
        match op {
            UseOp::Ne => compare::differ(&map, arg(0)?, profile),
            UseOp::Copy | UseOp::DeepCopy => map.copy_object(profile),
            UseOp::Pickle => map.pickle(profile),
            UseOp::SizeOf => Ok(Value::Bool(true)),
            UseOp::IsInstance => Ok(object::abstract_classes()),
            UseOp::GetAttr => map.attribute(),
            UseOp::SetAttr => map.set_attribute(profile),
            UseOp::DelAttr => map.delete_attribute(profile),
            UseOp::SetClosed => object::set_closed(profile),
            UseOp::WeakRef => object::refer_weakly(profile),
            UseOp::IsTracked => Ok(Value::Bool(map.is_tracked(profile))),
            UseOp::Join => library::join(&map, profile),
            UseOp::Append => library::append(&map, profile),
            UseOp::BitLength => library::bit_length(&map, profile),
            UseOp::Decode => library::decode(&map, profile),
            UseOp::Digest | UseOp::Compress => map.all().map(|_| Value::Bool(true)),
            UseOp::BytesIo => library::bytes_io(&map, profile),
            UseOp::ArrayFrom => library::array_from(&map, profile),
            UseOp::FromBuffer => ctypes::from_buffer(&map, arg(0)?, profile),
            UseOp::SetFromBuffer => ctypes::set_from_buffer(&map, arg(0)?, arg(1)?, profile),
            UseOp::FromBufferCopy => ctypes::from_buffer_copy(&map, arg(0)?, profile),
            UseOp::SequenceSize | UseOp::MappingSize => map.length(),
            UseOp::SequenceGetItem => slots::get_item(&map, arg(0)?, profile),
            UseOp::SequenceSetItem => slots::set_item(&map, arg(0)?, arg(1)?, profile),
            UseOp::SequenceDelItem => slots::del_item(&map, arg(0)?, profile),
            UseOp::SequenceGetSlice => map.get_slice(args, profile),
            UseOp::SequenceSetSlice => slots::set_slice(&map, args, profile),
            UseOp::SequenceDelSlice => slots::del_slice(&map, args, profile),
            UseOp::SequenceRepeat => slots::refuse(&map, "repeated"),
            UseOp::SequenceConcat | UseOp::SequenceInPlaceConcat => slots::refuse(&map, "concatenated"),
            UseOp::SequenceContains => slots::contains(&map, arg(0)?, profile),
            UseOp::AsFileDescriptor => slots::descriptor(profile),
            UseOp::GetBuffer => slots::buffer(&map, arg(0)?, profile),
            UseOp::Referents => Ok(map.referents(profile)),
        }
    }
}
