use super::*;
use crate::testing::{account, at, store};
use crate::{ApiKey, Role};

fn set(name: &str, value: &str, keep_previous: bool) -> SetSecret {
    SetSecret {
        account: account(),
        name: name.parse().unwrap(),
        value: Secret::new(value),
        keep_previous,
        by: "ops".to_owned(),
        now: at(0),
    }
}

#[tokio::test]
async fn two_values_are_good_during_a_change() {
    let store = store().await;
    let name = "web".parse().unwrap();
    let steps: [(&str, bool, &[&str]); 6] = [
        ("a", true, &["a"]),
        ("b", true, &["b", "a"]),
        ("c", true, &["c", "b"]),
        ("d", false, &["d"]),
        ("d", true, &["d"]),
        ("e", true, &["e", "d"]),
    ];
    assert_eq!(store.secret_values(&account(), &name).await.unwrap(), []);
    for (value, keep_previous, expected) in steps {
        store.set_secret(&set("web", value, keep_previous)).await.unwrap();
        let good = store.secret_values(&account(), &name).await.unwrap();
        assert_eq!(good.iter().map(Secret::expose).collect::<Vec<_>>(), expected, "after {value}");
    }
    store.set_secret(&set("crm", "x", false)).await.unwrap();
    let names = store.secret_names(&account()).await.unwrap();
    assert_eq!(names.iter().map(SecretName::as_str).collect::<Vec<_>>(), ["crm", "web"]);
    assert!(store.secret_names(&"other".parse().unwrap()).await.unwrap().is_empty());
    let audit = store.list_audit(&account(), 10, None).await.unwrap().rows;
    assert!(audit.iter().all(|entry| entry.action == "secret.set" && entry.by == "ops"));
}

#[tokio::test]
async fn a_new_value_is_good_after_two_seconds() {
    let store = store().await;
    let cache = SecretCache::new(store.clone());
    let name = "web".parse().unwrap();
    assert!(cache.get(&account(), &name, at(0)).await.unwrap().is_empty());
    store.set_secret(&set("web", "a", false)).await.unwrap();
    assert!(cache.get(&account(), &name, at(1)).await.unwrap().is_empty());
    assert_eq!(cache.get(&account(), &name, at(2)).await.unwrap()[0].expose(), "a");
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", set("web", "hunter2", false));
    assert!(shown.contains("Secret(…)") && !shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn api_keys_are_found_by_their_hash() {
    let store = store().await;
    let key =
        ApiKey { account: account(), role: Role::Operator, name: "ops".to_owned(), user: None, created_at: at(0) };
    store.put_api_key("5e88", &key).await.unwrap();
    assert_eq!(store.find_api_key("5e88").await.unwrap(), Some(key));
    assert_eq!(store.find_api_key("5e89").await.unwrap(), None);
    // As tools outside this crate write it.
    let item = store.raw(&keys::api_key("5e88")).await.unwrap();
    assert_eq!((item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap()), (&"APIKEY#5e88".into(), &"APIKEY".into()));
    assert_eq!(item["role"].as_s().unwrap(), "operator");
}
