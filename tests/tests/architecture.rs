//! The directions in which crates may depend on one another, held over `cargo metadata`.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")).exec().unwrap()
}

/// What each crate of the workspace needs to be built, without what only its tests need.
fn needs(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let package = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        (package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect())
    };
    metadata.workspace_packages().into_iter().map(package).collect()
}

const FUNCTIONS: [&str; 5] = ["intake", "evaluate", "deliver-webhook", "deliver-email", "api"];
const SHARED: [&str; 5] =
    ["leadyard-domain", "leadyard-sources", "leadyard-store", "leadyard-outbound", "leadyard-runtime"];

#[test]
fn dependencies_point_one_way() {
    let needs = needs(&metadata());
    let ours = |name: &str| -> BTreeSet<String> {
        needs[name].iter().filter(|needed| needs.contains_key(*needed)).cloned().collect()
    };
    assert_eq!(ours("leadyard-domain"), BTreeSet::new());
    for middle in ["leadyard-sources", "leadyard-store", "leadyard-outbound", "leadyard-runtime"] {
        let strangers: Vec<String> = ours(middle).into_iter().filter(|name| name != "leadyard-domain").collect();
        assert_eq!(strangers, Vec::<String>::new(), "{middle} sees nothing but the domain");
    }
    for function in FUNCTIONS {
        let strangers: Vec<String> =
            ours(function).into_iter().filter(|name| !SHARED.contains(&name.as_str())).collect();
        assert_eq!(strangers, Vec::<String>::new(), "{function} depends on shared crates only");
    }
}

#[test]
fn the_pure_crates_know_no_aws_no_async_and_no_randomness() {
    let metadata = metadata();
    let graph: BTreeMap<_, _> =
        metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (node.id.clone(), node)).collect();
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (package.id.clone(), package.name.to_string())).collect();
    for pure in ["leadyard-domain", "leadyard-sources"] {
        let start = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == pure).unwrap();
        let mut open = vec![start.id.clone()];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let normal = graph[&id]
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            open.extend(normal.map(|dependency| dependency.pkg.clone()));
        }
        let forbidden: Vec<&String> = seen
            .iter()
            .map(|id| &names[id])
            .filter(|name| name.starts_with("aws-") || ["tokio", "hyper", "reqwest"].contains(&name.as_str()))
            .collect();
        assert_eq!(forbidden, Vec::<&String>::new(), "{pure} is pure");
        // A hash map deep below may seed itself; the crate itself asks for no randomness.
        let direct = &needs(&metadata)[pure];
        assert!(["rand", "getrandom", "uuid"].iter().all(|name| !direct.contains(*name)), "{pure} is pure");
    }
}

#[test]
fn the_workspace_has_its_rooms() {
    let members: BTreeSet<String> = needs(&metadata()).into_keys().collect();
    for name in FUNCTIONS.iter().chain(&SHARED) {
        assert!(members.contains(*name), "{name}");
    }
}
