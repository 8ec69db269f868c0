//! Two and three accounts over a wire that reorders, repeats, and loses what is then sent again: they always end the same.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{OnTheWire, World, config};

/// Rounds of each setting; every one has a seed of its own.
const ROUNDS: u64 = 100;

/// A small generator (xorshift64*): a round that fails is told by its seed and comes again.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = self.throw(u64::try_from(from.len()).unwrap());
        &from[usize::try_from(place).unwrap()]
    }

    fn take(&mut self, wire: &mut std::collections::VecDeque<OnTheWire>) -> Option<OnTheWire> {
        let many = u64::try_from(wire.len()).unwrap();
        if many == 0 {
            return None;
        }
        wire.remove(usize::try_from(self.throw(many)).unwrap())
    }
}

/// Accounts of which each tells all others.
async fn all_tell_all(names: &[&str]) -> World {
    let peers = |own: &str| names.iter().copied().filter(|name| *name != own).collect::<Vec<_>>();
    let accounts: Vec<(&str, Value)> = names.iter().map(|name| (*name, config(&peers(name), &json!({})))).collect();
    World::start(&accounts).await
}

async fn round(world: &mut World, names: &[&str], seed: u64) {
    // Of the rounds before nothing is looked at.
    world.events.clear();
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let people = [format!("ann{seed}@example.com"), format!("bob{seed}@example.com")];
    for step in 0..12 {
        world.pass(SignedDuration::from_millis(i64::try_from(dice.throw(2_000)).unwrap()));
        match dice.throw(3) {
            0 => {
                let side = *dice.pick(names);
                let field = *dice.pick(&["company", "job_title", "city"]);
                let person = dice.pick(&people).clone();
                world.form(side, json!({ "email": person, field: format!("v{step}") })).await;
            }
            // One of those under way arrives, whichever was sent first.
            1 => {
                if let Some(request) = dice.take(&mut world.wire) {
                    world.arrive(request).await;
                }
            }
            // It arrives, its answer is lost, and it is sent again later.
            _ => {
                if let Some(request) = dice.take(&mut world.wire) {
                    world.wire.push_back(request.clone());
                    world.arrive(request).await;
                }
            }
        }
    }
    let mut left = 2_000;
    while let Some(request) = dice.take(&mut world.wire) {
        left -= 1;
        assert!(left > 0, "seed {seed}: it never gets quiet");
        world.arrive(request).await;
    }
    let expected = world.fields(names[0]).await;
    for name in names {
        assert_eq!(world.fields(name).await, expected, "seed {seed}: {name} and {} differ", names[0]);
        assert!(world.outcomes(name).await.iter().all(|(status, _)| status != "failed"), "seed {seed}: {name}");
    }
}

#[tokio::test]
async fn two_accounts_end_the_same_whatever_the_wire_does() {
    let names = ["north", "south"];
    let mut world = all_tell_all(&names).await;
    for seed in 1..=ROUNDS {
        round(&mut world, &names, seed).await;
    }
}

#[tokio::test]
async fn three_accounts_end_the_same_whatever_the_wire_does() {
    let names = ["a", "b", "c"];
    let mut world = all_tell_all(&names).await;
    for seed in 1..=ROUNDS {
        round(&mut world, &names, 1_000 + seed).await;
    }
}
