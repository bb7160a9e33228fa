//! `mmapcheck smoke`

use super::args::Smoke;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::pages::PagesResult;
use crate::smoke::{self, smoke};
use mmapcheck_spec::pages::{all, examples};
use mmapcheck_spec::printable;
use std::fmt::Write;

pub(super) fn run(args: &Smoke) -> Result<Exit, CommandError> {
    let smoke = smoke(&args.target.spec(), args.target.profile, args.hang)?;
    write_out(&text(&smoke)?);
    if smoke.declined_all() {
        return Err(CommandError(format!("{}: nothing was compared: it declined every example", smoke.info.name)));
    }
    Ok(if smoke.passed() { Exit::Agrees } else { Exit::Diverges })
}

fn text(smoke: &smoke::Smoke) -> Result<String, CommandError> {
    let smoke::Smoke {
        info,
        profile,
        facts,
        examples: PagesResult { passed, failed, skipped, unsupported, .. },
        declined: others,
        blind,
    } = smoke;
    let mut text = format!("{} · judged as {profile}\n\n", info.name);
    for (about, fact) in facts {
        let _ = writeln!(text, "{about:<13} {}", printable(fact));
    }
    text.push('\n');
    let pages = all()?;
    let rules: Vec<_> = examples(pages).map(|(_, clause, example)| (&example.id, &clause.rule)).collect();
    let rule = |id: &String| rules.iter().find(|(known, _)| *known == id).map_or("", |(_, rule)| rule.as_str());
    for id in passed {
        let _ = writeln!(text, "pass  {id:<8}  {}", rule(id));
    }
    for failure in failed {
        let _ = writeln!(text, "FAIL  {:<8}  {}\n{failure}", failure.id, rule(&failure.id));
    }
    for (id, reason) in unsupported {
        let _ = writeln!(text, "MISS  {id:<8}  {}\n  declined: {reason}", rule(id));
    }
    for id in others {
        let _ = writeln!(text, "-     {id:<8}  {}\n  the handshake declines it", rule(id));
    }
    match blind {
        None => text += "pass  state     Position, length and bytes of a map are visible after each step\n",
        Some(why) => {
            let _ = writeln!(
                text,
                "FAIL  state     Position, length and bytes of a map are visible after each step\n  {why}"
            );
        }
    }
    let (right, wrong) = (passed.len() + usize::from(blind.is_none()), failed.len() + usize::from(blind.is_some()));
    let verdict =
        if smoke.passed() { "it can be driven" } else { "it does not behave like an mmap, or its driver is wrong" };
    let declined = if unsupported.is_empty() { String::new() } else { format!("{} declined, ", unsupported.len()) };
    let others =
        if others.is_empty() { String::new() } else { format!("{} declined by the handshake, ", others.len()) };
    let _ = writeln!(
        text,
        "\n{verdict}: {right} passed, {wrong} failed, {declined}{others}{} for other versions or platforms",
        skipped.len()
    );
    Ok(text)
}
