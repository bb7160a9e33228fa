//! The one table of Python modules that a session may import.

macro_rules! modules {
    ($($module:ident = $name:literal;)*) => {
        /// A module that a session may import: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PythonModule { $(#[doc = concat!("`", $name, "`")] $module,)* }

        impl PythonModule {
            /// Every module.
            pub const ALL: &'static [PythonModule] = &[$(PythonModule::$module),*];

            /// The name it is imported by.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(PythonModule::$module => $name,)* }
            }
        }
    };
}

modules! {
    Mmap = "mmap";
    Os = "os";
    Re = "re";
    Resource = "resource";
    Struct = "struct";
    Zlib = "zlib";
    Array = "array";
    CollectionsAbc = "collections.abc";
    Copy = "copy";
    Ctypes = "ctypes";
    Gc = "gc";
    Hashlib = "hashlib";
    Io = "io";
    Operator = "operator";
    Pickle = "pickle";
    Socket = "socket";
    Weakref = "weakref";
}

impl PythonModule {
    /// The module of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<PythonModule> {
        PythonModule::ALL.iter().copied().find(|module| module.name() == name)
    }

    /// The names of all modules, for an error message.
    #[must_use]
    pub fn names() -> String {
        PythonModule::ALL.iter().map(|module| module.name()).collect::<Vec<_>>().join(", ")
    }
}
