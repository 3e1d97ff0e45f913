//! Distribution, health and change of balancers.

mod distribution;
mod generations;
mod health;
mod reports;
mod setup;
