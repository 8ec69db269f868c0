//! Who is left by each strategy, as a table.

use rust_decimal::Decimal;

use super::*;
use crate::config::{Tier, Weight};

fn contender(seat: usize) -> Contender {
    Contender {
        seat,
        weight: Weight::ONE,
        tier: Tier(1),
        price: Decimal::ZERO,
        open: 0,
        capacity: None,
        given: 0,
        target: None,
    }
}

fn left(strategy: Strategy, eligible: Vec<Contender>) -> Vec<usize> {
    strategy.narrow(eligible).iter().map(|contender| contender.seat).collect()
}

#[test]
fn least_loaded_compares_open_leads_with_the_capacity() {
    let of = |loads: &[(u32, Option<u32>)]| {
        let all = loads.iter().enumerate();
        let all = all.map(|(seat, &(open, capacity))| Contender { open, capacity, ..contender(seat) });
        left(Strategy::LeastLoaded, all.collect())
    };
    assert_eq!(of(&[(3, None), (1, None), (1, None)]), [1, 2]);
    assert_eq!(of(&[(5, Some(10)), (2, Some(5)), (4, Some(10))]), [1, 2], "two fifths is four tenths");
    assert_eq!(of(&[(1, Some(1)), (99, Some(100))]), [1]);
    assert_eq!(of(&[]), [0; 0]);
}

#[test]
fn priority_leaves_the_first_tier() {
    let of = |tiers: &[u8]| {
        let all = tiers.iter().enumerate().map(|(seat, &tier)| Contender { tier: Tier(tier), ..contender(seat) });
        left(Strategy::Priority, all.collect())
    };
    assert_eq!(of(&[2, 1, 3, 1]), [1, 3]);
    assert_eq!(of(&[7, 9]), [0]);
}

#[test]
fn highest_price_leaves_who_pays_most() {
    let prices = [10, 30, 30, 0].map(Decimal::from).into_iter().enumerate();
    let all = prices.map(|(seat, price)| Contender { price, ..contender(seat) }).collect();
    assert_eq!(left(Strategy::HighestPrice, all), [1, 2]);
}

#[test]
fn furthest_below_target_compares_the_reached_parts() {
    let of = |targets: &[(u32, Option<u32>)]| {
        let all = targets.iter().enumerate();
        let all = all.map(|(seat, &(given, target))| Contender { given, target, ..contender(seat) });
        left(Strategy::FurthestBelowTarget, all.collect())
    };
    assert_eq!(of(&[(5, Some(10)), (40, Some(100)), (0, None)]), [1]);
    assert_eq!(of(&[(0, Some(10)), (0, Some(100))]), [0, 1]);
    assert_eq!(of(&[(12, Some(10)), (11, Some(10))]), [1], "also above it");
    assert_eq!(of(&[(7, None), (0, None)]), [0, 1], "without targets the rotation alone decides");
}

#[test]
fn weight_zero_keeps_the_lead_from_nobody() {
    let never = Contender { price: Decimal::TEN, weight: Weight::from_millionths(0).unwrap(), ..contender(0) };
    assert_eq!(left(Strategy::HighestPrice, vec![never, contender(1)]), [1]);
}
