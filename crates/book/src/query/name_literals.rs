//! Finds the parts of names, and the contacts, that have the literals that a pattern requires.
//!
//! Both may yield some that do not match: the comparison itself is evaluated by [`super::name_search`].

use pg_regex::Required;

use crate::book::name_index::grams::ascending;
use crate::book::name_index::rank_set::RankSet;
use crate::book::name_index::{NameColumn, NameIndex};

/// Where literals are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiteralPlace {
    /// In any part; the start and the end of a literal are those of the full name.
    Anywhere,
    /// In the names of a column; the start and the end of a literal are those of such a name.
    In(NameColumn),
}

/// The lines that fulfil a condition and perhaps some that do not, ascending; `None` if there may be too many.
pub(super) fn lines(
    index: &NameIndex,
    required: &Required,
    place: LiteralPlace,
    entries_max: usize,
) -> Option<Vec<u32>> {
    match required {
        Required::Nothing => None,
        Required::Literal(literal) => {
            let grams = index.grams()?;
            let LiteralPlace::In(column) = place else { return grams.lines_with(literal, entries_max) };
            let mut found = Vec::new();
            for literal in literals_of_column(literal, column) {
                found.append(&mut grams.lines_with(&literal, entries_max)?);
            }
            let range = index.lines_of(column);
            found.retain(|line| range.contains(&(*line as usize)));
            Some(ascending(found))
        }
        Required::WordStart(literal) => {
            // The lines of a column have the spaces beside the names, which begin words as the starts of names do.
            let mut found = index.grams()?.lines_with_word(literal, entries_max)?;
            if let LiteralPlace::In(column) = place {
                let range = index.lines_of(column);
                found.retain(|line| range.contains(&(*line as usize)));
            }
            Some(found)
        }
        Required::All(conditions) => {
            let mut all: Option<Vec<u32>> = None;
            for condition in conditions {
                let Some(found) = lines(index, condition, place, entries_max) else { continue };
                match &mut all {
                    Some(all) => all.retain(|line| found.binary_search(line).is_ok()),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::Any(conditions) => {
            let mut any = Vec::new();
            for condition in conditions {
                any.append(&mut lines(index, condition, place, entries_max)?);
                if any.len() > entries_max {
                    return None;
                }
            }
            Some(ascending(any))
        }
    }
}

/// The literals to look for in the lines of a column, which have the spaces beside the names.
fn literals_of_column(literal: &str, column: NameColumn) -> Vec<String> {
    let begun = match (literal.strip_prefix('\n'), column) {
        (Some(rest), NameColumn::First) => format!(" {rest}"),
        _ => literal.to_owned(),
    };
    match begun.strip_suffix('\n') {
        Some(rest) if !rest.is_empty() => vec![format!("{rest} "), format!("{rest}\n")],
        _ => vec![begun],
    }
}

/// The contacts whose parts fulfil a condition on the full name and perhaps some others; `None` if there may be too
/// many. `left` is the number of ranks that may still be collected.
pub(super) fn candidates(
    index: &NameIndex,
    required: &Required,
    left: &mut usize,
    entries_max: usize,
) -> Option<RankSet> {
    match required {
        Required::Nothing => None,
        Required::Literal(literal) | Required::WordStart(literal) => {
            let mut all: Option<RankSet> = None;
            for word in words(literal) {
                let Some(lines) = index.grams()?.lines_with(&word, entries_max) else { continue };
                let count: usize = lines.iter().map(|line| index.rank_count(*line as usize)).sum();
                let Some(rest) = left.checked_sub(count) else { continue };
                *left = rest;
                let mut found = RankSet::new(index.len());
                lines.iter().for_each(|line| index.add_ranks(*line as usize, &mut found));
                match &mut all {
                    Some(all) => all.keep(&found),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::All(conditions) => {
            let mut all: Option<RankSet> = None;
            for condition in conditions {
                let Some(found) = candidates(index, condition, left, entries_max) else { continue };
                match &mut all {
                    Some(all) => all.keep(&found),
                    None => all = Some(found),
                }
            }
            all
        }
        Required::Any(conditions) => {
            let mut any = RankSet::new(index.len());
            for condition in conditions {
                any.add(&candidates(index, condition, left, entries_max)?);
            }
            Some(any)
        }
    }
}

/// The words of a literal, each with the spaces beside it: each lies within one part.
fn words(literal: &str) -> impl Iterator<Item = String> + '_ {
    let spaces: Vec<usize> = literal.match_indices(' ').map(|(at, _)| at).collect();
    let mut edges = vec![0];
    edges.extend(spaces);
    edges.push(literal.len());
    let words: Vec<String> = edges
        .windows(2)
        .map(|edge| &literal[edge[0]..literal.len().min(edge[1] + 1)])
        .filter(|word| word.contains(|character| character != ' ' && character != '\n'))
        .map(str::to_owned)
        .collect();
    words.into_iter()
}
