//! Kong's rules, one table for each.

mod asking;
mod building;
mod conditions;
mod paths;
mod priorities;
