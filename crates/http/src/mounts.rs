//! Which front end answers which path and verb, as a table.
//!
//! An exact path goes before a prefix, a longer prefix before a shorter one. Paths that no mount names are answered by
//! the first mount of the table, as a refusal.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use hyper::Method;
use hyper::header::HeaderValue;

use super::frontend::{DynFrontend, Frontend};

/// The paths that a mount answers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PathPattern {
    Exact(Cow<'static, str>),
    Prefix(Cow<'static, str>),
}

impl PathPattern {
    fn matches(&self, path: &str) -> bool {
        match self {
            PathPattern::Exact(exact) => path == exact,
            PathPattern::Prefix(prefix) => path.starts_with(&**prefix),
        }
    }

    /// Exact paths first, then prefixes, the longest first.
    fn rank(&self) -> (bool, usize) {
        match self {
            PathPattern::Exact(_) => (false, 0),
            PathPattern::Prefix(prefix) => (true, usize::MAX - prefix.len()),
        }
    }
}

/// A front end with the paths and verbs that it answers, and its own bound for bodies.
#[derive(Clone)]
pub struct Mount {
    frontend: Arc<dyn DynFrontend>,
    paths: Vec<PathPattern>,
    verbs: Vec<Method>,
    allow: HeaderValue,
    is_hidden: bool,
    body_bytes_max: Option<usize>,
    is_compressed: bool,
    needs_peer: bool,
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("paths", &self.paths).field("verbs", &self.verbs).finish_non_exhaustive()
    }
}

impl Mount {
    /// A front end that answers these verbs, at no path yet.
    pub fn new(frontend: Arc<impl Frontend>, verbs: impl IntoIterator<Item = Method>) -> Mount {
        let verbs: Vec<Method> = verbs.into_iter().collect();
        let allow = verbs.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        Mount {
            frontend,
            paths: Vec::new(),
            allow: HeaderValue::try_from(allow).expect("verbs are tokens, and tokens are header values"),
            verbs,
            is_hidden: false,
            body_bytes_max: None,
            is_compressed: true,
            needs_peer: true,
        }
    }

    /// Answers exactly this path. A query string makes no difference.
    pub fn at(mut self, path: impl Into<Cow<'static, str>>) -> Mount {
        self.paths.push(PathPattern::Exact(path.into()));
        self
    }

    /// Answers all paths that begin so.
    pub fn below(mut self, prefix: impl Into<Cow<'static, str>>) -> Mount {
        self.paths.push(PathPattern::Prefix(prefix.into()));
        self
    }

    /// Largest body after decompression, in bytes; [`super::HttpSettings::body_bytes_max`] unless set. With 0 bodies
    /// are not read at all.
    pub fn body_bytes_max(mut self, bytes: usize) -> Mount {
        self.body_bytes_max = Some(bytes);
        self
    }

    /// Other verbs get 404 from the first mount of the table instead of 405 from this one.
    pub fn hidden_from_other_verbs(mut self) -> Mount {
        self.is_hidden = true;
        self
    }

    /// Responses are never compressed.
    pub fn uncompressed(mut self) -> Mount {
        self.is_compressed = false;
        self
    }

    /// Answers also callers whose address cannot be known; [`super::Request::peer`] is the socket's then.
    pub fn for_any_peer(mut self) -> Mount {
        self.needs_peer = false;
        self
    }

    pub(super) fn frontend(&self) -> &dyn DynFrontend {
        &*self.frontend
    }

    pub(super) fn allow(&self) -> &HeaderValue {
        &self.allow
    }

    pub(super) fn body_bound(&self, default: usize) -> usize {
        self.body_bytes_max.unwrap_or(default)
    }

    pub(super) fn compresses(&self) -> bool {
        self.is_compressed
    }

    pub(super) fn needs_peer(&self) -> bool {
        self.needs_peer
    }
}

/// The table of mounts of a listener.
#[derive(Clone, Debug)]
pub struct Mounts {
    mounts: Vec<Mount>,
    /// Every path of every mount with the mount's position, in the order in which they are tried.
    routes: Vec<(PathPattern, usize)>,
}

/// What a path and a verb lead to.
#[derive(Debug)]
pub(super) enum Found<'m> {
    Mount(&'m Mount),
    WrongVerb(&'m Mount),
    /// No mount; this one refuses.
    Nothing(&'m Mount),
}

impl Mounts {
    /// A table of one mount, which also refuses the paths that no mount names.
    pub fn new(first: Mount) -> Mounts {
        Mounts { mounts: Vec::new(), routes: Vec::new() }.with(first)
    }

    /// Adds a mount. Where two name the same path and verb the earlier one answers.
    pub fn with(mut self, mount: Mount) -> Mounts {
        let at = self.mounts.len();
        self.routes.extend(mount.paths.iter().map(|path| (path.clone(), at)));
        self.routes.sort_by_key(|(path, _)| path.rank());
        self.mounts.push(mount);
        self
    }

    pub(super) fn find(&self, path: &str, verb: &Method) -> Found<'_> {
        let mut wrong_verb = None;
        for (pattern, at) in &self.routes {
            if !pattern.matches(path) {
                continue;
            }
            let mount = &self.mounts[*at];
            if mount.verbs.contains(verb) {
                return Found::Mount(mount);
            }
            if !mount.is_hidden {
                wrong_verb.get_or_insert(mount);
            }
        }
        wrong_verb.map_or(Found::Nothing(&self.mounts[0]), Found::WrongVerb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, Response, TransportError};
    use hyper::StatusCode;

    struct Nobody;

    impl Frontend for Nobody {
        async fn handle(&self, _request: Request) -> Response {
            Response::new(StatusCode::OK, Vec::new())
        }

        fn refuse(&self, error: &TransportError) -> Response {
            Response::new(error.status(), Vec::new())
        }
    }

    fn mount(verbs: &[Method]) -> Mount {
        Mount::new(Arc::new(Nobody), verbs.iter().cloned())
    }

    fn found(mounts: &Mounts, verb: &Method, path: &str) -> String {
        let (kind, mount) = match mounts.find(path, verb) {
            Found::Mount(mount) => ("", mount),
            Found::WrongVerb(mount) => ("wrong verb: ", mount),
            Found::Nothing(mount) => ("nothing: ", mount),
        };
        let at = mounts.mounts.iter().position(|known| std::ptr::eq(known, mount)).unwrap();
        format!("{kind}{at}")
    }

    #[test]
    fn the_nearest_mount_answers() {
        let propfind = Method::from_bytes(b"PROPFIND").unwrap();
        let mounts = Mounts::new(mount(&[Method::POST]).at("/v2.0").at("/v2.0/"))
            .with(mount(&[Method::GET]).at("/healthz").hidden_from_other_verbs())
            .with(mount(&[Method::GET, Method::HEAD]).below("/"))
            .with(mount(&[Method::GET, propfind.clone()]).below("/dav/"))
            .with(mount(&[Method::GET]).below("/dav/books/").at("/dav/"));
        for (verb, path, expected) in [
            (Method::POST, "/v2.0", "0"),
            (Method::POST, "/v2.0/", "0"),
            (Method::POST, "/v2.0/x", "wrong verb: 2"),
            (Method::GET, "/v2.0", "2"),
            (Method::PUT, "/v2.0", "wrong verb: 0"),
            (Method::GET, "/healthz", "1"),
            (Method::HEAD, "/healthz", "2"),
            (Method::GET, "/", "2"),
            (propfind.clone(), "/dav/x", "3"),
            (propfind.clone(), "/dav/books/x", "3"),
            (Method::GET, "/dav/books/x", "4"),
            (propfind, "/dav/", "3"),
            (Method::GET, "/dav/", "4"),
            (Method::DELETE, "/dav/", "wrong verb: 4"),
        ] {
            assert_eq!(found(&mounts, &verb, path), expected, "{verb} {path}");
        }
        let few = Mounts::new(mount(&[Method::POST]).at("/v2.0"))
            .with(mount(&[Method::GET]).at("/healthz").hidden_from_other_verbs());
        assert_eq!(found(&few, &Method::POST, "/healthz"), "nothing: 0");
        assert_eq!(found(&few, &Method::GET, "/"), "nothing: 0");
    }

    #[test]
    fn allow_names_the_verbs() {
        assert_eq!(mount(&[Method::GET, Method::HEAD]).allow(), "GET, HEAD");
    }
}
