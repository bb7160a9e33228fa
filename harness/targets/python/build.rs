//! Queries the Python that PyO3 will find, and reports one that cannot be embedded as an error of one sentence.

use std::env::var;
use std::process::Command;

/// A script that prints, one a line: the implementation, version, program, and path of the shared library (empty if it is
/// missing). `Py_ENABLE_SHARED` alone does not suffice: some distributions build the library and do not install it, and Conda's
/// program is static but comes with the library.
const QUERY: &str = "
import os, platform, sys, sysconfig
var = sysconfig.get_config_var
library = os.path.join(var('LIBDIR') or '', 'libpython%s.so' % var('LDVERSION'))
conda = os.path.exists(os.path.join(getattr(sys, 'base_prefix', sys.prefix), 'conda-meta'))
print(platform.python_implementation())
print('.'.join(map(str, sys.version_info[:3])))
print(sys.executable)
print(library if (conda or var('Py_ENABLE_SHARED')) and os.path.exists(library) else '')
";

/// The oldest version that PyO3 can embed.
const OLDEST: (u32, u32) = (3, 9);

const HINT: &str = "set PYO3_PYTHON to the path of a CPython 3.9 or later that was built with --enable-shared";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match candidates().iter().find_map(|program| ask(program)) {
        None => println!("cargo::error=found no Python to embed: {HINT}"),
        Some(Err(why)) => println!("cargo::error={why}: {HINT}"),
        Some(Ok((version, program))) => {
            println!("cargo::rerun-if-changed={program}");
            println!("cargo::rustc-env=MMAPCHECK_PYTHON_VERSION={version}");
            println!("cargo::rustc-env=MMAPCHECK_PYTHON_PROGRAM={program}");
        }
    }
}

/// The programs that PyO3 looks for, in its order.
fn candidates() -> Vec<String> {
    for name in ["PYO3_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    match (var("PYO3_PYTHON"), var("VIRTUAL_ENV"), var("CONDA_PREFIX")) {
        (Ok(program), ..) => vec![program],
        (_, Ok(environment), Err(_)) | (_, Err(_), Ok(environment)) => vec![format!("{environment}/bin/python")],
        _ => vec!["python".into(), "python3".into()],
    }
}

/// The version and program of a Python, or the reason why it cannot be embedded; `None` if it does not start.
fn ask(program: &str) -> Option<Result<(String, String), String>> {
    let output = Command::new(program).args(["-c", QUERY]).output();
    let configured = program == var("PYO3_PYTHON").unwrap_or_default();
    match output {
        Ok(output) if output.status.success() => Some(checked(&String::from_utf8_lossy(&output.stdout))),
        Ok(output) if configured => Some(Err(format!("{program} cannot run a Python script ({})", output.status))),
        Err(why) if configured => Some(Err(format!("{program} does not start ({why})"))),
        _ => None,
    }
}

/// The version and program from the output of the query, or the reason why that Python cannot be embedded.
fn checked(output: &str) -> Result<(String, String), String> {
    let mut lines = output.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (implementation, version, program, library) = (line(), line(), line(), line());
    let numbers: Vec<u32> = version.split('.').map_while(|number| number.parse().ok()).collect();
    let name = format!("{program} is {implementation} {version}");
    if implementation != "CPython" {
        return Err(format!("{name}, but only CPython can be embedded"));
    }
    if !matches!(numbers.as_slice(), &[major, minor, _] if (major, minor) >= OLDEST) {
        return Err(format!("{name}, which is too old to be embedded"));
    }
    if library.is_empty() {
        return Err(format!("{name}, whose shared library is not installed"));
    }
    Ok((version.into(), program.into()))
}
