//! The description of a target, from the handshake of its driver.

use super::wire::Ready;
use mmapcheck_spec::{Implementation, Platform, Profile, Rule, TargetError, TargetInfo, Version, printable};

/// The description of the target, and its profile by the Python version that the driver reports.
pub(super) fn info(ready: &Ready, module: &str, attr: &str) -> Result<TargetInfo, TargetError> {
    let [major, minor, micro] = ready.version;
    let cpython = ready.implementation == "cpython";
    let platform = Platform::ALL.into_iter().find(|known| known.facts().sys_platform == ready.platform);
    let platform =
        platform.ok_or_else(|| TargetError(format!("the reference knows no platform '{}'", ready.platform)))?;
    let implementation = if cpython { Implementation::CPython } else { Implementation::Other };
    let profile = Profile::new(implementation, Version::new(major, minor, micro), platform);
    let profile = if ready.development { profile.with(Rule::SetNameIgnoresKernel, false) } else { profile };
    let release = ready.release.as_ref().map(|release| format!(" {release}")).unwrap_or_default();
    let python =
        if cpython { format!(" {}", profile.version()) } else { format!("{release} (Python {})", profile.version()) };
    let class = if attr == "mmap" { String::new() } else { format!(", class {}", attr) };
    let system = if platform == Platform::Linux { String::new() } else { format!(" on {}", platform.name()) };
    let edition = ready.edition.as_ref().map(|edition| format!(" {edition}")).unwrap_or_default();
    let name = format!("{}{python}{system}, module {}{edition}{class}", title(&ready.implementation), module);
    Ok(TargetInfo {
        profile,
        source: profile,
        name: printable(&name).chars().take(LONGEST_NAME).collect(),
        is_cpython_mmap: cpython && module == "mmap" && attr == "mmap",
        page: ready.page,
        declined: ready.declines.clone(),
    })
}

/// The most characters of a target's name, which is shown on one line.
const LONGEST_NAME: usize = 200;

/// The names of implementations as they write them.
fn title(implementation: &str) -> String {
    match implementation {
        "cpython" => "CPython".into(),
        "pypy" => "PyPy".into(),
        "rustpython" => "RustPython".into(),
        "graalpy" => "GraalPy".into(),
        other => other.into(),
    }
}
