//! The table of operations agrees with itself: names, kinds, forms, parameters and columns.

use mmapcheck_spec::{
    Callback, ChildOp, Domain, FileOp, FolderOp, IterOp, KindOp, LimitOp, MapOp, MethodOp, ModuleOp, ObjectKind, Op,
    Param, PassedArg, PythonModule, UseOp, ViewOp,
};
use std::collections::HashSet;

#[test]
fn names_are_unique_and_found() {
    let names: HashSet<_> = Op::ALL.iter().map(|op| op.row().name).collect();
    assert_eq!(names.len(), Op::ALL.len());
    for &op in Op::ALL {
        assert_eq!((Op::named(op.row().name), op.to_string().as_str()), (Some(op), op.row().name));
    }
}

/// The operations of one kind, each with itself by its kind.
fn of_kind<T: Copy + Into<Op>>(all: &[T], kind: impl Fn(T) -> KindOp) -> Vec<(Op, KindOp)> {
    all.iter().map(|&op| (op.into(), kind(op))).collect()
}

#[test]
fn every_operation_is_of_one_kind_and_comes_back_from_it() {
    let kinds = [
        of_kind(ModuleOp::ALL, KindOp::Module),
        of_kind(FolderOp::ALL, KindOp::Folder),
        of_kind(ChildOp::ALL, KindOp::Child),
        of_kind(LimitOp::ALL, KindOp::Limit),
        of_kind(MethodOp::ALL, KindOp::Method),
        of_kind(MapOp::ALL, KindOp::Map),
        of_kind(UseOp::ALL, KindOp::Use),
        of_kind(IterOp::ALL, KindOp::Iter),
        of_kind(ViewOp::ALL, KindOp::View),
        of_kind(FileOp::ALL, KindOp::File),
    ];
    let mut all: Vec<Op> = Vec::new();
    for (op, kind) in kinds.into_iter().flatten() {
        assert_eq!(op.by_kind(), kind);
        all.push(op);
    }
    all.sort_unstable();
    assert_eq!(all, Op::ALL);
}

#[test]
fn the_kind_fits_the_form() {
    for &op in Op::ALL {
        let row = op.row();
        let on = match op.by_kind() {
            KindOp::Module(_) | KindOp::Folder(_) | KindOp::Child(_) | KindOp::Limit(_) => ObjectKind::Module,
            KindOp::Method(_) | KindOp::Map(_) | KindOp::Use(_) => ObjectKind::Map,
            KindOp::Iter(_) => ObjectKind::Iter,
            KindOp::View(_) => ObjectKind::View,
            KindOp::File(_) => ObjectKind::File,
        };
        assert_eq!(row.on, on, "{op}");
        let receiver = row.form.char_indices().filter(|(_, c)| *c == '$').any(|(at, _)| {
            let next = row.form[at + 1..].chars().next();
            next.is_none_or(|c| c != '*' && !c.is_ascii_digit())
        });
        assert_eq!(receiver, on != ObjectKind::Module, "{op}: '$' stands for the receiver");
        let method = format!("$.{}($*)", row.name);
        assert_eq!(matches!(op.by_kind(), KindOp::Method(_)), row.form == method, "{op}");
    }
}

#[test]
fn a_form_names_just_its_parameters() {
    for &op in Op::ALL {
        let row = op.row();
        if !row.is_call() {
            let named = (0..8).take_while(|i| row.form.contains(&format!("${i}"))).count();
            assert_eq!(named, row.params.len(), "{op}");
        }
        assert!(row.in_brackets() <= row.params.len(), "{op}");
    }
    let brackets = [Op::GetItem, Op::DelSlice, Op::SetStep, Op::ViewSetSlice, Op::Pack, Op::Contains];
    assert_eq!(brackets.map(|op| op.row().in_brackets()), [1, 2, 3, 2, 0, 0]);
    let operators: Vec<_> = Op::ALL.iter().filter(|op| op.row().is_operator()).collect();
    assert_eq!(operators, [&Op::Contains, &Op::Eq, &Op::Ne, &Op::Less, &Op::Add, &Op::Mul]);
}

#[test]
fn a_row_uses_just_the_module_that_its_form_names() {
    for &op in Op::ALL {
        let words = op.row().form.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        let words: Vec<_> = words.collect();
        let uses = op.row().uses;
        let is_named = |module: &&PythonModule| {
            let start = format!("{}.", module.name());
            // Every session imports the module under test, which a row with another module may name as well.
            words.iter().any(|word| word.starts_with(&start))
                && (uses == Some(**module) || **module != PythonModule::Mmap)
        };
        let named: Vec<_> = PythonModule::ALL.iter().filter(is_named).collect();
        assert_eq!(named, uses.iter().collect::<Vec<_>>(), "{op}");
    }
}

#[test]
fn optional_parameters_come_last_and_keywords_are_those_of_the_notation() {
    for &op in Op::ALL {
        let params = op.row().params;
        let rank = |param: &Param| (!param.needed, param.by_name);
        assert!(params.is_sorted_by_key(rank), "{op}");
        for param in params.iter().filter(|param| param.by_name) {
            assert!(PassedArg::KEYWORDS.contains(&param.name), "{op}: {}", param.name);
        }
    }
}

#[test]
fn callbacks_are_drawn_from_places_without_a_gap() {
    let mut places: Vec<u8> = Vec::new();
    for &op in Op::ALL {
        if let Callback::Drawn(drawn) = &op.row().callback {
            assert!(!drawn.is_empty(), "{op}");
            places.extend(drawn.clone());
        }
    }
    places.sort_unstable();
    assert!(places.iter().copied().eq(0..places.len() as u8), "{places:?}");
}

#[test]
fn an_operation_that_comes_only_with_other_steps_has_weight_0_and_is_hostile() {
    for &op in Op::ALL {
        let comes_along = op.is_limit() || op.is_of_children();
        assert_eq!(op.row().weight == 0, comes_along, "{op}");
        assert!(!comes_along || (op.row().hostile && op.row().callback == Callback::Never), "{op}");
    }
}

#[test]
fn a_limit_is_lifted_by_an_argument_of_its_domain() {
    let domains = LimitOp::ALL.iter().map(|&op| (Op::from(op).row().params[0].domain, op.high()));
    let high = [(Domain::FileSize, Domain::LONG), (Domain::Descriptors, Domain::MANY), (Domain::Memory, Domain::MUCH)];
    assert!(domains.eq(high));
}

#[test]
fn a_module_has_one_name() {
    let names: HashSet<_> = PythonModule::ALL.iter().map(|module| module.name()).collect();
    assert_eq!(names.len(), PythonModule::ALL.len());
    assert!(PythonModule::ALL.iter().all(|module| PythonModule::named(module.name()) == Some(*module)));
}
