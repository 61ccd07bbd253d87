//! The client area: the pages of the program for people with a browser.
//!
//! The files (HTML, CSS, JavaScript modules) are embedded and public; they hold no data. `/client/session` signs people in
//! and out. `/client/rpc` answers calls of the API with the session of the cookie instead of an access token, by the same code
//! as `/v2.0`. `/client/import` reads files of contacts, `/client/account` has what the administrator of an account does.
//!
//! It has no rule of an address book and no way to data of its own.

use std::sync::Arc;

use ringbook_app::application::Application;
use ringbook_http::{Method, Mount};
use ringbook_jsonrpc::Rpc;

mod account;
pub mod assets;
mod calls;
mod cookies;
mod forgery;
mod import;
mod params;
mod refusals;
mod session;

/// The page of the client area.
pub const PAGE_PATH: &str = "/";
/// The path under which the files are.
const FILES_PATH: &str = "/client/";
/// The session of the cookie.
const SESSION_PATH: &str = "/client/session";
/// All sessions of its user.
const SESSIONS_PATH: &str = "/client/sessions";
/// Calls of the API.
const CALLS_PATH: &str = "/client/rpc";
/// Files of contacts are read.
const IMPORT_PATH: &str = "/client/import";
/// Users, keys and addresses of an account.
const ACCOUNT_PATH: &str = "/client/account";
/// Largest body of an operation on an account, in bytes.
const ACCOUNT_BYTES_MAX: usize = 32 << 10;
/// Largest body of a request to sign in, in bytes.
const SIGN_IN_BYTES_MAX: usize = 8 << 10;

/// The mounts of the client area.
pub fn mounts(app: &Arc<Application>, rpc: Arc<Rpc>) -> [Mount; 5] {
    let guard = Arc::new(forgery::Guard::default());
    let files = Mount::new(Arc::new(assets::Files), [Method::GET, Method::HEAD])
        .at(PAGE_PATH)
        .below(FILES_PATH)
        .body_bytes_max(0)
        .hidden_from_other_verbs()
        .uncompressed()
        .for_any_peer();
    let session = session::SessionFrontend::new(Arc::clone(app), Arc::clone(&guard));
    let session = Mount::new(Arc::new(session), [Method::GET, Method::POST, Method::DELETE])
        .at(SESSION_PATH)
        .at(SESSIONS_PATH)
        .body_bytes_max(SIGN_IN_BYTES_MAX)
        .uncompressed();
    let calls = calls::CallFrontend::new(Arc::clone(app), rpc, Arc::clone(&guard));
    let calls = Mount::new(Arc::new(calls), [Method::POST]).at(CALLS_PATH);
    let import = import::ImportFrontend::new(Arc::clone(app), Arc::clone(&guard));
    let import = Mount::new(Arc::new(import), [Method::POST]).at(IMPORT_PATH).body_bytes_max(import::IMPORT_BYTES_MAX);
    let account = Arc::new(account::AccountFrontend::new(Arc::clone(app), guard));
    let account = Mount::new(account, [Method::POST]).at(ACCOUNT_PATH).body_bytes_max(ACCOUNT_BYTES_MAX).uncompressed();
    [files, session, calls, import, account]
}
