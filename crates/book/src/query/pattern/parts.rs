//! The parts of a pattern with back-references.
//!
//! Which text a group captured, when there is a choice, decides whether a later reference
//! matches. PostgreSQL settles the choice by dividing the pattern into parts and the text among
//! them: each part has a machine that accepts a superset of its texts, and a preference for long
//! or short ones. To give the same answers the same division is made here, with the same rules of
//! what deserves a part of its own. Matching is in `dissect`.

use super::fault::PatternFault;
use super::program::{Programs, Source};
use super::syntax::{Alternation, Atom, Piece, Preference, Repeat, UNBOUNDED};

/// What is known of a part: facts of its own, and facts that spread to what contains it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// Prefers the longest text.
    longest: bool,
    /// Prefers the shortest text.
    pub(super) shortest: bool,
    /// Holds both preferences.
    mixed: bool,
    captures: bool,
    refers: bool,
    /// Some reference names its group.
    referred: bool,
}

impl Traits {
    fn of(preference: Preference) -> Traits {
        Traits {
            longest: preference == Preference::Longest,
            shortest: preference == Preference::Shortest,
            ..Traits::default()
        }
    }

    fn or(self, other: Traits) -> Traits {
        Traits {
            longest: self.longest || other.longest,
            shortest: self.shortest || other.shortest,
            mixed: self.mixed || other.mixed,
            captures: self.captures || other.captures,
            refers: self.refers || other.refers,
            referred: self.referred || other.referred,
        }
    }

    /// What spreads outward: a clash of preferences, but no preference.
    fn outward(self) -> Traits {
        let mixed = self.mixed || (self.longest && self.shortest);
        Traits { longest: false, shortest: false, mixed, referred: false, ..self }
    }

    fn preference(self) -> Traits {
        Traits { longest: self.longest, shortest: self.shortest, ..Traits::default() }
    }

    fn is_neutral(self) -> bool {
        !(self.longest || self.shortest || self.mixed)
    }

    /// Both together: what spreads, and the preference of the first that has one.
    fn with(self, other: Traits) -> Traits {
        let first = self.preference();
        let preference = if first == Traits::default() { other.preference() } else { first };
        self.or(other).outward().or(preference)
    }

    fn is_intricate(self) -> bool {
        self.mixed || self.captures || self.refers
    }

    /// Whether the bare part prefers just what the quantifier prefers, or either has no wish.
    fn agrees(self, wish: Traits) -> bool {
        let own = Traits { mixed: self.mixed, ..self.preference() };
        wish == Traits::default() || self.is_neutral() || own == wish
    }
}

/// How a part is made of others.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Whatever its machine accepts.
    Leaf,
    /// What the group captured, so many times over.
    Back {
        group: u32,
        least: u32,
        most: u32,
    },
    Chain(usize, usize),
    Choice(Vec<usize>),
    Repeat {
        part: usize,
        least: u32,
        most: u32,
    },
    /// A capture around a capture.
    Wrapped(usize),
}

/// What texts a part accepts, checks of references aside.
#[derive(Clone, Debug)]
enum Language<'a> {
    Pieces(&'a [Piece]),
    Atom(&'a Atom),
    /// The texts of other parts, composed as the form says.
    Made(Form),
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) form: Form,
    pub(super) traits: Traits,
    pub(super) capture: Option<u32>,
    /// The program that accepts a superset of its texts.
    pub(super) program: usize,
}

/// A pattern divided.
#[derive(Debug)]
pub(super) struct Division {
    pub(super) parts: Vec<Part>,
    /// The part that is the whole pattern.
    pub(super) whole: usize,
    /// The program of the whole that may start anywhere.
    pub(super) search: usize,
}

/// Divides a pattern, adding a program for every part.
///
/// # Errors
/// The pattern becomes too complex.
pub(super) fn divide(tree: &Alternation, groups: u32, programs: &mut Programs) -> Result<Division, PatternFault> {
    let groups = vec![None; groups as usize + 1];
    let mut divider = Divider { parts: Vec::new(), languages: Vec::new(), groups, sources: 0 };
    let whole = divider.alternation(tree);
    divider.forget_captures(whole);
    let source = divider.source(whole)?;
    let search = programs.add(&source, true)?;
    divider.write(whole, programs)?;
    Ok(Division { parts: divider.parts, whole, search })
}

/// The division under way.
struct Divider<'a> {
    parts: Vec<Part>,
    languages: Vec<Language<'a>>,
    /// The part of every captured group.
    groups: Vec<Option<usize>>,
    /// How many nodes the sources written so far have.
    sources: usize,
}

/// The most nodes that sources may have: references to references double them.
const SOURCES_MAX: usize = 200_000;

impl<'a> Divider<'a> {
    fn part(&mut self, form: Form, traits: Traits, language: Language<'a>) -> usize {
        self.parts.push(Part { form, traits, capture: None, program: 0 });
        self.languages.push(language);
        self.parts.len() - 1
    }

    /// A part made of parts.
    fn made(&mut self, form: Form, traits: Traits) -> usize {
        self.part(form.clone(), traits, Language::Made(form))
    }

    fn traits(&self, part: usize) -> Traits {
        self.parts[part].traits
    }

    fn alternation(&mut self, tree: &'a Alternation) -> usize {
        let branches: Vec<usize> = tree.branches.iter().map(|branch| self.branch(branch)).collect();
        if let [only] = branches.as_slice() {
            return *only;
        }
        let mut traits = Traits { longest: true, ..Traits::default() };
        for branch in &branches {
            traits = traits.or(traits.or(self.traits(*branch)).outward());
        }
        let choice = self.made(Form::Choice(branches), traits);
        if !traits.is_intricate() {
            self.parts[choice].form = Form::Leaf;
        }
        choice
    }

    /// A branch: plain pieces make one leaf; the first intricate one splits the rest off.
    fn branch(&mut self, pieces: &'a [Piece]) -> usize {
        let mut traits = Traits::default();
        for (at, piece) in pieces.iter().enumerate() {
            let Piece::Repeat(repeat) = piece else {
                continue;
            };
            let atom = self.atom(&repeat.atom);
            if repeat.most == 0 {
                continue;
            }
            let wish = Traits::of(repeat.preference);
            let inner = atom.map_or(Traits::default(), |atom| self.traits(atom));
            let all = traits.or(wish).or(inner);
            let plain = !matches!(repeat.atom, Atom::Group(Some(_), _) | Atom::Back(_));
            if plain && !all.outward().is_intricate() {
                traits = all;
                continue;
            }
            let prefix = self.part(Form::Leaf, traits, Language::Pieces(&pieces[..at]));
            let atom = atom.unwrap_or_else(|| self.part(Form::Leaf, Traits::default(), Language::Atom(&repeat.atom)));
            return self.split(prefix, at == 0, atom, repeat, &pieces[at + 1..]);
        }
        self.part(Form::Leaf, traits, Language::Pieces(pieces))
    }

    /// The part of an atom that has one.
    fn atom(&mut self, atom: &'a Atom) -> Option<usize> {
        match atom {
            Atom::Set(_) => None,
            Atom::Group(None, inner) => Some(self.alternation(inner)),
            Atom::Group(Some(number), inner) => {
                let inner = self.alternation(inner);
                Some(self.capture(*number, inner))
            }
            Atom::Back(group) => {
                if let Some(target) = self.groups[*group as usize] {
                    self.parts[target].traits.referred = true;
                }
                let traits = Traits { refers: true, ..Traits::default() };
                Some(self.made(Form::Back { group: *group, least: 1, most: 1 }, traits))
            }
        }
    }

    fn capture(&mut self, number: u32, inner: usize) -> usize {
        let mut part = inner;
        if self.parts[inner].capture.is_some() {
            let traits = Traits { referred: false, ..self.traits(inner) };
            part = self.made(Form::Wrapped(inner), traits);
        }
        self.parts[part].capture = Some(number);
        self.parts[part].traits.captures = true;
        self.groups[number as usize] = Some(part);
        part
    }

    /// A branch whose pieces before an intricate one are `prefix`.
    fn split(&mut self, prefix: usize, vacuous: bool, atom: usize, repeat: &Repeat, rest: &'a [Piece]) -> usize {
        let wish = Traits::of(repeat.preference);
        let mut tail = wish.with(self.traits(atom));
        let body = self.repeated(atom, repeat, wish);
        let mut top = self.traits(prefix);
        if rest.is_empty() {
            if vacuous {
                return body;
            }
            top = top.or(top.with(self.traits(body)));
            return self.made(Form::Chain(prefix, body), top);
        }
        let rest = self.branch(rest);
        tail = tail.or(tail.with(self.traits(rest)));
        top = top.or(top.with(tail));
        if vacuous {
            return self.made(Form::Chain(body, rest), top);
        }
        let both = self.traits(body).or(self.traits(rest)).outward();
        let leaves = matches!(self.parts[body].form, Form::Leaf) && matches!(self.parts[rest].form, Form::Leaf);
        let joined = self.made(Form::Chain(body, rest), tail);
        if leaves && !both.is_intricate() {
            self.parts[joined].form = Form::Leaf;
            self.parts[joined].traits = self.traits(body).with(self.traits(rest));
        }
        self.made(Form::Chain(prefix, joined), top)
    }

    /// An intricate atom with its quantifier.
    fn repeated(&mut self, atom: usize, repeat: &Repeat, wish: Traits) -> usize {
        let (least, most) = (repeat.least, repeat.most);
        let own = self.traits(atom);
        if let Form::Back { group, .. } = self.parts[atom].form
            && matches!(repeat.atom, Atom::Back(_))
        {
            let form = Form::Back { group, least, most };
            self.parts[atom].traits = own.or(wish.with(own));
            self.parts[atom].form = form.clone();
            self.languages[atom] = Language::Made(form);
            return atom;
        }
        if repeat.is_once() && own.agrees(wish) {
            return atom;
        }
        let traits = wish.with(own);
        if !own.captures && !own.refers {
            let form = Form::Repeat { part: atom, least, most };
            return self.part(Form::Leaf, traits, Language::Made(form));
        }
        if least > 0 && !own.refers {
            let most = if most == UNBOUNDED { most } else { most - 1 };
            let before = Form::Repeat { part: atom, least: least - 1, most };
            let before = self.part(Form::Leaf, traits.preference(), Language::Made(before));
            return self.made(Form::Chain(before, atom), traits);
        }
        self.made(Form::Repeat { part: atom, least, most }, traits)
    }

    /// Drops captures that nothing refers to, and the inner parts that then nothing needs.
    fn forget_captures(&mut self, part: usize) {
        if !self.traits(part).referred {
            self.parts[part].capture = None;
            self.parts[part].traits.captures = false;
        }
        for child in children(&self.parts[part].form) {
            self.forget_captures(child);
            self.parts[part].traits.captures |= self.traits(child).captures;
        }
        let traits = &mut self.parts[part].traits;
        if !traits.captures && !traits.refers {
            traits.mixed = false;
            self.parts[part].form = Form::Leaf;
        }
    }

    /// Writes the program of a part and of all parts in it.
    fn write(&mut self, part: usize, programs: &mut Programs) -> Result<(), PatternFault> {
        let source = self.source(part)?;
        self.parts[part].program = programs.add(&source, false)?;
        for child in children(&self.parts[part].form) {
            self.write(child, programs)?;
        }
        Ok(())
    }

    fn source(&mut self, part: usize) -> Result<Source<'a>, PatternFault> {
        self.sources += 1;
        if self.sources > SOURCES_MAX {
            return Err(PatternFault::TooComplex);
        }
        Ok(match self.languages[part].clone() {
            Language::Pieces(pieces) => Source::Pieces(pieces),
            Language::Atom(atom) => Source::Atom(atom),
            Language::Made(Form::Leaf) => Source::Pieces(&[]),
            Language::Made(Form::Wrapped(inner)) => self.source(inner)?,
            Language::Made(Form::Chain(one, other)) => Source::Chain(vec![self.source(one)?, self.source(other)?]),
            Language::Made(Form::Choice(parts)) => {
                let parts: Result<_, _> = parts.into_iter().map(|part| self.source(part)).collect();
                Source::Choice(parts?)
            }
            Language::Made(Form::Repeat { part, least, most }) => {
                Source::Repeat(Box::new(self.source(part)?), least, most)
            }
            Language::Made(Form::Back { group, least, most }) => {
                let target = self.groups[group as usize].expect("the parser admits references to finished groups only");
                let text = Source::Text(Box::new(self.source(target)?));
                Source::Repeat(Box::new(text), least, most)
            }
        })
    }
}

/// The parts that a form divides its text among.
fn children(form: &Form) -> Vec<usize> {
    match form {
        Form::Leaf | Form::Back { .. } => Vec::new(),
        Form::Chain(one, other) => vec![*one, *other],
        Form::Choice(parts) => parts.clone(),
        Form::Repeat { part, .. } | Form::Wrapped(part) => vec![*part],
    }
}
