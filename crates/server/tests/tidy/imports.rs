//! The modules of a crate and what they import of each other, read from the sources: a circle is an error, because none
//! of its modules can be understood, tested or moved without the others.
//!
//! A path belongs to the deepest module that it names; through a `pub use` it belongs to the module that is meant. A
//! module and the modules inside it are one unit, so imports between them count for neither. Methods that a module adds
//! to a type of another one are called without an import.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module in its crate; empty for the root.
type ModulePath = Vec<String>;

/// A path in a `use` or in the text, and whether it is made public.
struct Mention {
    path: Vec<String>,
    is_reexport: bool,
}

/// The modules of one crate, by path, and their texts without remarks and tests.
#[derive(Default)]
pub struct Modules {
    texts: BTreeMap<ModulePath, String>,
}

impl Modules {
    /// Adds a file; `inside` is its path below `src`.
    pub fn add(&mut self, inside: &str, text: &str) {
        let mut path: ModulePath = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(inside, "lib.rs" | "main.rs") {
            path.clear();
        }
        self.texts.insert(path, without_literals(text));
    }

    /// The modules that import each other in circles, those of each circle in one list.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let imports = self.imports();
        let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
            imports.keys().map(|from| (from, reached(&imports, from))).collect();
        let mut circles: Vec<Vec<String>> = Vec::new();
        let mut seen = BTreeSet::new();
        for (from, to) in &reached {
            let others = to.iter().filter(|other| reached[**other].contains(*from));
            let circle: Vec<String> = others.map(|module| module.join("/")).collect();
            if !circle.is_empty() && seen.insert(circle.clone()) {
                circles.push(circle);
            }
        }
        circles
    }

    /// The modules that each module imports, but for those that it contains and that contain it.
    pub fn imports(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mentions: BTreeMap<&ModulePath, Vec<Mention>> =
            self.texts.iter().map(|(module, text)| (module, self.mentions(module, text))).collect();
        let mut reexports = BTreeMap::new();
        for (module, mentions) in &mentions {
            for mention in mentions.iter().filter(|mention| mention.is_reexport) {
                if let (Some(path), Some(name)) = (self.absolute(module, &mention.path), mention.path.last()) {
                    reexports.insert(((*module).clone(), name.clone()), path);
                }
            }
        }
        let target = |module: &ModulePath, mention: &Mention| {
            let path = self.absolute(module, &mention.path)?;
            let target = self.module_of(path, &reexports)?;
            (!target.starts_with(module) && !module.starts_with(&target)).then_some(target)
        };
        let of = |(module, mentions): (&ModulePath, Vec<Mention>)| {
            (module.clone(), mentions.iter().filter_map(|mention| target(module, mention)).collect())
        };
        mentions.into_iter().map(of).collect()
    }

    /// The deepest module of a path, through re-exports.
    fn module_of(
        &self,
        mut path: Vec<String>,
        reexports: &BTreeMap<(ModulePath, String), Vec<String>>,
    ) -> Option<ModulePath> {
        // A chain of re-exports is shorter than there are modules.
        for _ in 0..self.texts.len() {
            let depth = (0..=path.len()).rev().find(|depth| self.texts.contains_key(&path[..*depth]))?;
            let (module, rest) = (path[..depth].to_vec(), &path[depth..]);
            let further = rest.first().and_then(|name| reexports.get(&(module.clone(), name.clone())));
            match further.filter(|further| **further != path) {
                Some(further) => path = [further.as_slice(), &rest[1..]].concat(),
                None => return Some(module),
            }
        }
        None
    }

    /// A path from the root of the crate; `None` if it leads elsewhere.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => Some([&module[..module.len().checked_sub(supers)?], &path[supers..]].concat()),
            child => {
                let inside = [module, &[child.to_owned()]].concat();
                self.texts.contains_key(&inside).then(|| [module, path].concat())
            }
        }
    }

    fn mentions(&self, module: &[String], text: &str) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut rest = String::new();
        let mut is_for_tests = false;
        for statement in text.split_inclusive(';') {
            let start = use_at(statement);
            let Some((at, is_reexport)) = start else {
                rest.push_str(statement);
                continue;
            };
            is_for_tests |= statement[..at].trim_end().ends_with("#[cfg(test)]");
            rest.push_str(&statement[..at]);
            if !std::mem::take(&mut is_for_tests) {
                let tree = statement[at..].split_once("use ").map_or("", |(_, tree)| tree);
                let paths = expanded(tree.trim_end_matches(';'));
                found.extend(paths.into_iter().map(|path| Mention { path: parts(&path), is_reexport }));
            }
        }
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
        for word in rest.split(|c| !is_name(c)).filter(|word| word.contains("::")) {
            let path = parts(word);
            let is_local = path.first().is_some_and(|first| matches!(first.as_str(), "crate" | "super"));
            let child = [module, &path[..1]].concat();
            if is_local || self.texts.contains_key(&child) {
                found.push(Mention { path, is_reexport: false });
            }
        }
        found
    }
}

/// All modules that are reached from one.
fn reached<'m>(imports: &'m BTreeMap<ModulePath, BTreeSet<ModulePath>>, from: &ModulePath) -> BTreeSet<&'m ModulePath> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&ModulePath> = imports[from].iter().collect();
    while let Some(module) = open.pop() {
        if found.insert(module) {
            open.extend(&imports[module]);
        }
    }
    found
}

/// Where a `use` begins in a statement, and whether it is public.
fn use_at(statement: &str) -> Option<(usize, bool)> {
    let mut from = 0;
    for line in statement.split_inclusive('\n') {
        let code = line.trim_start();
        let rest =
            code.strip_prefix("pub").map(|rest| rest.split_once(')').map_or(rest, |(_, rest)| rest).trim_start());
        if code.starts_with("use ") || rest.is_some_and(|rest| rest.starts_with("use ")) {
            return Some((from + line.len() - code.len(), rest.is_some()));
        }
        from += line.len();
    }
    None
}

/// The paths of the tree of a `use`.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inside)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let mut depth = 0;
    let split = |c: char| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    };
    let branches: Vec<&str> = inside.split(split).filter(|branch| !branch.trim().is_empty()).collect();
    branches.into_iter().flat_map(expanded).map(|path| format!("{before}{path}")).collect()
}

fn parts(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|part| !part.is_empty() && *part != "self").map(str::to_owned).collect()
}

/// The text without the contents of string literals, which may hold anything.
fn without_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        kept.push(letter);
        match letter {
            '"' => {
                while let Some(inner) = letters.next() {
                    match inner {
                        '\\' => drop(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                kept.push('"');
            }
            // A quotation mark as a character.
            '\'' if letters.as_str().starts_with("\"'") => drop(letters.nth(1)),
            _ => {}
        }
    }
    kept
}
