//! Over real sockets: what a client sends, and what it gets to see. Bounds are made short enough to run into;
//! nothing sleeps, and every wait is for an event.

mod bounds;
mod budgets;
mod client;
mod end;
mod frontends;
mod leaving;
mod requests;
mod tls;
