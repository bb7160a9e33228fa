//! Writing the matrix and its pages.

use super::data::{Matrix, TargetResult};
use super::html::html;
use super::page;
use mmapcheck_spec::TargetError;
use mmapcheck_spec::pages::{Page, all};
use std::fs;
use std::path::Path;

impl Matrix {
    /// Writes `matrix.json`, `matrix.md`, `index.html`, and a folder for each target with its page, and each finding as a session and as a
    /// script.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TargetError> {
        let json = serde_json::to_string_pretty(self).map_err(|error| TargetError(error.to_string()))?;
        let pages = all().map_err(|error| TargetError(error.to_string()))?;
        fs::create_dir_all(folder).map_err(|error| in_file(folder, &error))?;
        replace(&folder.join("matrix.json"), &(json + "\n"))?;
        replace(&folder.join("matrix.md"), &page::matrix(self, pages))?;
        let page = html(self, pages).map_err(|error| TargetError(error.to_string()))?;
        replace(&folder.join("index.html"), &page)?;
        for (name, result) in &self.targets {
            result.write(&folder.join(name), pages)?;
        }
        Ok(())
    }
}

impl TargetResult {
    fn write(&self, folder: &Path, pages: &[Page]) -> Result<(), TargetError> {
        let wrong = |error: std::io::Error| in_file(folder, &error);
        fs::create_dir_all(folder).map_err(wrong)?;
        for entry in fs::read_dir(folder).map_err(wrong)? {
            // Files of findings that the target no longer has.
            let old = entry.map_err(wrong)?.path();
            if old.extension().is_some_and(|extension| extension == "pycon" || extension == "py") {
                fs::remove_file(&old).map_err(wrong)?;
            }
        }
        for finding in &self.found {
            let about = format!(
                "# {}: {}\n# found in {}, judged as {}\n\n",
                finding.severity, finding.headline, self.name, self.profile
            );
            replace(&folder.join(format!("{}.pycon", finding.id)), &(about + &finding.session))?;
            replace(&folder.join(format!("{}.py", finding.id)), &finding.script)?;
        }
        replace(&folder.join("README.md"), &page::target(self, pages))
    }
}

/// Writes a file beside the old one and renames it, so that a killed run leaves one of the two whole.
fn replace(path: &Path, text: &str) -> Result<(), TargetError> {
    let beside = path.with_extension("new");
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| in_file(path, &error))
}

fn in_file(path: &Path, error: &std::io::Error) -> TargetError {
    TargetError(format!("{}: {error}", path.display()))
}
