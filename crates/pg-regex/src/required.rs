//! Literals that every matching text contains, for an index of character sequences.
//!
//! The analysis keeps the set of all texts that the pieces so far can match while that is small, and ends it at a piece
//! that can match too many. What it says is necessary, not sufficient: a text that fulfils it need not match.

use crate::ast::{Alternation, Anchor, Atom, Piece, Repeat};
use crate::case;
use crate::char_set::CharSet;

/// Maximum number of alternative literals at one place of a pattern.
const ALTERNATIVES_MAX: usize = 16;
/// Maximum number of characters of one literal; longer ones are cut.
const LITERAL_CHARS_MAX: usize = 32;
/// Maximum number of conditions that must all hold; others are left out.
const CONDITIONS_MAX: usize = 8;
/// Stands for the start of a word, at the start of a run; no text contains it.
const WORD_START: char = '\0';
/// Maximum number of characters of a set whose members are enumerated.
const SET_CHARS_MAX: u32 = 12;

/// A condition on the lower case of a text ([`lower_char`](crate::lower_char)) that holds for every text that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// Always holds.
    Nothing,
    /// The text contains the literal. A line feed at its start or end stands for the start or the end of the text.
    Literal(String),
    /// The text contains the literal at its start or behind a character that is no word character.
    WordStart(String),
    /// All hold.
    All(Vec<Required>),
    /// At least one holds.
    Any(Vec<Required>),
}

impl Required {
    /// The condition that the lower case of a text equals that of another.
    #[must_use]
    pub fn equal_to(text: &str) -> Self {
        Self::literal(std::iter::once('\n').chain(text.chars()).chain(std::iter::once('\n')))
    }

    /// Bytes of memory on the heap.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Literal(literal) | Self::WordStart(literal) => literal.capacity(),
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.capacity() * size_of::<Self>() + conditions.iter().map(Self::bytes).sum::<usize>()
            }
        }
    }

    /// The condition that at least one of these holds.
    #[must_use]
    pub fn any_of(conditions: Vec<Self>) -> Self {
        if conditions.contains(&Self::Nothing) { Self::Nothing } else { Self::Any(conditions) }
    }

    /// The condition that all of these hold; repeated ones and those above a maximum are left out.
    pub(crate) fn all_of(mut conditions: Vec<Self>) -> Self {
        conditions.retain(|condition| *condition != Self::Nothing);
        let mut at = 0;
        while at < conditions.len() {
            if conditions[..at].contains(&conditions[at]) {
                conditions.remove(at);
            } else {
                at += 1;
            }
        }
        conditions.truncate(CONDITIONS_MAX);
        if conditions.is_empty() { Self::Nothing } else { Self::All(conditions) }
    }

    /// The literal of these characters, cut to the maximum.
    pub(crate) fn literal(characters: impl Iterator<Item = char>) -> Self {
        let literal: String = characters.take(LITERAL_CHARS_MAX).map(case::lower_char).collect();
        let (literal, is_word) = match literal.strip_prefix(WORD_START) {
            Some(word) => (word.to_owned(), true),
            None => (literal, false),
        };
        match literal {
            literal if literal.chars().all(|character| character == '\n') => Self::Nothing,
            literal if is_word => Self::WordStart(literal),
            literal => Self::Literal(literal),
        }
    }

    /// The condition of a syntax tree.
    pub(crate) fn of(tree: &Alternation) -> Self {
        match alternation(tree) {
            Contents::Texts(texts) => one_of(texts),
            Contents::Condition(condition) => condition,
        }
    }
}

/// What the matches of a part of a pattern contain.
enum Contents {
    /// Each match is one of these texts.
    Texts(Vec<String>),
    /// Each match fulfils this.
    Condition(Required),
}

fn one_of(texts: Vec<String>) -> Required {
    Required::any_of(texts.iter().map(|text| Required::literal(text.chars())).collect())
}

fn alternation(tree: &Alternation) -> Contents {
    if let [branch] = tree.branches.as_slice() {
        return sequence(branch);
    }
    if tree.branches.len() > ALTERNATIVES_MAX {
        return Contents::Condition(Required::Nothing);
    }
    let contents: Vec<Contents> = tree.branches.iter().map(|branch| sequence(branch)).collect();
    let count = |contents: &Contents| match contents {
        Contents::Texts(texts) => Some(texts.len()),
        Contents::Condition(_) => None,
    };
    let texts: Option<usize> = contents.iter().map(count).sum();
    if texts.is_some_and(|count| count <= ALTERNATIVES_MAX) {
        let texts = contents.into_iter().flat_map(|contents| match contents {
            Contents::Texts(texts) => texts,
            Contents::Condition(_) => Vec::new(),
        });
        return Contents::Texts(texts.collect());
    }
    let conditions = contents.into_iter().map(|contents| match contents {
        Contents::Texts(texts) => one_of(texts),
        Contents::Condition(condition) => condition,
    });
    Contents::Condition(Required::any_of(conditions.collect()))
}

/// The pieces of a branch, one after another.
struct Sequence {
    /// All texts that the pieces since the last cut match.
    run: Vec<String>,
    conditions: Vec<Required>,
    is_cut: bool,
}

impl Sequence {
    /// Ends the run: what follows is preceded by something unknown.
    fn cut(&mut self) {
        let run = std::mem::replace(&mut self.run, vec![String::new()]);
        self.conditions.push(one_of(run));
        self.is_cut = true;
    }

    /// Continues the run with one of these texts.
    fn append(&mut self, texts: &[String]) {
        let chars_max = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let is_small = self.run.len() * texts.len() <= ALTERNATIVES_MAX
            && chars_max(&self.run) + chars_max(texts) <= LITERAL_CHARS_MAX;
        if is_small {
            self.run = crossed(&self.run, texts);
        } else {
            self.cut();
            self.run = texts.to_vec();
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Anchor(Anchor::TextStart | Anchor::LineStart) => {
                self.cut();
                self.run = vec!["\n".to_owned()];
            }
            Piece::Anchor(Anchor::TextEnd | Anchor::LineEnd) => {
                self.append(&["\n".to_owned()]);
                self.cut();
            }
            Piece::Anchor(Anchor::WordStart) if self.run.iter().all(String::is_empty) => {
                self.run = vec![WORD_START.to_string()];
                self.is_cut = true;
            }
            // They take no characters.
            Piece::Anchor(_) | Piece::LookAround(_) => {}
            Piece::Repeat(repeat) => self.repeat(repeat),
        }
    }

    fn repeat(&mut self, repeat: &Repeat) {
        let contents = match &repeat.atom {
            Atom::Set(set) => characters(set),
            Atom::Group(_, inner) => alternation(inner),
            Atom::Backref(_) => Contents::Condition(Required::Nothing),
        };
        let texts = match contents {
            Contents::Texts(texts) => texts,
            Contents::Condition(condition) => {
                self.cut();
                if repeat.min > 0 {
                    self.conditions.push(condition);
                }
                return;
            }
        };
        if let Some(all) = repeated(&texts, repeat) {
            self.append(&all);
            return;
        }
        if repeat.min > 0 {
            self.append(&texts);
        }
        self.cut();
    }
}

/// The texts of all numbers of repetitions, if they are few.
fn repeated(texts: &[String], repeat: &Repeat) -> Option<Vec<String>> {
    let mut all = if repeat.min == 0 { vec![String::new()] } else { Vec::new() };
    let mut power = vec![String::new()];
    for count in 1..=repeat.max {
        let is_small = |text: &String| text.chars().count() <= LITERAL_CHARS_MAX;
        if power.len() * texts.len() > ALTERNATIVES_MAX || !power.iter().all(is_small) {
            return None;
        }
        power = crossed(&power, texts);
        if count >= repeat.min {
            all.extend_from_slice(&power);
        }
        if all.len() > ALTERNATIVES_MAX {
            return None;
        }
    }
    Some(all)
}

fn crossed(left: &[String], right: &[String]) -> Vec<String> {
    let mut texts: Vec<String> =
        left.iter().flat_map(|begin| right.iter().map(move |end| format!("{begin}{end}"))).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn sequence(pieces: &[Piece]) -> Contents {
    let mut sequence = Sequence { run: vec![String::new()], conditions: Vec::new(), is_cut: false };
    pieces.iter().for_each(|piece| sequence.piece(piece));
    if !sequence.is_cut {
        return Contents::Texts(sequence.run);
    }
    sequence.cut();
    Contents::Condition(Required::all_of(sequence.conditions))
}

/// The characters of a set, in lower case.
fn characters(set: &CharSet) -> Contents {
    let mut left = SET_CHARS_MAX;
    let mut texts: Vec<String> = Vec::new();
    for &(first, last) in set.ranges() {
        let count = last - first;
        if count >= left {
            return Contents::Condition(Required::Nothing);
        }
        left -= count + 1;
        let characters = (first..=last).filter_map(char::from_u32).filter(|character| *character != '\n');
        texts.extend(characters.map(|character| case::lower_char(character).to_string()));
    }
    texts.sort_unstable();
    texts.dedup();
    // A set that matches nothing says nothing.
    if texts.is_empty() { Contents::Condition(Required::Nothing) } else { Contents::Texts(texts) }
}
