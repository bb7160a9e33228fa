//! The macros that make the table of operations: the operations, their rows, and an enum of each kind.

macro_rules! operations {
    ($( #[doc = $doc:literal] $op:ident: $kind:ident, $name:literal, $form:literal $(=> $binds:ident)?, $params:expr, { $($column:tt)* } )*) => {
        /// An operation: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Op { $( #[doc = $doc] $op, )* }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
        }

        static TABLE: [Row; Op::ALL.len()] = [$( Row {
            name: $name,
            on: operations!(@on $kind),
            form: $form,
            binds: operations!(@binds $($binds)?),
            params: &$params,
            call: has_rest($form),
            in_brackets: in_brackets($form),
            $($column)*
        } ),*];

        kinds! { [] [] [] [] [] [] [] [] [] [] $($kind $op,)* }
    };
    (@binds) => { None };
    (@binds $kind:ident) => { Some(ObjectKind::$kind) };
    (@on Method) => { ObjectKind::Map };
    (@on Map) => { ObjectKind::Map };
    (@on Use) => { ObjectKind::Map };
    (@on Iter) => { ObjectKind::Iter };
    (@on View) => { ObjectKind::View };
    (@on File) => { ObjectKind::File };
    (@on $other:ident) => { ObjectKind::Module };
}

/// Sorts the operations by their kind, and makes an enum of each kind.
macro_rules! kinds {
    ([$($done:tt)*] $folder:tt $child:tt $limit:tt $method:tt $map:tt $used:tt $iter:tt $view:tt $file:tt Module $op:ident, $($rest:tt)*) => {
        kinds! { [$($done)* $op] $folder $child $limit $method $map $used $iter $view $file $($rest)* }
    };
    ($module:tt [$($done:tt)*] $child:tt $limit:tt $method:tt $map:tt $used:tt $iter:tt $view:tt $file:tt Folder $op:ident, $($rest:tt)*) => {
        kinds! { $module [$($done)* $op] $child $limit $method $map $used $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt [$($done:tt)*] $limit:tt $method:tt $map:tt $used:tt $iter:tt $view:tt $file:tt Child $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder [$($done)* $op] $limit $method $map $used $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt [$($done:tt)*] $method:tt $map:tt $used:tt $iter:tt $view:tt $file:tt Limit $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child [$($done)* $op] $method $map $used $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt [$($done:tt)*] $map:tt $used:tt $iter:tt $view:tt $file:tt Method $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit [$($done)* $op] $map $used $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt [$($done:tt)*] $used:tt $iter:tt $view:tt $file:tt Map $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method [$($done)* $op] $used $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt [$($done:tt)*] $iter:tt $view:tt $file:tt Use $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map [$($done)* $op] $iter $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt $used:tt [$($done:tt)*] $view:tt $file:tt Iter $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map $used [$($done)* $op] $view $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt $used:tt $iter:tt [$($done:tt)*] $file:tt View $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map $used $iter [$($done)* $op] $file $($rest)* }
    };
    ($module:tt $folder:tt $child:tt $limit:tt $method:tt $map:tt $used:tt $iter:tt $view:tt [$($done:tt)*] File $op:ident, $($rest:tt)*) => {
        kinds! { $module $folder $child $limit $method $map $used $iter $view [$($done)* $op] $($rest)* }
    };
    ([$($module:ident)*] [$($folder:ident)*] [$($child:ident)*] [$($limit:ident)*] [$($method:ident)*] [$($map:ident)*] [$($used:ident)*] [$($iter:ident)*] [$($view:ident)*] [$($file:ident)*]) => {
        kind! { "An operation on the module.", ModuleOp, $($module)* }
        kind! { "An operation on the names of files in the folder of the case.", FolderOp, $($folder)* }
        kind! { "An operation on child processes.", ChildOp, $($child)* }
        kind! { "An operation on the limits of the process.", LimitOp, $($limit)* }
        kind! { "An operation on a map, by calling a method with any arguments.", MethodOp, $($method)* }
        kind! { "An operation on a map, in any other way.", MapOp, $($map)* }
        kind! { "An operation on a map that is the same in every target: its form, as Python runs it.", UseOp, $($used)* }
        kind! { "An operation on an iterator over a map.", IterOp, $($iter)* }
        kind! { "An operation on a view of a map.", ViewOp, $($view)* }
        kind! { "An operation on a file object.", FileOp, $($file)* }

        /// An operation by its kind, for matches that must say something about every operation of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum KindOp {
            /// On the module.
            Module(ModuleOp),
            /// On the names of files in the folder of the case.
            Folder(FolderOp),
            /// On child processes.
            Child(ChildOp),
            /// On the limits of the process.
            Limit(LimitOp),
            /// On a map, by calling a method with any arguments.
            Method(MethodOp),
            /// On a map, in any other way.
            Map(MapOp),
            /// On a map, by a form that a target runs as it stands.
            Use(UseOp),
            /// On an iterator over a map.
            Iter(IterOp),
            /// On a view of a map.
            View(ViewOp),
            /// On a file object.
            File(FileOp),
        }

        impl Op {
            /// The operation by its kind.
            #[must_use]
            pub fn by_kind(self) -> KindOp {
                match self {
                    $(Op::$module => KindOp::Module(ModuleOp::$module),)*
                    $(Op::$folder => KindOp::Folder(FolderOp::$folder),)*
                    $(Op::$child => KindOp::Child(ChildOp::$child),)*
                    $(Op::$limit => KindOp::Limit(LimitOp::$limit),)*
                    $(Op::$method => KindOp::Method(MethodOp::$method),)*
                    $(Op::$map => KindOp::Map(MapOp::$map),)*
                    $(Op::$used => KindOp::Use(UseOp::$used),)*
                    $(Op::$iter => KindOp::Iter(IterOp::$iter),)*
                    $(Op::$view => KindOp::View(ViewOp::$view),)*
                    $(Op::$file => KindOp::File(FileOp::$file),)*
                }
            }
        }
    };
}

/// The enum of one kind.
macro_rules! kind {
    ($doc:literal, $name:ident, $($op:ident)*) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( #[doc = concat!("[`Op::", stringify!($op), "`]")] $op, )* }

        impl $name {
            /// Every operation of this kind, in the order of the table.
            pub const ALL: &'static [$name] = &[$($name::$op),*];
        }

        impl From<$name> for Op {
            fn from(op: $name) -> Op {
                match op { $($name::$op => Op::$op,)* }
            }
        }
    };
}

pub(super) use {kind, kinds, operations};
