//! Asks the Python that PyO3 will find who it is, and refuses in one sentence what cannot be embedded.

use std::env::var;
use std::process::Command;

/// Printed line by line: implementation, version, program, and the shared library where there is one to link.
/// What `sysconfig` says of the library is not enough: distributions that build it do not always install it.
/// Conda's program is static, but comes with the library.
const QUESTION: &str = "
import os, platform, sys, sysconfig
var = sysconfig.get_config_var
library = os.path.join(var('LIBDIR') or '', 'libpython%s.so' % var('LDVERSION'))
conda = os.path.exists(os.path.join(getattr(sys, 'base_prefix', sys.prefix), 'conda-meta'))
print(platform.python_implementation())
print('.'.join(map(str, sys.version_info[:3])))
print(sys.executable)
print(library if (conda or var('Py_ENABLE_SHARED')) and os.path.exists(library) else '')
";

/// The oldest version PyO3 can embed.
const OLDEST: (u32, u32) = (3, 9);

const HINT: &str = "set PYO3_PYTHON to the path of a CPython 3.9 or later that was built with --enable-shared";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match candidates().iter().find_map(|program| ask(program)) {
        None => println!("cargo::error=no Python was found to embed: {HINT}"),
        Some(Err(why)) => println!("cargo::error={why}: {HINT}"),
        Some(Ok((version, program))) => {
            println!("cargo::rerun-if-changed={program}");
            println!("cargo::rustc-env=MMAPCHECK_PYTHON_VERSION={version}");
            println!("cargo::rustc-env=MMAPCHECK_PYTHON_PROGRAM={program}");
        }
    }
}

/// Where PyO3 looks for Python, in its order.
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

/// Its version and program, or why it cannot be embedded; nothing where it is not there.
fn ask(program: &str) -> Option<Result<(String, String), String>> {
    let answer = Command::new(program).args(["-c", QUESTION]).output();
    let asked = program == var("PYO3_PYTHON").unwrap_or_default();
    match answer {
        Ok(answer) if answer.status.success() => Some(oracle(&String::from_utf8_lossy(&answer.stdout))),
        Ok(answer) if asked => Some(Err(format!("{program} is no Python that runs ({})", answer.status))),
        Err(why) if asked => Some(Err(format!("{program} does not run ({why})"))),
        _ => None,
    }
}

fn oracle(answer: &str) -> Result<(String, String), String> {
    let mut lines = answer.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (implementation, version, program, library) = (line(), line(), line(), line());
    let numbers: Vec<u32> = version.split('.').map_while(|number| number.parse().ok()).collect();
    let name = format!("{program} is {implementation} {version}");
    if implementation != "CPython" {
        return Err(format!("{name}, and only CPython can be embedded"));
    }
    if !matches!(numbers.as_slice(), &[major, minor, _] if (major, minor) >= OLDEST) {
        return Err(format!("{name}, which is too old to be embedded"));
    }
    if library.is_empty() {
        return Err(format!("{name}, and its shared library is not installed"));
    }
    Ok((version.into(), program.into()))
}
