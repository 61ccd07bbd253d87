//! Tests of the client area in a browser: Chromium without a window, driven over WebDriver.
//!
//! Elements are found by role and accessible name, as people with a screen reader and scripts of others find them. Nothing
//! sleeps: the page itself is asked to answer when a condition holds. Every test ends by looking for errors in the
//! browser's console, where violations of the content security policy appear.

#![expect(clippy::panic, reason = "a panic of a test is its failure")]

mod account;
mod area;
mod assigning;
mod contract;
mod driver;
mod editing;
mod finding;
mod importing;
mod page;
mod screens;
mod visual;
