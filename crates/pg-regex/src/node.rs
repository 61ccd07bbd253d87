//! The tree for matching a pattern with back-references.
//!
//! If a group can capture several texts, the choice decides whether a later back-reference matches. PostgreSQL makes the
//! choice by dividing the pattern into a tree of subexpressions and the text among them: each node has an automaton that
//! accepts a superset of its texts, and prefers long or short ones. To give the same answers, this module builds the
//! same tree, with the same rules of which subexpressions get a node of their own. Matching is in
//! [`backtrack`](crate::backtrack).

use crate::ast::{Alternation, Atom, Piece, Preference, Repeat, UNBOUNDED};
use crate::pattern_error::PatternError;
use crate::program::{ProgramSet, ProgramSource};

/// Properties of a node; some are inherited by its ancestors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeTraits {
    /// Prefers the longest text.
    longest: bool,
    /// Prefers the shortest text.
    pub(crate) shortest: bool,
    /// Contains both preferences.
    mixed: bool,
    captures: bool,
    refers: bool,
    /// A back-reference refers to its group.
    referred: bool,
}

impl NodeTraits {
    fn of(preference: Preference) -> NodeTraits {
        NodeTraits {
            longest: preference == Preference::Longest,
            shortest: preference == Preference::Shortest,
            ..NodeTraits::default()
        }
    }

    fn or(self, other: NodeTraits) -> NodeTraits {
        NodeTraits {
            longest: self.longest || other.longest,
            shortest: self.shortest || other.shortest,
            mixed: self.mixed || other.mixed,
            captures: self.captures || other.captures,
            refers: self.refers || other.refers,
            referred: self.referred || other.referred,
        }
    }

    /// What the parent inherits: mixed preferences, but not the preference itself.
    fn outward(self) -> NodeTraits {
        let mixed = self.mixed || (self.longest && self.shortest);
        NodeTraits { longest: false, shortest: false, mixed, referred: false, ..self }
    }

    fn preference(self) -> NodeTraits {
        NodeTraits { longest: self.longest, shortest: self.shortest, ..NodeTraits::default() }
    }

    fn is_neutral(self) -> bool {
        !(self.longest || self.shortest || self.mixed)
    }

    /// Both combined: what is inherited, and the preference of the first that has one.
    fn with(self, other: NodeTraits) -> NodeTraits {
        let first = self.preference();
        let preference = if first == NodeTraits::default() { other.preference() } else { first };
        self.or(other).outward().or(preference)
    }

    fn needs_tree(self) -> bool {
        self.mixed || self.captures || self.refers
    }

    /// Whether the node prefers what the quantifier prefers, or one of them has no preference.
    fn agrees(self, preference: NodeTraits) -> bool {
        let own = NodeTraits { mixed: self.mixed, ..self.preference() };
        preference == NodeTraits::default() || self.is_neutral() || own == preference
    }
}

/// How a node is composed of others.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    /// Matches whatever its automaton accepts.
    Leaf,
    /// What a group captured, repeated.
    Backref {
        group: u32,
        min: u32,
        max: u32,
    },
    Chain(usize, usize),
    Choice(Vec<usize>),
    Repeat {
        node: usize,
        min: u32,
        max: u32,
    },
    /// A group directly around a group.
    Nested(usize),
}

/// The texts that a node accepts, regardless of what back-references require.
#[derive(Clone, Debug)]
enum Language<'a> {
    Pieces(&'a [Piece]),
    Atom(&'a Atom),
    /// The texts of other nodes, composed.
    Composed(NodeKind),
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct MatchNode {
    pub(crate) kind: NodeKind,
    pub(crate) traits: NodeTraits,
    pub(crate) capture: Option<u32>,
    /// The program that accepts a superset of its texts.
    pub(crate) program: usize,
}

/// The tree of a pattern.
#[derive(Debug)]
pub(crate) struct MatchTree {
    pub(crate) nodes: Vec<MatchNode>,
    /// The root.
    pub(crate) root: usize,
    /// The program of the whole pattern that may start anywhere.
    pub(crate) search: usize,
}

impl MatchTree {
    /// Bytes of memory on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let of_node = |node: &MatchNode| match &node.kind {
            NodeKind::Choice(nodes) => nodes.capacity() * size_of::<usize>(),
            _ => 0,
        };
        self.nodes.capacity() * size_of::<MatchNode>() + self.nodes.iter().map(of_node).sum::<usize>()
    }
}

/// Builds the tree of a pattern, and compiles a program for every node.
///
/// # Errors
/// The pattern is too complex.
pub(crate) fn build(tree: &Alternation, groups: u32, programs: &mut ProgramSet) -> Result<MatchTree, PatternError> {
    let groups = vec![None; groups as usize + 1];
    let mut builder = TreeBuilder { nodes: Vec::new(), languages: Vec::new(), groups, sources: 0 };
    let root = builder.alternation(tree);
    builder.remove_unused_captures(root);
    let source = builder.source(root)?;
    let search = programs.add(&source, true)?;
    builder.compile(root, programs)?;
    Ok(MatchTree { nodes: builder.nodes, root, search })
}

/// A tree that is being built.
struct TreeBuilder<'a> {
    nodes: Vec<MatchNode>,
    languages: Vec<Language<'a>>,
    /// The node of each capturing group.
    groups: Vec<Option<usize>>,
    /// The size of the program sources so far.
    sources: usize,
}

/// Maximum size of the program sources: a back-reference to a group with back-references doubles it.
const SOURCES_MAX: usize = 200_000;

impl<'a> TreeBuilder<'a> {
    fn add(&mut self, kind: NodeKind, traits: NodeTraits, language: Language<'a>) -> usize {
        self.nodes.push(MatchNode { kind, traits, capture: None, program: 0 });
        self.languages.push(language);
        self.nodes.len() - 1
    }

    /// A node composed of others.
    fn compose(&mut self, kind: NodeKind, traits: NodeTraits) -> usize {
        self.add(kind.clone(), traits, Language::Composed(kind))
    }

    fn traits(&self, node: usize) -> NodeTraits {
        self.nodes[node].traits
    }

    fn alternation(&mut self, tree: &'a Alternation) -> usize {
        let branches: Vec<usize> = tree.branches.iter().map(|branch| self.branch(branch)).collect();
        if let [only] = branches.as_slice() {
            return *only;
        }
        let mut traits = NodeTraits { longest: true, ..NodeTraits::default() };
        for branch in &branches {
            traits = traits.or(traits.or(self.traits(*branch)).outward());
        }
        let choice = self.compose(NodeKind::Choice(branches), traits);
        if !traits.needs_tree() {
            self.nodes[choice].kind = NodeKind::Leaf;
        }
        choice
    }

    /// A branch: plain pieces are one leaf; the first piece that is not plain divides the branch.
    fn branch(&mut self, pieces: &'a [Piece]) -> usize {
        let mut traits = NodeTraits::default();
        for (at, piece) in pieces.iter().enumerate() {
            let Piece::Repeat(repeat) = piece else {
                continue;
            };
            let atom = self.atom(&repeat.atom);
            if repeat.max == 0 {
                continue;
            }
            let preference = NodeTraits::of(repeat.preference);
            let inner = atom.map_or(NodeTraits::default(), |atom| self.traits(atom));
            let all = traits.or(preference).or(inner);
            let plain = !matches!(repeat.atom, Atom::Group(Some(_), _) | Atom::Backref(_));
            if plain && !all.outward().needs_tree() {
                traits = all;
                continue;
            }
            let prefix = self.add(NodeKind::Leaf, traits, Language::Pieces(&pieces[..at]));
            let atom =
                atom.unwrap_or_else(|| self.add(NodeKind::Leaf, NodeTraits::default(), Language::Atom(&repeat.atom)));
            return self.split(prefix, at == 0, atom, repeat, &pieces[at + 1..]);
        }
        self.add(NodeKind::Leaf, traits, Language::Pieces(pieces))
    }

    /// The node of an atom, if it needs one.
    fn atom(&mut self, atom: &'a Atom) -> Option<usize> {
        match atom {
            Atom::Set(_) => None,
            Atom::Group(None, inner) => Some(self.alternation(inner)),
            Atom::Group(Some(number), inner) => {
                let inner = self.alternation(inner);
                Some(self.capture(*number, inner))
            }
            Atom::Backref(group) => {
                if let Some(target) = self.groups[*group as usize] {
                    self.nodes[target].traits.referred = true;
                }
                let traits = NodeTraits { refers: true, ..NodeTraits::default() };
                Some(self.compose(NodeKind::Backref { group: *group, min: 1, max: 1 }, traits))
            }
        }
    }

    fn capture(&mut self, number: u32, inner: usize) -> usize {
        let mut node = inner;
        if self.nodes[inner].capture.is_some() {
            let traits = NodeTraits { referred: false, ..self.traits(inner) };
            node = self.compose(NodeKind::Nested(inner), traits);
        }
        self.nodes[node].capture = Some(number);
        self.nodes[node].traits.captures = true;
        self.groups[number as usize] = Some(node);
        node
    }

    /// A branch that is divided at a piece; `prefix` is the node of the pieces before.
    fn split(&mut self, prefix: usize, vacuous: bool, atom: usize, repeat: &Repeat, rest: &'a [Piece]) -> usize {
        let preference = NodeTraits::of(repeat.preference);
        let mut tail = preference.with(self.traits(atom));
        let body = self.repeated(atom, repeat, preference);
        let mut top = self.traits(prefix);
        if rest.is_empty() {
            if vacuous {
                return body;
            }
            top = top.or(top.with(self.traits(body)));
            return self.compose(NodeKind::Chain(prefix, body), top);
        }
        let rest = self.branch(rest);
        tail = tail.or(tail.with(self.traits(rest)));
        top = top.or(top.with(tail));
        if vacuous {
            return self.compose(NodeKind::Chain(body, rest), top);
        }
        let both = self.traits(body).or(self.traits(rest)).outward();
        let leaves = matches!(self.nodes[body].kind, NodeKind::Leaf) && matches!(self.nodes[rest].kind, NodeKind::Leaf);
        let joined = self.compose(NodeKind::Chain(body, rest), tail);
        if leaves && !both.needs_tree() {
            self.nodes[joined].kind = NodeKind::Leaf;
            self.nodes[joined].traits = self.traits(body).with(self.traits(rest));
        }
        self.compose(NodeKind::Chain(prefix, joined), top)
    }

    /// An atom that needs a node, with its quantifier.
    fn repeated(&mut self, atom: usize, repeat: &Repeat, preference: NodeTraits) -> usize {
        let (min, max) = (repeat.min, repeat.max);
        let own = self.traits(atom);
        if let NodeKind::Backref { group, .. } = self.nodes[atom].kind
            && matches!(repeat.atom, Atom::Backref(_))
        {
            let kind = NodeKind::Backref { group, min, max };
            self.nodes[atom].traits = own.or(preference.with(own));
            self.nodes[atom].kind = kind.clone();
            self.languages[atom] = Language::Composed(kind);
            return atom;
        }
        if repeat.is_once() && own.agrees(preference) {
            return atom;
        }
        let traits = preference.with(own);
        if !own.captures && !own.refers {
            let kind = NodeKind::Repeat { node: atom, min, max };
            return self.add(NodeKind::Leaf, traits, Language::Composed(kind));
        }
        if min > 0 && !own.refers {
            let max = if max == UNBOUNDED { max } else { max - 1 };
            let before = NodeKind::Repeat { node: atom, min: min - 1, max };
            let before = self.add(NodeKind::Leaf, traits.preference(), Language::Composed(before));
            return self.compose(NodeKind::Chain(before, atom), traits);
        }
        self.compose(NodeKind::Repeat { node: atom, min, max }, traits)
    }

    /// Removes captures without back-references, and the children that are not needed then.
    fn remove_unused_captures(&mut self, node: usize) {
        if !self.traits(node).referred {
            self.nodes[node].capture = None;
            self.nodes[node].traits.captures = false;
        }
        for child in children(&self.nodes[node].kind) {
            self.remove_unused_captures(child);
            self.nodes[node].traits.captures |= self.traits(child).captures;
        }
        let traits = &mut self.nodes[node].traits;
        if !traits.captures && !traits.refers {
            traits.mixed = false;
            self.nodes[node].kind = NodeKind::Leaf;
        }
    }

    /// Compiles the programs of a node and its descendants.
    fn compile(&mut self, node: usize, programs: &mut ProgramSet) -> Result<(), PatternError> {
        let source = self.source(node)?;
        self.nodes[node].program = programs.add(&source, false)?;
        for child in children(&self.nodes[node].kind) {
            self.compile(child, programs)?;
        }
        Ok(())
    }

    fn source(&mut self, node: usize) -> Result<ProgramSource<'a>, PatternError> {
        self.sources += 1;
        if self.sources > SOURCES_MAX {
            return Err(PatternError::TooComplex);
        }
        Ok(match self.languages[node].clone() {
            Language::Pieces(pieces) => ProgramSource::Pieces(pieces),
            Language::Atom(atom) => ProgramSource::Atom(atom),
            Language::Composed(NodeKind::Leaf) => ProgramSource::Pieces(&[]),
            Language::Composed(NodeKind::Nested(inner)) => self.source(inner)?,
            Language::Composed(NodeKind::Chain(one, other)) => {
                ProgramSource::Chain(vec![self.source(one)?, self.source(other)?])
            }
            Language::Composed(NodeKind::Choice(nodes)) => {
                let nodes: Result<_, _> = nodes.into_iter().map(|node| self.source(node)).collect();
                ProgramSource::Choice(nodes?)
            }
            Language::Composed(NodeKind::Repeat { node, min, max }) => {
                ProgramSource::Repeat(Box::new(self.source(node)?), min, max)
            }
            Language::Composed(NodeKind::Backref { group, min, max }) => {
                let target = self.groups[group as usize].expect("the parser admits references to finished groups only");
                let text = ProgramSource::Text(Box::new(self.source(target)?));
                ProgramSource::Repeat(Box::new(text), min, max)
            }
        })
    }
}

/// The children of a node.
fn children(kind: &NodeKind) -> Vec<usize> {
    match kind {
        NodeKind::Leaf | NodeKind::Backref { .. } => Vec::new(),
        NodeKind::Chain(one, other) => vec![*one, *other],
        NodeKind::Choice(nodes) => nodes.clone(),
        NodeKind::Repeat { node, .. } | NodeKind::Nested(node) => vec![*node],
    }
}
