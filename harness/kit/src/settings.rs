//! The settings of a suite: those of the macro, and above them those of the environment.

use mmapcheck::known::KnownList;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variables of the environment that go before the options of the macro.
const SEED: &str = "MMAPCHECK_SEED";
const TIME: &str = "MMAPCHECK_TIME";
/// The folder for the report of a campaign and for the proposed known list.
const REPORT: &str = "MMAPCHECK_REPORT";

/// The time of the random campaign by default.
const SECONDS: Duration = Duration::from_secs(5);

/// The options of [`suite!`](crate::suite), each a method.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The type, as its author writes it.
    pub(crate) name: String,
    /// The folder of the crate, from which paths count.
    root: PathBuf,
    /// The name of the test target.
    pub(crate) test: String,
    known: Option<PathBuf>,
    sessions: Option<PathBuf>,
    time: Option<String>,
    seed: Option<u64>,
}

impl Settings {
    /// The defaults, for a type of this name, in the crate of this folder, whose test is this source file.
    #[must_use]
    pub fn new(name: &str, root: &str, file: &str) -> Settings {
        let test = Path::new(file).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let root = root.into();
        Settings { name: name.into(), root, test, known: None, sessions: None, time: None, seed: None }
    }

    /// The list of known differences: a file in TOML.
    #[must_use]
    pub fn known(self, file: &str) -> Settings {
        Settings { known: Some(self.root.join(file)), ..self }
    }

    /// The folder of sessions, each a test: the files that end in `.pycon`.
    #[must_use]
    pub fn sessions(self, folder: &str) -> Settings {
        Settings { sessions: Some(self.root.join(folder)), ..self }
    }

    /// The time of the random campaign, such as `30s`; 5 seconds by default.
    #[must_use]
    pub fn time(self, time: &str) -> Settings {
        Settings { time: Some(time.into()), ..self }
    }

    /// The seed of the random campaign; another one in each run by default.
    #[must_use]
    pub fn seed(self, seed: u64) -> Settings {
        Settings { seed: Some(seed), ..self }
    }

    /// Reads the list of known differences.
    pub(crate) fn read_known(&self) -> Result<KnownList, String> {
        let Some(path) = &self.known else { return Ok(KnownList::default()) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        KnownList::read(&name, &text).map_err(|error| error.to_string())
    }

    /// The text of each session, with its path.
    pub(crate) fn read_sessions(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let Some(folder) = &self.sessions else { return Ok(Vec::new()) };
        let wrong = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| wrong(folder, error))? {
            let path = entry.map_err(|error| wrong(folder, error))?.path();
            if path.extension().is_some_and(|ext| ext == "pycon") {
                found.push((path.clone(), std::fs::read_to_string(&path).map_err(|error| wrong(&path, error))?));
            }
        }
        found.sort();
        if found.is_empty() {
            return Err(format!("{}: no file here ends in '.pycon'", folder.display()));
        }
        Ok(found)
    }

    /// The time of the random campaign.
    pub(crate) fn campaign_time(&self) -> Result<Duration, String> {
        let set = variable(TIME)?.map(|text| (TIME, text)).or_else(|| Some(("time", self.time.clone()?)));
        let Some((name, text)) = set else { return Ok(SECONDS) };
        let time = humantime::parse_duration(&text).map_err(|error| format!("{name}: '{text}': {error}"))?;
        if time.is_zero() { Err(format!("{name}: '{text}': expected a time such as 30s")) } else { Ok(time) }
    }

    /// The seed of the random campaign.
    pub(crate) fn campaign_seed(&self) -> Result<u64, String> {
        let Some(text) = variable(SEED)? else {
            return Ok(self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000)));
        };
        text.parse().map_err(|_| format!("{SEED}: '{text}': expected a whole number"))
    }

    /// The folder for the report; none if no report is wanted.
    pub(crate) fn report(&self) -> Option<PathBuf> {
        std::env::var_os(REPORT).filter(|folder| !folder.is_empty()).map(|folder| self.root.join(folder))
    }

    /// The command that runs the campaign with this seed again.
    pub(crate) fn command(&self, seed: u64) -> String {
        format!("{SEED}={seed} cargo test --test {} campaign", self.test)
    }
}

/// The value of a variable of the environment.
fn variable(name: &str) -> Result<Option<String>, String> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => value.into_string().map(Some).map_err(|_| format!("{name}: not a text")),
    }
}
