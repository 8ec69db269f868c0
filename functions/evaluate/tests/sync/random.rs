//! Two and three accounts over a wire that reorders, repeats, and loses what is then sent again: they always end the same.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{OnTheWire, World, config};

/// Rounds of two and of three accounts; every one has a seed of its own.
const PAIRS: u64 = 140;
const TRIOS: u64 = 60;

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
    // Each calls the other's leads by a lead source of its own, which nobody is told to take.
    let connector = |name: &str| json!({ "lead_source": format!("from {name}'s peers") });
    let accounts: Vec<(&str, Value)> =
        names.iter().map(|name| (*name, config(&peers(name), &connector(name)))).collect();
    World::start(&accounts).await
}

async fn round(world: &mut World, names: &[&str], seed: u64) {
    // Of the rounds before nothing is looked at.
    world.events.clear();
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let people = [format!("ann{seed}@example.com"), format!("bob{seed}@example.com")];
    for step in 0..12 {
        world.pass(SignedDuration::from_millis(i64::try_from(dice.throw(2_000)).unwrap()));
        match dice.throw(5) {
            // Somebody takes a value away by hand.
            0 => {
                let (side, field) = (*dice.pick(names), *dice.pick(&["company", "job_title", "city"]));
                let leads = world.leads(side).await;
                if !leads.is_empty() {
                    let lead = dice.pick(&leads).id.clone();
                    world.empty(side, &lead, field).await;
                }
            }
            1 | 2 => {
                let side = *dice.pick(names);
                let field = *dice.pick(&["company", "job_title", "city"]);
                let person = dice.pick(&people).clone();
                world.form(side, json!({ "email": person, field: format!("v{step}") })).await;
            }
            // One of those under way arrives, whichever was sent first.
            3 => {
                if let Some(request) = dice.take(&mut world.wire) {
                    world.arrive(request).await;
                }
            }
            // It arrives, its answer is lost, and it is sent again later: as it was, or as the lead is by then.
            _ => {
                if let Some(request) = dice.take(&mut world.wire) {
                    world.arrive(request.clone()).await;
                    match dice.throw(2) {
                        0 => world.wire.push_back(request),
                        _ => {
                            let again = world.again(&request).await;
                            world.wire.extend(again);
                        }
                    }
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
    let mut first = None;
    for name in names {
        let mut fields = world.fields(name).await;
        // Each has its own.
        for fields in &mut fields {
            fields.as_object_mut().unwrap().remove("lead_source");
        }
        fields.sort_by_key(Value::to_string);
        let expected = first.get_or_insert_with(|| fields.clone());
        assert_eq!(fields, *expected, "seed {seed}: {name} and {} differ", names[0]);
        assert!(world.outcomes(name).await.iter().all(|(status, _)| status != "failed"), "seed {seed}: {name}");
    }
}

#[tokio::test]
async fn two_accounts_end_the_same_whatever_the_wire_does() {
    let names = ["north", "south"];
    let mut world = all_tell_all(&names).await;
    for seed in 1..=PAIRS {
        round(&mut world, &names, seed).await;
    }
}

#[tokio::test]
async fn three_accounts_end_the_same_whatever_the_wire_does() {
    let names = ["a", "b", "c"];
    let mut world = all_tell_all(&names).await;
    for seed in 1..=TRIOS {
        round(&mut world, &names, 1_000 + seed).await;
    }
}
