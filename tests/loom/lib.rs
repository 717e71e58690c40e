//! The library's handle table, src/handle/table.rs, with loom's atomics: its models are in models.rs.
#![cfg(test)]

use loom::sync::atomic;

#[expect(dead_code, reason = "a word is only looked up, and never replaced")]
#[path = "../../src/handle/table.rs"]
mod table;
