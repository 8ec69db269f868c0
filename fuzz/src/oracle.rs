//! What must hold for every config and lead.

use std::collections::BTreeSet;

use jiff::Timestamp;
use leadyard_domain::condition::{KnownLists, Subject};
use leadyard_domain::config::warning::{Facts, Warning, warnings};
use leadyard_domain::config::{Checked, CheckedProfile, Config, Known, Problems};
use leadyard_domain::decision::{Case, State, decide, route, route_without_reasons};
use leadyard_domain::id::{ListName, ProfileId, RuleId};
use leadyard_domain::list::Lists;
use leadyard_domain::rules::{CompiledProfile, CompiledRule, PassedOver, Rules, Window};
use leadyard_domain::trace::{Decided, Names, TRACE_BYTES_MAX, explain};

/// The present, in every run.
pub const NOW: Timestamp = Timestamp::constant(1_784_628_000, 0);

/// What every list holds.
pub const ENTRIES: &str = "acme\nTX\nstraße\ngmail.com\n10115\n";

/// Whether a lead's values have the types that the config declares. They need not: a lead may be older than the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    AsDeclared,
    Otherwise,
}

/// A config in its compiled form and in the plain one, with what its warnings claim.
pub struct Oracle {
    rules: Rules,
    plain: Vec<CheckedProfile>,
    claims: Vec<Claim>,
}

/// Something that a warning says of a rule, or of a whole profile.
struct Claim {
    profile: ProfileId,
    rule: Option<usize>,
    what: Says,
    warning: Warning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    NeverMatches,
    NeverDecides,
    AlwaysHolds,
}

impl Oracle {
    /// Checks and compiles a config as if every secret and list that it names were there.
    pub fn new(config: Config) -> Result<Self, Problems> {
        let secrets = config.secrets().into_iter().cloned().collect();
        let named = config.lists();
        let names: BTreeSet<ListName> = named.iter().map(|(name, _)| name.clone()).collect();
        let mut lists = Lists::default();
        for (name, case) in named {
            lists.add(name, case, ENTRIES);
        }
        let checked = config.check(&Known { secrets: &secrets, formats: &["json", "form"], lists: &names })?;
        let facts = Facts { now: NOW, lists: &names, fills: &|_, field| field.as_str() != "city" };
        let warnings = warnings(&checked, &facts);
        let plain = checked.profiles(KnownLists::Loaded(&lists)).expect("the check compiled the same");
        let claims = warnings.into_iter().filter_map(|warning| Claim::of(warning, &plain)).collect();
        let rules = checked.compile(&lists).expect("the check compiled the same");
        Ok(Self { rules, plain, claims })
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn config(&self) -> &Checked {
        self.rules.checked()
    }

    /// Compares everything that is said of a lead.
    pub fn try_lead(&self, subject: &Subject<'_>, typed: Typed) {
        for compiled in self.rules.profiles_of(&subject.lead.entity) {
            let plain = self.plain.iter().find(|plain| plain.id == compiled.id).expect("it was compiled of this");
            let matches = answers_as_one_by_one(compiled, plain, subject);
            if typed == Typed::AsDeclared {
                self.claims_hold(compiled, plain, &matches);
            }
        }
        self.decides(subject, typed);
    }

    fn claims_hold(&self, compiled: &CompiledProfile, plain: &CheckedProfile, matches: &[usize]) {
        for claim in self.claims.iter().filter(|claim| claim.profile == compiled.id) {
            let Some(rule) = claim.rule else { continue };
            match claim.what {
                Says::NeverMatches => assert!(!matches.contains(&rule), "it matches: {}", claim.warning),
                Says::AlwaysHolds if plain.rules[rule].window == Window::default() => {
                    assert!(matches.contains(&rule), "it does not match: {}", claim.warning);
                }
                Says::AlwaysHolds | Says::NeverDecides => {}
            }
        }
    }

    fn decides(&self, subject: &Subject<'_>, typed: Typed) {
        let route = route(&self.rules, subject);
        let short = route_without_reasons(&self.rules, subject);
        let ids = |rules: &[&CompiledRule]| rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(route.rules()), ids(short.rules()));
        assert_eq!(route.profile(), short.profile());
        if typed == Typed::AsDeclared {
            for claim in self.claims.iter().filter(|claim| claim.what == Says::NeverDecides) {
                let decides = route.profile() == Some(&claim.profile)
                    && claim.rule.is_none_or(|rule| ids(route.rules()).contains(&self.rule_id(claim, rule)));
                assert!(!decides, "it decides: {}", claim.warning);
            }
        }

        let needs = route.needs(self.config(), subject.lead);
        let mut state = State::default();
        let case = Case { rules: &self.rules, route: &route, subject, now: subject.received_at };
        let decisions = decide(&case, &mut state);
        assert!(!decisions.is_empty(), "nothing was decided");
        // What a decision touches must have been named before: a function reads only that.
        assert!(state.pools.keys().all(|pool| needs.pools.contains(pool)), "a pool that was not named");
        assert!(state.counters.keys().all(|assignee| needs.assignees.contains(assignee)), "someone who was not named");
        for decision in &decisions {
            let bytes = serde_json::to_vec(&decision.trace).expect("a trace is JSON").len();
            assert!(bytes <= TRACE_BYTES_MAX, "a trace of {bytes} bytes");
            for names in [Names::ids(), Names::of(self.config())] {
                let decided = Decided {
                    cause: None,
                    version: None,
                    profile: route.profile(),
                    outcome: &decision.outcome,
                    trace: &decision.trace,
                };
                assert!(!explain(decided, &names).is_empty(), "nothing to say of a decision");
            }
        }
    }

    fn rule_id(&self, claim: &Claim, rule: usize) -> RuleId {
        let profile = self.plain.iter().find(|plain| plain.id == claim.profile).expect("it was claimed of this");
        profile.rules[rule].id.clone()
    }
}

/// The rules that match, when the index says what trying them one by one says.
fn answers_as_one_by_one(compiled: &CompiledProfile, plain: &CheckedProfile, subject: &Subject<'_>) -> Vec<usize> {
    let tried: Vec<Result<(), PassedOver>> = plain
        .rules
        .iter()
        .map(|rule| match (rule.window.contains(subject.received_at), &rule.test) {
            (false, _) => Err(PassedOver::OutOfTime),
            (true, None) => Ok(()),
            (true, Some(test)) => test.check(subject).map_err(PassedOver::Failed),
        })
        .collect();
    let matches: Vec<usize> =
        tried.iter().enumerate().filter(|(_, tried)| tried.is_ok()).map(|(place, _)| place).collect();
    assert_eq!(compiled.matching(subject, usize::MAX), matches, "the index finds other rules");
    assert_eq!(compiled.matching(subject, 1).first(), matches.first(), "the index finds another first rule");
    let mut reasons: Vec<PassedOver> = compiled.passed_over(subject, 0..tried.len()).map(|(_, why)| why).collect();
    reasons.reverse();
    assert!(reasons.iter().eq(tried.iter().filter_map(|tried| tried.as_ref().err())), "the index gives other reasons");
    matches
}

impl Claim {
    fn of(warning: Warning, profiles: &[CheckedProfile]) -> Option<Self> {
        let what = match warning.code {
            "never_matches" => Says::NeverMatches,
            "always_holds" => Says::AlwaysHolds,
            "covered_by" | "unreached_profile" => Says::NeverDecides,
            _ => return None,
        };
        let (profile, rest) = index(&warning.path, "profiles[")?;
        let rule = index(rest, ".rules[").map(|(rule, _)| rule);
        let profile = &profiles[profile];
        // Where a whole profile's rules are told of at once, and in disabled ones, nothing is decided anyway.
        (profile.enabled && (rule.is_some() || warning.code == "unreached_profile")).then(|| Self {
            profile: profile.id.clone(),
            rule,
            what,
            warning: warning.clone(),
        })
    }
}

/// The number at the beginning of a path, and what follows it.
fn index<'a>(path: &'a str, before: &str) -> Option<(usize, &'a str)> {
    let (number, rest) = path.strip_prefix(before)?.split_once(']')?;
    Some((number.parse().ok()?, rest))
}
