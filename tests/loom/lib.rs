//! The library's handle table, src/handle/table.rs, with loom's atomics: its models are in models.rs.
#![cfg(test)]

use loom::sync::atomic;

#[allow(dead_code, reason = "what needs no model")]
#[path = "../../src/handle/table.rs"]
mod table;
